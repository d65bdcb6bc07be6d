/* writer.h: what the writers of rows share: their state, room in the output, fast access to fields, lineage. */
#ifndef HR_CORE_OUTPUT_WRITER_H
#define HR_CORE_OUTPUT_WRITER_H

#include "core/output/output.h"
#include "core/output/word.h"
#include "core/rows/batch.h"
#include "simd/simd.h"

#define HR_LINEAGE_COLUMNS 6u

/* Bytes that are the same in every row, from `begin` up to `end` of hr_writer.fixed. */
typedef struct hr_fixed {
    size_t begin, end;
} hr_fixed;

struct hr_writer {
    const hr_kernels *kernels;
    hr_format format;
    hr_dialect dialect;
    hr_quote_style quote_style;
    bool header; /* CSV: names come first */
    bool lineage;
    bool whole;          /* all columns in the input's order: rows may pass as they are */
    size_t column_count; /* of the input */
    size_t select_count;
    uint32_t *select;  /* [select_count] */
    uint32_t *joined;  /* [select_count] of batches with HR_BATCH_JOINED */
    size_t name_count; /* select_count, and the lineage columns */
    char **names;      /* [name_count] of the output, unique */
    hr_buffer fixed;
    hr_fixed *keys;          /* NDJSON: [name_count] `{"name":` or `,"name":` */
    uint8_t *joints;         /* NDJSON: the text of joint_keys */
    hr_rows_key *joint_keys; /* NDJSON: [select_count + 1] what stands before each value, as the kernels take it */
    hr_type *types;          /* [select_count], or NULL: not known; CSV has them where the quote style asks */
    bool by_rows;            /* the kernels cannot help: some column is JSON */
    size_t repeat;           /* how often a column is selected at most */
    size_t row_most;         /* bytes of a row beside its values, at most, as the kernels write it */
    hr_fixed where;          /* lineage before the row number: source, file and what stands around them */
    hr_fixed when;           /* lineage between the offset and the key */
};

/* The end of a buffer that is being written to; its size is set right at the end, or put back. */
typedef struct hr_out {
    hr_buffer *buffer;
    uint8_t *at, *end;
    size_t refused; /* size that could not be had, when something failed */
} hr_out;

/* At least `need` bytes at out->at after this, or false. */
bool hr_out_grow(hr_out *out, size_t need);
static inline bool hr_out_room(hr_out *out, size_t need)
{
    return HR_LIKELY((size_t)(out->end - out->at) >= need) || hr_out_grow(out, need);
}
static inline void hr_out_bytes(hr_out *out, const void *data, size_t size)
{
    memcpy(out->at, data, size);
    out->at += size;
}
static inline void hr_out_fixed(hr_out *out, const hr_writer *writer, hr_fixed fixed)
{
    hr_out_bytes(out, writer->fixed.data + fixed.begin, fixed.end - fixed.begin);
}
void hr_out_number(hr_out *out, uint64_t number); /* room for 20 */
void hr_out_hex(hr_out *out, const uint8_t *data, size_t size);

/* A copy in which every byte that is not UTF-8 has become U+FFFD: names of files may hold any byte, output may not.
 * NULL: no memory. */
char *hr_text_utf8(const char *text);

/* The columns of the batch that are to be written. */
static inline const uint32_t *hr_writer_select(const hr_writer *writer, const hr_batch *batch)
{
    return batch->flags & HR_BATCH_JOINED ? writer->joined : writer->select;
}

static inline size_t hr_writer_begin(const hr_batch *batch, size_t field)
{
    return batch->offset_bytes == 2 ? ((const uint16_t *)batch->begins)[field]
                                    : ((const uint32_t *)batch->begins)[field];
}

/* As hr_batch_field, without a call for what is common: no escapes, no spellings of null, all rows equally long
 * (`simple`, see hr_writer_simple), and no doubled quote in the field. */
static inline hr_field hr_writer_field(const hr_batch *batch, bool simple, size_t row, size_t column)
{
    if (!simple)
        return hr_batch_field(batch, row, column);
    size_t field = batch->row_first[row] + column;
    size_t begin = hr_writer_begin(batch, field), end = hr_writer_begin(batch, field + 1) - 1;
    const uint8_t *data = batch->data + begin;
    size_t size = end - begin;
    if (column + 1 == batch->columns && (batch->flags & HR_BATCH_MAY_HAVE_CR) && size && data[size - 1] == '\r')
        size--;
    if (!size)
        return (hr_field){data, 0, HR_FIELD_NULL};
    if (data[0] == batch->dialect->quote)
        return hr_batch_field(batch, row, column);
    return (hr_field){data, size, 0};
}
static inline bool hr_writer_simple(const hr_batch *batch)
{
    return batch->dialect->escape == HR_NO_BYTE && !batch->nulls && !batch->row_fields && batch->begins;
}

/* The rows of a parcel, by ordinal. */
static inline size_t hr_parcel_rows(const hr_parcel *parcel)
{
    return parcel->rows ? parcel->row_count : parcel->batch->rows;
}
static inline size_t hr_parcel_row(const hr_parcel *parcel, size_t ordinal)
{
    return parcel->rows ? parcel->rows[ordinal] : ordinal;
}
static inline const uint8_t *hr_parcel_key(const hr_parcel *parcel, size_t ordinal)
{
    return parcel->keys ? parcel->keys + ordinal * parcel->key_size : NULL;
}

/* kernel_rows.c: rows by the kernels of simd. */
/* Whether the kernels can take the rows of the parcel; then *job is ready, but for `quotes`, which is true. */
bool hr_kernel_job(const hr_writer *writer, const hr_parcel *parcel, hr_rows *job);
/* Some field of the parcel's rows may hold a quote. */
bool hr_kernel_quotes(const hr_rows *job);
/* Renders from `from` on and gives the ordinal of the first row that was not: `to`, or one to be written another way.
 */
size_t hr_kernel_render(const hr_writer *writer, const hr_rows *job, size_t from, size_t to, hr_out *out);

/* typed.c */
hr_rows_form hr_typed_form(hr_type type);
/* Writes a value of a type that is no string in JSON; room for size + 8 is there. False: JSON has no such value. */
bool hr_typed_put(hr_out *out, hr_type type, const uint8_t *data, size_t size);

/* writer_csv.c. hr_csv_prepare renders the fixed bytes. All answer false when there is no room. */
bool hr_csv_prepare(hr_writer *writer, const hr_writer_options *options);
bool hr_csv_header(const hr_writer *writer, hr_out *out);
bool hr_csv_rows(const hr_writer *writer, const hr_parcel *parcel, hr_out *out);
/* writer_ndjson.c */
bool hr_ndjson_prepare(hr_writer *writer, const hr_writer_options *options);
bool hr_ndjson_rows(const hr_writer *writer, const hr_parcel *parcel, hr_out *out);

#endif
