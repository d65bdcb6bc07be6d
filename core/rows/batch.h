/* batch.h: how batches are made: the bodies behind hr_batch, the chunks of text under them, and the pool of both. */
#ifndef HR_CORE_ROWS_BATCH_H
#define HR_CORE_ROWS_BATCH_H

#include <stdatomic.h>

#include "core/base/base.h"
#include "simd/simd.h"

/* Text that batches point into. Bytes before `filled` of its maker never change while others hold a reference. */
typedef struct hr_chunk {
    atomic_uint references;
    bool lent; /* `bytes` belong to the program that uses the library: they are never written */
    size_t capacity;
    uint8_t *bytes;
    uint8_t own[];
} hr_chunk;
hr_chunk *hr_chunk_new(size_t capacity); /* NULL: no memory */
/* A chunk over memory that outlives it. */
hr_chunk *hr_chunk_lend(const uint8_t *bytes, size_t size);
hr_chunk *hr_chunk_retain(hr_chunk *chunk);
void hr_chunk_release(hr_chunk *chunk);
/* Nobody but the caller holds it. */
bool hr_chunk_sole(const hr_chunk *chunk);

/* What all batches of a reader share, and what outlives the reader with them: dialect, null spellings, and spare
 * bodies, so that no batch costs an allocation in the steady state. */
typedef struct hr_batch_pool hr_batch_pool;
/* `nulls`: [count] spellings of null beside the empty unquoted field; copied. */
hr_status hr_batch_pool_new(const hr_dialect *dialect, const char *const *nulls, size_t count, hr_batch_pool **out,
                            hr_error *err) HR_MUST_CHECK;
void hr_batch_pool_release(hr_batch_pool *pool); /* the maker's reference */

/* Pieces of memory with stable addresses that live as long as their batch. */
typedef struct hr_batch_block {
    struct hr_batch_block *next;
    size_t used, capacity;
    uint8_t bytes[];
} hr_batch_block;

#define HR_BEGINS_ROOM (HR_WINDOW_MAX + 2 + HR_INDEX_SLACK)

typedef struct hr_batch_body {
    hr_batch batch; /* first: an hr_batch is a pointer to its body */
    atomic_uint references;
    hr_batch_pool *pool;
    struct hr_batch_body *spare; /* the next one in the pool */
    hr_chunk *chunk;
    hr_batch_block *blocks;
    hr_reject *reject_list;
    size_t reject_count, reject_capacity;
    uint32_t *row_fields, *row_number, *row_size; /* [HR_BEGINS_ROOM] when they were needed once */
    uint64_t *row_offset;
    uint32_t *wide; /* offsets of a record that is longer than a window */
    size_t wide_capacity;
    hr_span *cells; /* of NDJSON */
    size_t cell_capacity;
    struct hr_typed *typed; /* typing.h, when a schema was applied once */
    uint16_t begins[HR_BEGINS_ROOM];
    uint32_t row_first[HR_BEGINS_ROOM];
} hr_batch_body;

/* Flags of batches beside those of headrace.h. */
#define HR_BATCH_JOINED 0x100u    /* columns that nobody wants are joined: see hr_reader_join */
#define HR_BATCH_NO_QUOTES 0x200u /* the dialect's quote stands nowhere in the rows */

/* An empty batch with one reference; counts are 0, data NULL. */
hr_status hr_batch_body_new(hr_batch_pool *pool, hr_batch_body **out, hr_error *err) HR_MUST_CHECK;
/* Memory that lives as long as the batch; NULL when there is none. */
void *hr_batch_keep(hr_batch_body *body, size_t size);
/* A reject to be filled, behind those there are; NULL when there is no memory. The array may move. */
hr_reject *hr_batch_reject(hr_batch_body *body);
/* Makes one of the optional per-row arrays present. */
bool hr_batch_want(uint32_t **array);
/* Gives the rows so far numbers of their own, when they have none yet, because what comes next will not follow them
 * without a gap. */
hr_status hr_batch_number(hr_batch_body *body, hr_error *err) HR_MUST_CHECK;
bool hr_batch_want_offsets(hr_batch_body *body);
/* Room for so many cells; those that are there are not kept. */
bool hr_batch_want_cells(hr_batch_body *body, size_t count);
/* How many lines end in this text of a batch: a CR ends one of CSV, and is white space of NDJSON. */
uint64_t hr_batch_lines(const hr_batch *batch, const hr_kernels *kernels, const uint8_t *data, size_t size);

#endif
