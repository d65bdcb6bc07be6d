/* block.h: a block of whole records, and the batches that any thread makes of it. */
#ifndef HR_CORE_READER_BLOCK_H
#define HR_CORE_READER_BLOCK_H

#include "core/reader/reader_state.h"

/* A batch of a block, made and worked on. */
typedef struct hr_made_batch {
    hr_batch_body *body;
    void *result;
} hr_made_batch;

typedef enum hr_block_state { HR_BLOCK_FREE, HR_BLOCK_CUT, HR_BLOCK_MADE } hr_block_state;

/* Whole records, text [begin, end) of the chunk. Only the thread that took it up touches it until it is made. */
typedef struct hr_block {
    hr_block_state state;
    hr_chunk *chunk;
    size_t begin, end;
    uint64_t text, raw;  /* offsets of `begin` */
    hr_made_batch *made; /* [made_count], of which [0, given) were given out */
    size_t made_count, made_capacity, given;
    uint64_t rows, lines; /* in the block, when it was made */
    hr_status status;     /* what ended the making; HR_END: all is there */
    hr_error err;
} hr_block;

/* A view: a reader that reads nothing. It makes batches of text that it is given, as `reader`, which outlives it,
 * would. */
hr_status hr_view_new(hr_reader *reader, hr_reader **out, hr_error *err) HR_MUST_CHECK;
void hr_view_free(hr_reader *view);

/* Makes all batches of the block, and does the work on each. What ends it is b->status. */
void hr_block_make(hr_reader *view, const hr_batch_work *work, hr_block *b);
/* Drops what was made and not given out, and the block's memory. */
void hr_block_clear(hr_block *b, const hr_batch_work *work);

#endif
