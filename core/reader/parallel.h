/* parallel.h: batches made by several threads, given out in the order of the input.
 *
 * The reader's own thread reads text and cuts it into blocks of whole records (hr_language.split, which knows where
 * records end for certain); any thread turns a block into batches, by the same code that the serial reader runs, on a
 * view: a reader of its own over nothing but the block. What a block says of row and line numbers is counted from the
 * block's start and made right when it is given out. Text that cannot be cut (a damaged or very long record, an input
 * that is not in ASCII or UTF-8) is left to the serial reader when all blocks before it have been given out. So the
 * answer cannot depend on the number of threads, nor on who was first.
 */
#ifndef HR_CORE_READER_PARALLEL_H
#define HR_CORE_READER_PARALLEL_H

#include "core/reader/reader_state.h"

typedef struct hr_parallel hr_parallel;

/* Starts threads - 1 threads for `reader`, which has started. */
hr_status hr_parallel_new(hr_reader *reader, hr_parallel **out, hr_error *err) HR_MUST_CHECK;
/* The next batch in the order of the input, with its result and its place. HR_AGAIN: nothing is in work, and the
 * reader must take the next step serially. */
hr_status hr_parallel_next(hr_parallel *parallel, hr_batch_body **out, void **result, hr_error *err) HR_MUST_CHECK;
/* Ends the threads; what was not given out is dropped. */
void hr_parallel_free(hr_parallel *parallel);

#endif
