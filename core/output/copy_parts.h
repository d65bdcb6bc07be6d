/* copy_parts.h: what copy_text.c and copy_kernel.c share. */
#ifndef HR_CORE_OUTPUT_COPY_PARTS_H
#define HR_CORE_OUTPUT_COPY_PARTS_H

#include "core/output/copy_text.h"
#include "core/output/writer.h"

struct hr_copy_text {
    const hr_kernels *kernels;
    size_t count;
    size_t row_most; /* bytes of a row beside its fields, at most */
    /* The first columns, when they are all those of the batch and none is absent: what the kernels write; else 0. */
    size_t field_count;
    bool in_order;         /* they are the batch's first columns in order */
    uint32_t *select;      /* [field_count] */
    hr_rows_guard *guards; /* [guard_count] */
    size_t guard_count;
    hr_copy_column columns[];
};

/* The letter behind the backslash, 0: the byte stands for itself, 1: PostgreSQL has no such byte. */
static inline uint8_t hr_copy_letter(uint8_t c)
{
    switch (c) {
    case '\t': return 't';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\\': return '\\';
    case '\0': return 1;
    default: return 0;
    }
}

/* copy_text.c: the value of a column that the batch has not; room for it is there. */
void hr_copy_made(hr_out *out, const hr_copy_column *column, const hr_parcel *parcel, size_t ordinal, uint64_t first);

/* copy_guard_interval.c: hr_copy_loss for HR_COPY_INTERVAL. */
const char *hr_copy_interval_loss(uint32_t guards, unsigned digits, const uint8_t *text, size_t size);

/* copy_kernel.c */
/* Finds out what the kernels can do; false: no memory. */
bool hr_copy_kernel_choose(hr_copy_text *copy);
/* Whether they can take the rows of the parcel; then *job is ready. */
bool hr_copy_kernel_job(const hr_copy_text *copy, const hr_parcel *parcel, hr_rows *job);
/* Rows from *at on, `size` bytes of them or one; *stopped: *at is not for a kernel. False: no room, and nothing was
 * written. */
bool hr_copy_kernel_rows(const hr_copy_text *copy, const hr_parcel *parcel, const hr_rows *job, uint64_t first,
                         size_t *at, size_t to, size_t size, hr_out *out, bool *stopped);

#endif
