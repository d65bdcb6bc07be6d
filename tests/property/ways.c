/* ways.c: promises of every way to read a document. */
#include "tests/property/ways.h"

#include <inttypes.h>

bool way_resumes(const sheet *doc, const setup *s, const way *w, const transcript *whole, size_t most)
{
    size_t step = whole->mark_count / most + 1;
    bool good = true;
    for (size_t m = 0; good && m < whole->mark_count; m += step) {
        transcript tail;
        transcript_read(doc, s, w, &whole->marks[m].position, whole, &tail);
        good = transcript_is_tail(&tail, whole, m, "resumed");
        if (!good)
            fprintf(stderr, "  resumed at %.*s\n", (int)whole->marks[m].position.size, whole->marks[m].position.bytes);
        transcript_free(&tail);
    }
    if (!good)
        transcript_show(doc, s, w);
    return good;
}

bool way_counts(const sheet *doc, const setup *s, const way *w, const transcript *expected)
{
    uint64_t records = 0, skipped = 0, all = expected->row_count + expected->rejected;
    hr_status status = transcript_count(doc, s, w, &records, &skipped);
    bool good = expected->status == HR_END ? status == HR_OK && records == all && skipped == expected->skipped
                                           : status != HR_OK;
    if (!good) {
        fprintf(stderr,
                "counting: %s, %" PRIu64 " records and %" PRIu64 " skipped, expected %" PRIu64 " and %" PRIu64 "\n",
                hr_status_name(status), records, skipped, all, expected->skipped);
        transcript_show(doc, s, w);
    }
    return good;
}

bool way_says(const sheet *doc, const setup *s, const way *w, const transcript *expected,
              const reference_result *result, bool resuming)
{
    transcript got;
    transcript_read(doc, s, w, NULL, NULL, &got);
    bool good = transcript_same(&got, expected, "against the reference") &&
                (result->failure || transcript_places(&got, result, doc, "against the reference"));
    if (!good)
        transcript_show(doc, s, w);
    good = good && (!resuming || result->failure || way_resumes(doc, s, w, &got, 8));
    transcript_free(&got);
    return good;
}

bool document_rounds(const document_kind *kind, uint64_t seed, size_t rounds, size_t least, size_t most,
                     bool small_limits)
{
    for (size_t round = 0; round < rounds; round++) {
        hr_buffer text = {0};
        setup s = kind->make(&seed, least, most, small_limits, &text);
        sheet doc = sheet_utf8(text.data, text.size, random_below(&seed, 8) == 0);
        bool good = kind->read(&doc, &s, &seed);
        sheet_free(&doc);
        hr_buffer_free(&text);
        if (!good) {
            fprintf(stderr, "  in round %zu\n", round);
            return false;
        }
    }
    return true;
}
