/* ways.h: what is promised of every way to read a document, whatever its language: resuming, counting; and rounds of
 * random documents. */
#ifndef HR_TESTS_PROPERTY_WAYS_H
#define HR_TESTS_PROPERTY_WAYS_H

#include "tests/property/documents.h"

/* All of these say on stderr what is broken, and return false. */

/* Whoever resumes at the end of a batch of `whole`, a transcript of this way, reads what stands behind: at every one,
 * or at about `most` of them when there are more. */
bool way_resumes(const sheet *doc, const setup *s, const way *w, const transcript *whole, size_t most);
/* hr_reader_count comes to the account of `expected`, or fails where that does. */
bool way_counts(const sheet *doc, const setup *s, const way *w, const transcript *expected);
/* The document read this way says what the reference says, and resumes at the ends of some batches if `resuming`. */
bool way_says(const sheet *doc, const setup *s, const way *w, const transcript *expected,
              const reference_result *result, bool resuming);

/* One kind of random document, and how it is read. */
typedef struct document_kind {
    /* Makes options, and a text of at least `least` and less than `most` bytes or so to be read by them. */
    setup (*make)(uint64_t *seed, size_t least, size_t most, bool small_limits, hr_buffer *text);
    bool (*read)(const sheet *doc, const setup *s, uint64_t *seed);
} document_kind;
/* `rounds` documents in UTF-8, some with a byte-order mark. */
bool document_rounds(const document_kind *kind, uint64_t seed, size_t rounds, size_t least, size_t most,
                     bool small_limits);

#endif
