/* cuts.c: windows in which all records have as many fields as there are columns, and nothing is amiss: the common case,
 * for which a kernel gives rows without a look at each. Where only some columns are wanted, the others are joined. */
#include "core/reader/reader_state.h"

/* After vain tries, so many windows are made in the other way at most before the next one. */
#define VAIN_MOST 64u

static hr_csv_cuts *make(size_t columns)
{
    hr_csv_cuts *cuts = hr_malloc(sizeof *cuts + columns * sizeof *cuts->at);
    if (cuts)
        *cuts = (hr_csv_cuts){.columns = (uint32_t)columns, .at = (uint32_t *)(cuts + 1)};
    return cuts;
}

/* Whether batches are made of windows in the common way whenever their text allows it. */
static bool usable(const hr_reader *reader)
{
    const hr_csv_config *config = &reader->config;
    return config->kernels->csv_cuts && reader->columns > 1 && reader->columns <= config->column_limit &&
           reader->columns <= HR_WINDOW_MAX && config->row_limit >= HR_WINDOW_MAX + 1 &&
           reader->syntax.escape == HR_SYNTAX_NONE && reader->syntax.comment == HR_SYNTAX_NONE;
}

hr_status hr_csv_cuts_begin(hr_reader *reader, hr_error *err)
{
    if (reader->cuts || !usable(reader))
        return HR_OK;
    hr_csv_cuts *cuts = make(reader->columns);
    if (!cuts)
        return hr_fail_memory(err, "making a reader");
    uint32_t *at = (uint32_t *)(cuts + 1);
    for (uint32_t i = 1; i < reader->columns; i++)
        at[cuts->count++] = i;
    hr_csv_cuts_set(cuts);
    reader->cuts = cuts;
    return HR_OK;
}

hr_status hr_reader_join(hr_reader *reader, const uint32_t *select, size_t count, uint32_t *joined, hr_error *err)
{
    bool can = reader->started && !reader->moved && reader->language == &hr_language_csv && !reader->typing &&
               !reader->values && !reader->infer && reader->cuts;
    for (size_t i = 0; !can && i < count; i++)
        joined[i] = select[i];
    if (!can)
        return HR_OK;
    size_t columns = reader->columns;
    bool *border = hr_calloc(columns + 1, sizeof *border);
    hr_csv_cuts *cuts = border ? make(columns) : NULL;
    if (!cuts) {
        hr_free(border);
        return hr_fail_memory(err, "choosing columns");
    }
    for (size_t i = 0; i < count; i++)
        border[select[i]] = border[select[i] + 1] = true;
    uint32_t *at = (uint32_t *)(cuts + 1);
    for (uint32_t i = 1; i < columns; i++)
        if (border[i])
            at[cuts->count++] = i;
    for (size_t i = 0; i < count; i++) {
        joined[i] = 0;
        while (joined[i] < cuts->count && at[joined[i]] <= select[i])
            joined[i]++;
    }
    hr_free(border);
    hr_csv_cuts_set(cuts);
    hr_free(reader->cuts);
    reader->cuts = cuts;
    return HR_OK;
}

bool hr_csv_cuts_try(hr_reader *reader)
{
    if (!reader->cuts || reader->narrow)
        return false;
    if (!reader->cut_wait)
        return true;
    reader->cut_wait--;
    return false;
}

static void vain(hr_reader *reader)
{
    reader->cut_vain = reader->cut_vain ? reader->cut_vain * 2 : 1;
    reader->cut_vain = reader->cut_vain < VAIN_MOST ? reader->cut_vain : VAIN_MOST;
    reader->cut_wait = reader->cut_vain;
}

/* How many newlines stand in the records of a window that were taken, which end at `used`. */
static uint64_t lines_of(const hr_reader *reader, const hr_csv_cuts_found *found, const uint8_t *data, size_t used,
                         uint32_t rows)
{
    if (!found->kept_newlines)
        return rows;
    if (!found->alike || found->cr)
        return reader->config.kernels->newlines(data, used);
    return rows + found->kept_newlines - reader->config.kernels->newlines(data + used, found->size - used);
}

hr_status hr_csv_cuts_window(hr_reader *reader, hr_batch_body *body, const uint8_t *data, size_t size, bool *open,
                             hr_error *err)
{
    const hr_csv_cuts *cuts = reader->cuts;
    const hr_kernels *kernels = reader->config.kernels;
    hr_batch *batch = &body->batch;
    hr_csv_cuts_found found;
    const uint32_t rows = kernels->csv_cuts(&reader->syntax, cuts, data, size, body->begins, &found);
    const uint32_t fields = cuts->count + 1;
    const size_t used = body->begins[(size_t)rows * fields];
    *open = rows == 0 && found.alike;
    if (*open)
        return HR_OK;
    if (rows == 0 || !found.utf8) {
        vain(reader);
        return HR_OK;
    }
    reader->cut_vain = found.alike ? 0 : reader->cut_vain;
    for (uint32_t i = 0; i < rows; i++)
        body->row_first[i] = i * fields;
    const bool known_plain = reader->syntax.quote != HR_SYNTAX_NONE && !found.quotes;
    batch->rows = rows;
    batch->flags = (found.cr ? HR_BATCH_MAY_HAVE_CR : 0) | (known_plain ? HR_BATCH_NO_QUOTES : 0);
    hr_status status = reader->config.offsets ? hr_rows_note_offsets(reader, body, err) : HR_OK;
    if (status == HR_OK)
        status = hr_rows_finish(reader, body, used, rows, lines_of(reader, &found, data, used, rows), err);
    if (status == HR_OK && fields < cuts->columns) {
        batch->columns = fields;
        batch->flags |= HR_BATCH_JOINED;
    }
    return status;
}
