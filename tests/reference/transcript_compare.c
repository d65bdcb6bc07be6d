/* transcript_compare.c: whether transcripts say the same, and where they differ when they do not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/reference/transcript.h"

static void show_bytes(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\\')
            fprintf(stderr, "\\\\");
        else if (data[i] >= 0x20 && data[i] < 0x7F)
            fputc(data[i], stderr);
        else if (data[i] == '\n')
            fprintf(stderr, "\\n");
        else if (data[i] == '\r')
            fprintf(stderr, "\\r");
        else
            fprintf(stderr, "\\x%02X", data[i]);
    }
    fputc('\n', stderr);
}

static void show_around(const char *who, const uint8_t *data, size_t size, size_t at)
{
    size_t from = at > 100 ? at - 100 : 0, to = size - at < 200 ? size : at + 200;
    fprintf(stderr, "  %-9s ...", who);
    show_bytes(data + from, to - from);
}

static bool same_bytes(const char *what, const char *part, const uint8_t *got, size_t got_size, const uint8_t *expected,
                       size_t expected_size)
{
    size_t least = got_size < expected_size ? got_size : expected_size, at = 0;
    if (got_size == expected_size && (!got_size || !memcmp(got, expected, got_size)))
        return true;
    while (at < least && got[at] == expected[at])
        at++;
    fprintf(stderr, "%s: %s differ at byte %zu\n", what, part, at);
    show_around("got", got, got_size, at);
    show_around("expected", expected, expected_size, at);
    return false;
}

/* The bytes of a buffer from `at` on; an empty one has none. */
static const uint8_t *from(const hr_buffer *buffer, size_t at)
{
    return at ? buffer->data + at : buffer->data;
}

static bool same_buffers(const char *what, const char *part, const hr_buffer *got, const hr_buffer *expected)
{
    return same_bytes(what, part, got->data, got->size, expected->data, expected->size);
}

bool transcript_same(const transcript *got, const transcript *expected, const char *what)
{
    bool got_failed = got->status != HR_END, expected_failed = expected->status != HR_END;
    if (got_failed != expected_failed) {
        fprintf(stderr, "%s: got %s (%s), expected %s\n", what, hr_status_name(got->status),
                got_failed ? got->error.text : "", hr_status_name(expected->status));
        return false;
    }
    bool same = same_buffers(what, "names", &got->names, &expected->names);
    if (got->strayed) {
        fprintf(stderr, "%s: a position, or a batch, that does not begin where the last batch ended\n", what);
        same = false;
    }
    same = same_buffers(what, "rows", &got->rows, &expected->rows) && same;
    same = same_buffers(what, "rejects", &got->rejects, &expected->rejects) && same;
    if (!got_failed && got->skipped != expected->skipped) {
        fprintf(stderr, "%s: skipped %" PRIu64 ", expected %" PRIu64 "\n", what, got->skipped, expected->skipped);
        same = false;
    }
    return same;
}

bool transcript_places(const transcript *got, const reference_result *result, const sheet *doc, const char *what)
{
    size_t place = 0;
    for (size_t m = 0; m < got->mark_count; m++) {
        const transcript_mark *mark = &got->marks[m];
        uint64_t offset = HR_UNKNOWN;
        const reference_place *at = NULL;
        for (; place < result->place_count && (offset == HR_UNKNOWN || offset < mark->end_offset); place++) {
            at = &result->places[place];
            offset = doc->raw_of ? doc->raw_of[at->offset] : at->offset + doc->shift;
        }
        place -= place > 0; /* a batch of lines that were skipped before it may end at the same place again */
        if (!at || offset != mark->end_offset || at->row != mark->end_row || at->line != mark->end_line) {
            fprintf(stderr,
                    "%s: a batch ends at offset %" PRIu64 " row %" PRIu64 " line %" PRIu64
                    ", the reference has offset %" PRIu64 " row %" PRIu64 " line %" PRIu64 " there\n",
                    what, mark->end_offset, mark->end_row, mark->end_line, offset, at ? at->row : 0, at ? at->line : 0);
            return false;
        }
    }
    if (got->status == HR_END && result->place_count && got->mark_count) {
        uint64_t end = doc->raw_of ? doc->raw_of[doc->size] : doc->size + doc->shift;
        if (got->marks[got->mark_count - 1].end_offset != end) {
            fprintf(stderr, "%s: the last batch ends at %" PRIu64 ", the input at %" PRIu64 "\n", what,
                    got->marks[got->mark_count - 1].end_offset, end);
            return false;
        }
    }
    return true;
}

bool transcript_is_tail(const transcript *tail, const transcript *whole, size_t m, const char *what)
{
    const transcript_mark *mark = &whole->marks[m];
    bool same = tail->status == whole->status;
    if (!same)
        fprintf(stderr, "%s: resumed at %.*s it ends with %s (%s), not %s\n", what, (int)mark->position.size,
                mark->position.bytes, hr_status_name(tail->status), tail->error.text, hr_status_name(whole->status));
    same = same_bytes(what, "rows after resuming", tail->rows.data, tail->rows.size,
                      from(&whole->rows, mark->rows_size), whole->rows.size - mark->rows_size) &&
           same;
    same = same_bytes(what, "rejects after resuming", tail->rejects.data, tail->rejects.size,
                      from(&whole->rejects, mark->rejects_size), whole->rejects.size - mark->rejects_size) &&
           same;
    if (tail->skipped != whole->skipped - mark->skipped) {
        fprintf(stderr, "%s: skipped %" PRIu64 " after resuming, expected %" PRIu64 "\n", what, tail->skipped,
                whole->skipped - mark->skipped);
        same = false;
    }
    return same;
}

void transcript_show(const sheet *doc, const setup *s, const way *w)
{
    static const char *const feedings[] = {"whole", "byte by byte", "in random pieces", "in two pieces", "pulled"};
    const reference_options *csv = &s->csv;
    fprintf(stderr,
            "  with delimiter %d quote %d escape %d comment %d header %d preamble %" PRIu64 " pad %d truncate %d "
            "strict %d lenient %d null %s row_bytes %zu columns %zu offsets %d encoding %s sample %s\n",
            csv->delimiter, csv->quote, csv->escape, csv->comment, csv->header, csv->preamble, csv->pad, csv->truncate,
            csv->strict, csv->lenient, csv->null ? csv->null : "(none)", csv->row_bytes, csv->column_limit, s->offsets,
            s->encoding ? s->encoding : "(detected)", s->sample ? s->sample : "(default)");
    if (w)
        fprintf(stderr, "  kernel %s, %s, seed %" PRIu64 ", pieces of %zu\n", w->kernel, feedings[w->how], w->seed,
                w->piece);
    fprintf(stderr, "  text of %zu bytes: ", doc->size);
    show_bytes(doc->text, doc->size < 6000 ? doc->size : 6000);
}
