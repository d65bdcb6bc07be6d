/* test_ndjson.c: whatever the lines and the options, every kernel and every way to cut the input says what documents
 * say; in other encodings too; and damaged lines cost nothing but themselves. */
#include <inttypes.h>

#include "tests/property/promise.h"
#include "tests/property/ways.h"

/* ---- lines ---------------------------------------------------------------------------------------------------------
 */

static bool one_in(uint64_t *seed, size_t n)
{
    return random_below(seed, n) == 0;
}

static void put(hr_buffer *out, const char *text)
{
    REQUIRE(hr_buffer_text(out, text));
}

static const char *any(uint64_t *seed, const char *const *among, size_t count)
{
    return among[random_below(seed, count)];
}
#define ANY(seed, among) any(seed, among, HR_COUNT(among))

static const char *letter(uint64_t *seed, const ink *with)
{
    size_t count = 0;
    while (with->letters[count])
        count++;
    return with->letters[random_below(seed, count)];
}

static void put_space(uint64_t *seed, hr_buffer *out)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "\t", "\r", "  \t"};
    put(out, ANY(seed, spaces));
}

static void put_string(uint64_t *seed, const ink *with, hr_buffer *out)
{
    static const char *const escapes[] = {"\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\u00e9", "\\ud83d\\ude42",
                                          ",",   ":",    "{",    "}",   "[",       "]",       "\\t"};
    put(out, "\"");
    for (size_t i = random_below(seed, one_in(seed, 20) ? 200 : 8); i > 0; i--)
        put(out, one_in(seed, 5) ? ANY(seed, escapes) : letter(seed, with));
    put(out, "\"");
}

static void put_value(uint64_t *seed, const ink *with, unsigned depth, hr_buffer *out);

static void put_name(uint64_t *seed, const ink *with, hr_buffer *out)
{
    static const char *const names[] = {"\"a\"",  "\"b\"", "\"id\"",      "\"user\"", "\"x/y\"", "\"\"", "\"/z\"",
                                        "\"~t\"", "\"a\"", "\"\\u0061\"", "\"name\"", "\"0\"",   "\"1\""};
    if (one_in(seed, 12))
        put_string(seed, with, out);
    else
        put(out, ANY(seed, names));
}

static void put_object(uint64_t *seed, const ink *with, unsigned depth, hr_buffer *out)
{
    put(out, "{");
    put_space(seed, out);
    for (size_t i = random_below(seed, 6), first = 1; i > 0; i--, first = 0) {
        put(out, first ? "" : ",");
        put_space(seed, out);
        put_name(seed, with, out);
        put_space(seed, out);
        put(out, ":");
        put_space(seed, out);
        put_value(seed, with, depth + 1, out);
        put_space(seed, out);
    }
    put(out, "}");
}

static void put_value(uint64_t *seed, const ink *with, unsigned depth, hr_buffer *out)
{
    static const char *const scalars[] = {"null", "true",  "false", "0", "-1", "9007199254740993",
                                          "1.10", "1e400", "-0.0"};
    size_t kind = random_below(seed, depth > 5 ? 6 : 9);
    if (kind < 3) {
        put_string(seed, with, out);
    } else if (kind < 6) {
        put(out, ANY(seed, scalars));
    } else if (kind < 8) {
        put_object(seed, with, depth, out);
    } else {
        put(out, "[");
        for (size_t i = random_below(seed, 4), first = 1; i > 0; i--, first = 0) {
            put(out, first ? "" : ", ");
            put_value(seed, with, depth + 1, out);
        }
        put(out, "]");
    }
}

/* One thing of the line becomes another, or goes. */
static void damage(uint64_t *seed, const ink *with, hr_buffer *line)
{
    static const char *const things[] = {"\"", "{", "}",    "[",  "]", ",", ":",      "\\",
                                         "x",  "0", "\x01", "\t", "-", ".", "\\ud800"};
    hr_buffer made = {0};
    size_t at = random_below(seed, line->size + 1), bad = 0;
    while (at < line->size && (line->data[at] & 0xC0) == 0x80)
        at++;
    size_t next = at < line->size && line->data[at] < 0x80 ? at + 1 : at;
    while (with->bad[bad])
        bad++;
    REQUIRE(hr_buffer_add(&made, line->data, at));
    if (!one_in(seed, 4))
        put(&made, one_in(seed, 5) ? with->bad[random_below(seed, bad)] : ANY(seed, things));
    size_t from = one_in(seed, 2) ? at : next;
    REQUIRE(hr_buffer_add(&made, line->data + from, line->size - from));
    hr_buffer_free(line);
    *line = made;
}

static void put_line(uint64_t *seed, const ink *with, size_t rare, hr_buffer *out)
{
    hr_buffer line = {0};
    put_space(seed, &line);
    if (!one_in(seed, 12)) {
        if (one_in(seed, 10))
            put_value(seed, with, 0, &line);
        else
            put_object(seed, with, 0, &line);
        put_space(seed, &line);
    }
    if (one_in(seed, rare))
        damage(seed, with, &line);
    REQUIRE(hr_buffer_add(out, line.data, line.size));
    hr_buffer_free(&line);
}

static void random_lines(uint64_t *seed, const ink *with, size_t size, hr_buffer *out)
{
    size_t rare = one_in(seed, 3) ? 1000 : 1 + random_below(seed, 6);
    while (out->size < size) {
        put_line(seed, with, rare, out);
        if (out->size < size || one_in(seed, 2))
            put(out, one_in(seed, 8) ? "\r\n" : "\n");
    }
}

static setup random_ndjson(uint64_t *seed, bool small)
{
    static const char *const columns[] = {NULL,        NULL,           "a",    "id,a",        "/user/id,user",
                                          "/0,/a/1,a", "/x~1y,/,/~0t", "/a/0", "nothing,name"};
    static const size_t limits[] = {2, 3, 20, 50, 63, 64, 65, 100, 1000};
    setup s = {.encoding = "utf-8", .offsets = one_in(seed, 2), .ndjson = true};
    s.csv = (reference_options){.delimiter = ',', .quote = '"', .escape = -1, .comment = -1, .header = true};
    s.csv.row_bytes = small ? limits[random_below(seed, HR_COUNT(limits))] : one_in(seed, 3) ? 70000 : 16u << 20;
    s.csv.column_limit = 131072;
    s.columns = ANY(seed, columns);
    s.strict_members = one_in(seed, 3);
    s.depth = one_in(seed, 3) ? 3 : 512;
    s.sample = one_in(seed, 2) ? "4096" : "64";
    return s;
}

/* ---- one document in all ways --------------------------------------------------------------------------------------
 */

typedef struct expectation {
    transcript said;
    ndjson_place *places;
    size_t place_count;
} expectation;

static bool ends_are_places(const transcript *got, const expectation *e)
{
    for (size_t m = 0, p = 0; m < got->mark_count; m++) {
        const transcript_mark *mark = &got->marks[m];
        while (p < e->place_count && e->places[p].offset < mark->end_offset)
            p++;
        const ndjson_place *at = p < e->place_count ? &e->places[p] : NULL;
        if (!at || at->offset != mark->end_offset || at->row != mark->end_row || at->line != mark->end_line) {
            fprintf(stderr,
                    "a batch ends at offset %" PRIu64 ", row %" PRIu64 ", line %" PRIu64 ": not behind a line\n",
                    mark->end_offset, mark->end_row, mark->end_line);
            return false;
        }
    }
    return true;
}

static bool says(const sheet *doc, const setup *s, const way *w, const expectation *e, bool resuming)
{
    transcript got;
    transcript_read(doc, s, w, NULL, NULL, &got);
    bool good = transcript_same(&got, &e->said, "against the documents") && ends_are_places(&got, e);
    if (!good)
        transcript_show(doc, s, w);
    good = good && (!resuming || way_resumes(doc, s, w, &got, 12));
    transcript_free(&got);
    return good;
}

static bool read_all_ways(const sheet *doc, const setup *s, uint64_t *seed)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    expectation e;
    transcript_expect_ndjson(doc, s, &e.said, &e.places, &e.place_count);
    size_t piece = 1 + random_below(seed, doc->size < 6000 ? 80 : 90000);
    bool good = true;
    for (size_t k = 0; good && k < count; k++) {
        way whole = {kernels[k], FED_WHOLE, 0, 0, 0, 0}, cuts = {kernels[k], FED_CUTS, *seed, piece, 0, 0};
        good = says(doc, s, &whole, &e, false) && says(doc, s, &cuts, &e, false);
    }
    way bytes = {kernels[random_below(seed, count)], FED_BYTES, 0, 0, 0, 0};
    way pulled = {kernels[random_below(seed, count)], PULLED, *seed, piece, 0, 0};
    good = good && (doc->size > 3000 || says(doc, s, &bytes, &e, false)) && says(doc, s, &pulled, &e, true) &&
           way_counts(doc, s, &pulled, &e.said);
    way memory = {kernels[random_below(seed, count)], MEMORY, *seed, piece, 0, 0}, memories = memory;
    memories.threads = 2;
    memories.block = 1 + random_below(seed, doc->size < 6000 ? 300 : 90000);
    good = good && says(doc, s, &memory, &e, true) && way_counts(doc, s, &memory, &e.said) &&
           says(doc, s, &memories, &e, true);
    for (unsigned threads = 2; good && threads <= 3; threads++) {
        size_t block = 1 + random_below(seed, doc->size < 6000 ? 300 : 90000);
        way many = {kernels[random_below(seed, count)], threads == 2 ? PULLED : FED_CUTS, *seed, piece, threads, block};
        good = says(doc, s, &many, &e, threads == 2);
    }
    transcript_free(&e.said);
    free(e.places);
    return good;
}

static setup make_lines(uint64_t *seed, size_t least, size_t most, bool small_limits, hr_buffer *text)
{
    setup s = random_ndjson(seed, small_limits && one_in(seed, 3));
    random_lines(seed, &utf8_ink, least + random_below(seed, most - least), text);
    return s;
}

static const document_kind of_lines = {make_lines, read_all_ways};

static bool small_documents(uint64_t seed, size_t times)
{
    return document_rounds(&of_lines, seed, FEWER(1200) * times, 0, 300, true);
}

static bool documents_of_some_kilobytes(uint64_t seed, size_t times)
{
    return document_rounds(&of_lines, seed + 1, FEWER(200) * times, 300, 5000, true);
}

static bool documents_across_windows_and_chunks(uint64_t seed, size_t times)
{
    return document_rounds(&of_lines, seed + 2, FEWER(16) * times, 60000, 400000, false);
}

static bool every_cut_in_two(uint64_t seed, size_t times)
{
    seed += 3;
    for (size_t round = 0; round < FEWER(100) * times; round++) {
        hr_buffer text = {0};
        setup s = random_ndjson(&seed, one_in(&seed, 2));
        random_lines(&seed, &utf8_ink, random_below(&seed, 200), &text);
        sheet doc = sheet_utf8(text.data, text.size, one_in(&seed, 8));
        expectation e;
        transcript_expect_ndjson(&doc, &s, &e.said, &e.places, &e.place_count);
        bool good = true;
        for (size_t cut = 1; good && cut <= doc.raw_size; cut++) {
            way w = {"auto", FED_AT, 0, cut, 0, 0};
            good = says(&doc, &s, &w, &e, false);
        }
        transcript_free(&e.said);
        free(e.places);
        sheet_free(&doc);
        hr_buffer_free(&text);
        if (!good)
            return false;
    }
    return true;
}

/* Lines that end where windows, chunks and limits do. */
static bool lines_at_the_ends_of_windows_chunks_and_limits(uint64_t seed, size_t times)
{
    seed += 4;
    static const size_t edges[] = {65534, 65535, 65536, 131070, 262143, 262144, 5000, 70000, 64, 128};
    for (size_t round = 0; round < FEWER(100) * times; round++) {
        hr_buffer text = {0};
        setup s = random_ndjson(&seed, false);
        size_t edge = edges[random_below(&seed, HR_COUNT(edges))], many = random_below(&seed, 2);
        const size_t limits[] = {1u << 20, 1u << 20, edge, edge + 1, edge - 1, 64, 60000, 70000};
        s.csv.row_bytes = limits[random_below(&seed, HR_COUNT(limits))];
        while (many && text.size + 80 < edge)
            put(&text, "{\"a\": \"some words of a record\", \"b\": 17}\n");
        put(&text, "{\"a\":\"");
        for (size_t left = edge + random_below(&seed, 5) - 4; text.size < left;)
            put(&text, "x");
        put(&text, one_in(&seed, 6) ? "\"\n" : "\"}\n");
        random_lines(&seed, &utf8_ink, text.size + random_below(&seed, 300), &text);
        sheet doc = sheet_utf8(text.data, text.size, false);
        bool good = read_all_ways(&doc, &s, &seed);
        sheet_free(&doc);
        hr_buffer_free(&text);
        if (!good) {
            fprintf(stderr, "  in round %zu, edge %zu\n", round, edge);
            return false;
        }
    }
    return true;
}

static bool documents_in_other_encodings(uint64_t seed, size_t times)
{
    seed += 5;
    for (size_t round = 0; round < FEWER(80) * times; round++) {
        for (code c = 0; c < CODE_COUNT; c++) {
            hr_buffer text = {0};
            setup s = random_ndjson(&seed, one_in(&seed, 3));
            s.encoding = code_name(c);
            random_lines(&seed, code_ink(c), random_below(&seed, round % 50 ? 2000 : 200000), &text);
            sheet doc = sheet_encoded(text.data, text.size, c, one_in(&seed, 2));
            bool good = read_all_ways(&doc, &s, &seed);
            sheet_free(&doc);
            hr_buffer_free(&text);
            if (!good) {
                fprintf(stderr, "  in round %zu, %s\n", round, code_name(c));
                return false;
            }
        }
    }
    return true;
}

/* ---- recovery ------------------------------------------------------------------------------------------------------
 */

/* Records and fields of a text as the batches hold them, without numbers and offsets; how many were rejected. */
static uint64_t read_rows(const hr_buffer *text, const setup *s, size_t piece, hr_buffer *out)
{
    hr_options *options = setup_options(s, "auto");
    hr_reader *reader;
    hr_batch *batch;
    hr_status status;
    uint64_t rejected = 0;
    size_t fed = 0;
    REQUIRE(hr_reader_new(options, &reader, NULL) == HR_OK);
    while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK || status == HR_AGAIN) {
        if (status == HR_AGAIN) {
            size_t size = text->size - fed < piece ? text->size - fed : piece;
            REQUIRE((size ? hr_reader_feed(reader, text->data + fed, size, NULL) : hr_reader_finish(reader, NULL)) ==
                    HR_OK);
            fed += size;
            continue;
        }
        for (size_t row = 0; row < batch->rows; row++) {
            const uint8_t *data;
            size_t size;
            hr_batch_row(batch, row, &data, &size);
            REQUIRE(hr_buffer_add(out, data, size) && hr_buffer_add(out, "\n", 1));
            for (size_t c = 0; c < batch->columns; c++) {
                hr_field field = hr_batch_field(batch, row, c);
                REQUIRE(hr_buffer_add(out, field.data, field.size) && hr_buffer_printf(out, " %u\n", field.flags));
            }
        }
        rejected += batch->rejected;
        hr_batch_release(batch);
    }
    REQUIRE(status == HR_END);
    hr_reader_close(reader);
    hr_options_free(options);
    return rejected;
}

static bool rejects_removed_are_rejects_ignored(uint64_t seed, size_t times)
{
    seed += 6;
    bool good = true;
    for (size_t round = 0; good && round < FEWER(300) * times; round++) {
        hr_buffer text = {0}, clean = {0}, with = {0}, without = {0};
        setup s = random_ndjson(&seed, false);
        s.columns = "a,id,/user/id";
        s.offsets = false;
        random_lines(&seed, &utf8_ink, random_below(&seed, 3000), &text);
        for (size_t at = 0, end; at < text.size; at = end) {
            const uint8_t *lf = memchr(text.data + at, '\n', text.size - at);
            end = lf ? (size_t)(lf - text.data) + 1 : text.size;
            hr_buffer line = {.data = text.data + at, .size = end - at}, said = {0};
            if (read_rows(&line, &s, end, &said) == 0)
                REQUIRE(hr_buffer_add(&clean, line.data, line.size));
            hr_buffer_free(&said);
        }
        uint64_t damaged = read_rows(&text, &s, 70, &with), left = read_rows(&clean, &s, 300, &without);
        good = left == 0 && with.size == without.size && (!with.size || !memcmp(with.data, without.data, with.size));
        if (!good)
            fprintf(stderr, "  in round %zu: %" PRIu64 " rejects, %zu and %zu bytes of rows\n", round, damaged,
                    with.size, without.size);
        hr_buffer_free(&text);
        hr_buffer_free(&clean);
        hr_buffer_free(&with);
        hr_buffer_free(&without);
    }
    return good;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"small_documents", small_documents},
        {"documents_of_some_kilobytes", documents_of_some_kilobytes},
        {"documents_across_windows_and_chunks", documents_across_windows_and_chunks},
        {"every_cut_in_two", every_cut_in_two},
        {"lines_at_the_ends_of_windows_chunks_and_limits", lines_at_the_ends_of_windows_chunks_and_limits},
        {"documents_in_other_encodings", documents_in_other_encodings},
        {"rejects_removed_are_rejects_ignored", rejects_removed_are_rejects_ignored},
    };
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
