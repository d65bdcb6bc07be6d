/* block.c: batches of a block of whole records, made in any thread by the code of the serial reader. */
#include "core/reader/block.h"

/* ---- views -------------------------------------------------------------------------------------------------- */

hr_status hr_view_new(hr_reader *reader, hr_reader **out, hr_error *err)
{
    hr_reader *view = hr_calloc(1, sizeof *view);
    if (!view)
        return hr_fail_memory(err, "starting a thread of a reader");
    view->config = reader->config; /* lent: the reader outlives its views */
    view->pool = reader->pool;
    view->language = reader->language;
    view->dialect = reader->dialect;
    view->syntax = reader->syntax;
    view->cuts = reader->cuts;
    view->names = reader->names;
    view->columns = reader->columns;
    view->typing = reader->typing;
    view->values = reader->values;
    view->detected = view->started = view->eof = true;
    hr_error_clear(&view->sticky);
    hr_status status = hr_scan_init(&view->scan, err);
    if (status == HR_OK && reader->language->view)
        status = reader->language->view(reader, view, err);
    if (status != HR_OK) {
        hr_scan_clear(&view->scan);
        hr_free(view);
        return status;
    }
    *out = view;
    return HR_OK;
}

void hr_view_free(hr_reader *view)
{
    if (!view)
        return;
    if (view->language->clear)
        view->language->clear(view);
    hr_chunk_release(view->chunk);
    hr_scan_clear(&view->scan);
    hr_free(view->record.begins);
    hr_free(view);
}

/* ---- blocks ------------------------------------------------------------------------------------------------- */

static hr_status keep_made(hr_block *b, hr_batch_body *body, void *result, hr_error *err)
{
    hr_made_batch *made = hr_array_room(b->made, b->made_count, &b->made_capacity, 8, sizeof *made);
    if (!made)
        return hr_fail_memory(err, "making batches in several threads");
    b->made = made;
    b->made[b->made_count++] = (hr_made_batch){body, result};
    return HR_OK;
}

/* HR_END: the block is done. */
static hr_status make_one(hr_reader *view, const hr_batch_work *work, hr_block *b, hr_error *err)
{
    hr_batch_body *body = NULL;
    void *result = NULL;
    hr_status status = view->language->next(view, &body, err);
    if (status == HR_OK && !body)
        return hr_fail(err, HR_E_ACCOUNT, "a block of whole records asked for more text: a defect, please report it");
    if (status == HR_OK && work->run)
        status = work->run(work->context, &body->batch, &result, err);
    if (status == HR_OK)
        status = keep_made(b, body, result, err);
    if (status != HR_OK && result && work->drop)
        work->drop(work->context, result);
    if (status != HR_OK && body)
        hr_batch_release(&body->batch);
    return status;
}

void hr_block_make(hr_reader *view, const hr_batch_work *work, hr_block *b)
{
    view->chunk = b->chunk;
    view->begin = b->begin;
    view->end = b->end;
    view->text = b->text;
    view->raw = b->raw;
    view->row = view->line = 1;
    view->narrow = 0;
    hr_status status = HR_OK;
    while (status == HR_OK)
        status = make_one(view, work, b, &b->err);
    b->status = status;
    b->rows = view->row - 1;
    b->lines = view->line - 1;
    b->chunk = NULL;
    view->chunk = NULL;
    if (status != HR_END) { /* what an error leaves behind must not meet the next hr_block */
        hr_long_reset(&view->record);
        view->force_long = false;
        if (view->skipping)
            hr_batch_release(&view->skipping->batch);
        view->skipping = NULL;
    }
}

void hr_block_clear(hr_block *b, const hr_batch_work *work)
{
    for (; b->given < b->made_count; b->given++) {
        hr_made_batch *made = &b->made[b->given];
        if (made->result && work->drop)
            work->drop(work->context, made->result);
        hr_batch_release(&made->body->batch);
    }
    hr_chunk_release(b->chunk);
    hr_free(b->made);
}
