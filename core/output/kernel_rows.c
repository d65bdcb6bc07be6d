/* kernel_rows.c: rows of a batch by the kernels of simd: what these need to know of it, and room for what they write.
 */
#include "core/output/writer.h"

/* Room is taken for the worst case: every byte of every value is escaped. These keep that within bounds; a writer for
 * which they do not goes row by row. */
#define REPEAT_MOST 8u
#define SLAB_BYTES ((size_t)1 << 18) /* of what stands between the values of the rows that are rendered at once */

static inline size_t begin_of(const hr_rows *job, size_t row)
{
    return job->begins[job->row_first[job->rows ? job->rows[row] : row]];
}

static inline size_t end_of(const hr_rows *job, size_t row)
{
    return job->begins[job->row_first[job->rows ? job->rows[row] : row] + job->last_column + 1] - (size_t)1;
}

bool hr_kernel_job(const hr_writer *writer, const hr_parcel *parcel, hr_rows *job)
{
    const hr_batch *batch = parcel->batch;
    const hr_dialect *in = batch->dialect;
    bool csv = writer->format == HR_FORMAT_CSV;
    uint8_t quote = csv ? (uint8_t)writer->dialect.quote : '"';
    if (writer->by_rows || batch->offset_bytes != 2 || !hr_writer_simple(batch) ||
        (in->quote != HR_NO_BYTE && in->quote != quote) || writer->repeat > REPEAT_MOST)
        return false;
    *job = (hr_rows){
        .data = batch->data,
        .begins = batch->begins,
        .row_first = batch->row_first,
        .rows = parcel->rows,
        .select = hr_writer_select(writer, batch),
        .select_count = writer->select_count,
        .last_column = batch->columns - 1, /* joined or not, the last one ends where the row does */
        .may_cr = batch->flags & HR_BATCH_MAY_HAVE_CR,
        .quoting = in->quote != HR_NO_BYTE,
        .quotes = !(batch->flags & HR_BATCH_NO_QUOTES),
        .quote = quote,
        .delimiter = (uint8_t)(csv ? writer->dialect.delimiter : in->delimiter),
        .foreign = csv && in->delimiter != writer->dialect.delimiter,
        .guard = csv && !writer->header,
        .newline = !writer->lineage,
        .keys = writer->joint_keys,
    };
    job->size = job->begins[batch->row_first[batch->rows - 1] + batch->columns] - (size_t)1;
    return true;
}

bool hr_kernel_quotes(const hr_rows *job)
{
    return job->quotes && memchr(job->data, job->quote, job->size);
}

size_t hr_kernel_render(const hr_writer *writer, const hr_rows *job, size_t from, size_t to, hr_out *out)
{
    bool csv = writer->format == HR_FORMAT_CSV;
    size_t slab = SLAB_BYTES / writer->row_most + 1, growth = writer->repeat * (csv ? 1 : 6);
    while (from < to) {
        size_t last = to - from > slab ? from + slab : to;
        size_t most = (end_of(job, last - 1) - begin_of(job, from)) * growth + (last - from) * writer->row_most;
        if (!hr_out_room(out, most + HR_ROWS_SLACK))
            return from;
        from = csv ? writer->kernels->csv_rows(job, from, last, &out->at)
                   : writer->kernels->json_rows(job, from, last, &out->at);
        if (from < last)
            return from;
    }
    return from;
}
