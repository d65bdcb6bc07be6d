/* readings.h: a reader that is fed, in the ways that the tests of typed batches need. */
#ifndef HR_TESTS_READINGS_H
#define HR_TESTS_READINGS_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/reader/reader.h"
#include "tests/unit/support.h"
#include "tests/unit/text.h"

typedef struct reading {
    const char *encoding, *null, *ragged, *threads, *format;
    size_t piece; /* bytes fed at a time; 0: all at once */
    size_t block; /* of each thread; 0: as usual */
} reading;

static inline hr_reader *make_reader(const reading *how)
{
    const char *const pairs[][2] = {{"encoding", how->encoding},
                                    {"null", how->null},
                                    {"ragged", how->ragged},
                                    {"format", how->format},
                                    {"threads", how->threads},
                                    {"delimiter", ","},
                                    {"quote", "\""},
                                    {"header", how->format && *how->format == 'n' ? NULL : "yes"},
                                    {"offsets", "yes"}};
    hr_reader *reader = reader_with(pairs, HR_COUNT(pairs));
    if (how->block)
        hr_reader_block(reader, how->block);
    return reader;
}

/* Feeds as it is asked, and gives each batch to `take`. */
static inline void read_all(hr_reader *reader, const reading *how, const text *input, void (*take)(void *, hr_batch *),
                            void *context)
{
    size_t fed = 0;
    hr_error err;
    for (;;) {
        hr_batch *batch;
        hr_status status = hr_reader_next(reader, &batch, &err);
        if (status == HR_OK) {
            take(context, batch);
            hr_batch_release(batch);
        } else if (status == HR_AGAIN) {
            size_t more = input->size - fed;
            if (how->piece && more > how->piece)
                more = how->piece;
            if (more)
                cr_assert_eq(hr_reader_feed(reader, input->data + fed, more, &err), HR_OK);
            else
                cr_assert_eq(hr_reader_finish(reader, &err), HR_OK);
            fed += more;
        } else {
            cr_assert_eq(status, HR_END, "%s", err.text);
            return;
        }
    }
}

#endif
