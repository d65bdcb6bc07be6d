/* copy_kernel.c: rows of batches as lines of COPY's text format by the kernels of simd: what these need to know of
 * them, and room for what they write. */
#include "core/output/copy_parts.h"
#include "core/rows/batch.h"

_Static_assert(HR_COPY_SCALE == HR_DOUBT_SCALE && HR_COPY_ZONELESS == HR_DOUBT_ZONELESS &&
                   HR_COPY_FRACTION == HR_DOUBT_FRACTION && HR_COPY_DAY == HR_DOUBT_DAY &&
                   HR_COPY_CLOCK == HR_DOUBT_CLOCK && HR_COPY_LETTERS == HR_DOUBT_LETTERS &&
                   HR_COPY_BYTES == HR_DOUBT_BYTES && HR_COPY_MEMBERS == HR_DOUBT_ALWAYS,
               "what the kernels doubt is what hr_copy_loss judges");

bool hr_copy_kernel_choose(hr_copy_text *copy)
{
    size_t fields = 0, all = 0;
    bool absent = false;
    while (fields < copy->count && copy->columns[fields].what == HR_COPY_FIELD)
        fields++;
    for (size_t i = 0; i < copy->count; i++) {
        all += copy->columns[i].what == HR_COPY_FIELD;
        absent = absent || copy->columns[i].what == HR_COPY_ABSENT;
    }
    if (absent || all != fields || !fields)
        return true;
    copy->select = hr_calloc(fields, sizeof *copy->select);
    copy->guards = hr_calloc(fields, sizeof *copy->guards);
    if (!copy->select || !copy->guards)
        return false;
    copy->field_count = fields;
    copy->in_order = true;
    for (uint32_t i = 0; i < fields; i++) {
        const hr_copy_column *column = &copy->columns[i];
        copy->select[i] = column->column;
        copy->in_order = copy->in_order && column->column == i;
        uint32_t doubts = column->guards & HR_COPY_INTERVAL ? HR_DOUBT_ALWAYS : column->guards;
        if (doubts)
            copy->guards[copy->guard_count++] = (hr_rows_guard){column->column, doubts, column->digits};
    }
    return true;
}

bool hr_copy_kernel_job(const hr_copy_text *copy, const hr_parcel *parcel, hr_rows *job)
{
    const hr_batch *batch = parcel->batch;
    const hr_dialect *in = batch->dialect;
    bool quoting = in->quote != HR_NO_BYTE;
    if (!copy->field_count || (batch->flags & (HR_BATCH_NDJSON | HR_BATCH_JOINED)) || batch->offset_bytes != 2 ||
        !batch->rows || !hr_writer_simple(batch) || (quoting && hr_copy_letter((uint8_t)in->quote)))
        return false;
    *job = (hr_rows){
        .data = batch->data,
        .begins = batch->begins,
        .row_first = batch->row_first,
        .rows = parcel->rows,
        .select = copy->select,
        .select_count = copy->field_count,
        .last_column = batch->columns - 1,
        .may_cr = batch->flags & HR_BATCH_MAY_HAVE_CR,
        .quoting = quoting,
        .quote = (uint8_t)in->quote,
        .delimiter = (uint8_t)in->delimiter,
        .newline = copy->field_count == copy->count,
        .guards = copy->guards,
        .guard_count = copy->guard_count,
        .whole = copy->in_order && copy->field_count == batch->columns,
    };
    job->size = job->begins[batch->row_first[batch->rows - 1] + batch->columns] - (size_t)1;
    return true;
}

static size_t begin_of(const hr_rows *job, size_t ordinal)
{
    return job->begins[job->row_first[job->rows ? job->rows[ordinal] : ordinal]];
}

/* Rows from `from` on that have `size` bytes of text: one at least. */
static size_t rows_with(const hr_rows *job, size_t from, size_t to, size_t size)
{
    size_t low = from + 1, high = to, begin = begin_of(job, from);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (begin_of(job, middle) - begin < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool hr_copy_kernel_rows(const hr_copy_text *copy, const hr_parcel *parcel, const hr_rows *job, uint64_t first,
                         size_t *at, size_t to, size_t size, hr_out *out, bool *stopped)
{
    size_t last = job->newline ? rows_with(job, *at, to, size) : *at + 1;
    size_t row = job->rows ? job->rows[last - 1] : last - 1;
    size_t text = job->begins[job->row_first[row] + job->last_column + 1] - begin_of(job, *at);
    if (!hr_out_room(out, 2 * text + (last - *at) * copy->row_most + HR_ROWS_SLACK))
        return false;
    size_t done = copy->kernels->copy_rows(job, *at, last, &out->at);
    *stopped = done < last;
    for (size_t i = copy->field_count; !job->newline && !*stopped && i < copy->count; i++) {
        *out->at++ = '\t';
        hr_copy_made(out, &copy->columns[i], parcel, *at, first);
    }
    if (!job->newline && !*stopped)
        *out->at++ = '\n';
    *at = done;
    return true;
}
