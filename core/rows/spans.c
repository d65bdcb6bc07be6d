/* spans.c: all fields of some rows at once, as places in the batch's data. */
#include "core/rows/batch.h"

/* What spans are made of. */
typedef struct spanning {
    const hr_batch *batch;
    const uint8_t *data;
    int quote;
} spanning;

/* A field that begins with the quote: what stands between, as in hr_batch_field. (So it is not empty: where an empty
 * one is looked at, its separator stands there.) */
static inline hr_span between(const spanning *work, size_t begin, size_t size)
{
    size_t closed = size > 1 && work->data[begin + size - 1] == work->quote;
    return (hr_span){(uint32_t)(begin + 1), (uint32_t)(size - 1 - closed)};
}

/* The same for any field, with a place that may be read also when it is empty. */
static inline hr_span last_span(const spanning *work, size_t begin, size_t size)
{
    if (size == 0)
        return (hr_span){0, 0};
    return work->data[begin] == work->quote ? between(work, begin, size) : (hr_span){(uint32_t)begin, (uint32_t)size};
}

/* `fields` fields that follow each other, from `first` on. An empty field is looked at too, which is better than a
 * branch: there stands its separator. Only the last one may have nothing behind it. */
#define HR_SPANS(name, type)                                                          \
    static void name(const spanning *work, size_t first, size_t fields, hr_span *out) \
    {                                                                                 \
        const type *begins = (const type *)work->batch->begins + first;               \
        const uint8_t *data = work->data;                                             \
        size_t begin = begins[0];                                                     \
        int quote = work->quote;                                                      \
        for (size_t i = 0; i + 1 < fields; i++) {                                     \
            size_t end = begins[i + 1], size = end - 1 - begin;                       \
            out[i] = (hr_span){(uint32_t)begin, (uint32_t)size};                      \
            if (data[begin] == quote)                                                 \
                out[i] = between(work, begin, size);                                  \
            begin = end;                                                              \
        }                                                                             \
        if (fields > 0)                                                               \
            out[fields - 1] = last_span(work, begin, begins[fields] - 1 - begin);     \
    }
HR_SPANS(narrow, uint16_t)
HR_SPANS(wide, uint32_t)

static void spread(const spanning *work, size_t first, size_t fields, hr_span *out)
{
    if (work->batch->offset_bytes == 2)
        narrow(work, first, fields, out);
    else
        wide(work, first, fields, out);
}

/* By way of hr_batch_field, which keeps the closing quote of a field with escapes. */
static hr_span one_span(const hr_batch *batch, size_t row, size_t column)
{
    hr_field field = hr_batch_field(batch, row, column);
    bool open = (field.flags & HR_FIELD_QUOTED) && (field.flags & HR_FIELD_ESCAPED) && field.size > 0;
    size_t size = open && field.data[field.size - 1] == batch->dialect->quote ? field.size - 1 : field.size;
    return size > 0 ? (hr_span){(uint32_t)(field.data - batch->data), (uint32_t)size} : (hr_span){0, 0};
}

/* Row by row where they do not follow each other, or are not of one length, or may end in CR. */
static void one_row(const spanning *work, size_t row, hr_span *out)
{
    const hr_batch *batch = work->batch;
    size_t there = batch->row_fields ? batch->row_fields[row] : batch->columns;
    size_t fields = there < batch->columns ? there : batch->columns;
    spread(work, batch->row_first[row], fields, out);
    for (size_t column = fields; column < batch->columns; column++)
        out[column] = (hr_span){0, 0};
    if ((batch->flags & HR_BATCH_MAY_HAVE_CR) && there > 0 && there <= batch->columns)
        out[there - 1] = one_span(batch, row, there - 1);
}

void hr_batch_spans(const hr_batch *batch, size_t row, size_t rows, hr_span *out)
{
    size_t columns = batch->columns;
    if (batch->flags & HR_BATCH_NDJSON) {
        if (rows * columns > 0)
            memcpy(out, batch->cells + row * columns, rows * columns * sizeof *out);
        return;
    }
    spanning work = {.batch = batch, .data = batch->data, .quote = batch->dialect->quote};
    bool even = !batch->row_fields && !(batch->flags & HR_BATCH_MAY_HAVE_CR);
    for (size_t end = row + rows; row < end;) {
        size_t follow = 1;
        while (even && row + follow < end && batch->row_first[row + follow] == batch->row_first[row] + follow * columns)
            follow++;
        if (even)
            spread(&work, batch->row_first[row], follow * columns, out);
        else
            one_row(&work, row, out);
        out += follow * columns;
        row += follow;
    }
}

hr_span hr_batch_span(const hr_batch *batch, size_t row, size_t column)
{
    return batch->flags & HR_BATCH_NDJSON ? batch->cells[row * batch->columns + column] : one_span(batch, row, column);
}
