/* render.c: batches to text in the threads that made them, into buffers that go round. */
#include "tools/headrace/render.h"

#include "tools/headrace/rows_out.h"

static hr_rendered *take_spare(hr_rendering *rendering)
{
    pthread_mutex_lock(&rendering->lock);
    hr_rendered *rows = rendering->spare;
    if (rows != NULL)
        rendering->spare = rows->next;
    pthread_mutex_unlock(&rendering->lock);
    return rows != NULL ? rows : hr_calloc(1, sizeof *rows);
}

static void free_rows(hr_rendered *rows)
{
    hr_buffer_free(&rows->text);
    hr_free(rows);
}

static hr_status render(void *context, const hr_batch *batch, void **result, hr_error *err)
{
    hr_rendering *rendering = context;
    if (batch->rows == 0)
        return HR_OK;
    if (rendering->writer == NULL)
        return hr_rows_out_no_columns(err);
    hr_rendered *rows = take_spare(rendering);
    if (rows == NULL)
        return hr_fail_memory(err, "writing rows");
    hr_parcel parcel = {.batch = batch, .row_count = batch->rows};
    hr_status status = hr_writer_rows(rendering->writer, &parcel, &rows->text, err);
    if (status != HR_OK)
        free_rows(rows);
    else
        *result = rows;
    return status;
}

static void drop(void *context, void *result)
{
    (void)context;
    free_rows(result);
}

void hr_rendering_begin(hr_rendering *rendering)
{
    *rendering = (hr_rendering){.lock = PTHREAD_MUTEX_INITIALIZER};
}

hr_batch_work hr_rendering_work(hr_rendering *rendering)
{
    return (hr_batch_work){.run = render, .drop = drop, .context = rendering};
}

void hr_rendering_give_back(hr_rendering *rendering, hr_rendered *rows)
{
    if (rows == NULL)
        return;
    rows->text.size = 0;
    pthread_mutex_lock(&rendering->lock);
    rows->next = rendering->spare;
    rendering->spare = rows;
    pthread_mutex_unlock(&rendering->lock);
}

void hr_rendering_end(hr_rendering *rendering)
{
    for (hr_rendered *rows = rendering->spare, *next; rows != NULL; rows = next) {
        next = rows->next;
        free_rows(rows);
    }
    pthread_mutex_destroy(&rendering->lock);
}
