/* test_reader.c: whatever the document and the options, every kernel and every way to cut the input says what the
 * reference says. */
#include "tests/property/promise.h"
#include "tests/property/ways.h"

/* The document in every way that is asked for: all kernels; the other ways with one kernel each, by turns. */
static bool read_all_ways(const sheet *doc, const setup *s, uint64_t *seed, bool byte_by_byte)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    way first = {kernels[0], FED_WHOLE, 0, 0, 0, 0};
    transcript got, expected;
    reference_result result;
    transcript_read(doc, s, &first, NULL, NULL, &got);
    transcript_expect(doc, s, &got, &result, &expected);
    transcript_free(&got);
    bool good = true;
    size_t piece = 1 + random_below(seed, doc->size < 6000 ? 80 : 90000);
    for (size_t k = 0; good && k < count; k++) {
        way whole = {kernels[k], FED_WHOLE, 0, 0, 0, 0}, cuts = {kernels[k], FED_CUTS, *seed, piece, 0, 0};
        good =
            way_says(doc, s, &whole, &expected, &result, false) && way_says(doc, s, &cuts, &expected, &result, false);
    }
    way pulled = {kernels[random_below(seed, count)], PULLED, *seed, piece, 0, 0};
    way bytes = {kernels[random_below(seed, count)], FED_BYTES, 0, 0, 0, 0};
    if (byte_by_byte)
        good = good && way_says(doc, s, &bytes, &expected, &result, false);
    for (size_t i = 0; good && !byte_by_byte && i < 5; i++) { /* cut near the end, where something stands */
        size_t tail = 1 + random_below(seed, 40);
        way late = {
            kernels[random_below(seed, count)], FED_AT, 0, tail < doc->raw_size ? doc->raw_size - tail : 1, 0, 0};
        good = way_says(doc, s, &late, &expected, &result, false);
    }
    good = good && way_says(doc, s, &pulled, &expected, &result, true);
    for (unsigned threads = 2; good && threads <= 3; threads++) {
        size_t block = 1 + random_below(seed, doc->size < 6000 ? 300 : 90000);
        way many = {kernels[random_below(seed, count)], threads == 2 ? PULLED : FED_CUTS, *seed, piece, threads, block};
        good = way_says(doc, s, &many, &expected, &result, true);
    }
    for (unsigned threads = 0; good && threads <= 2; threads += 2) {
        size_t block = 1 + random_below(seed, doc->size < 6000 ? 300 : 90000);
        way memory = {kernels[random_below(seed, count)], MEMORY, *seed, piece, threads, block};
        good = way_says(doc, s, &memory, &expected, &result, true) && way_counts(doc, s, &memory, &expected);
    }
    good = good && way_counts(doc, s, &pulled, &expected);
    transcript_free(&expected);
    reference_free(&result);
    return good;
}

static setup make_document(uint64_t *seed, size_t least, size_t most, bool small_limits, hr_buffer *text)
{
    setup s = random_setup(seed, small_limits && random_below(seed, 3) > 0);
    random_document(seed, &s, &utf8_ink, least + random_below(seed, most - least), text);
    return s;
}

static bool read_document(const sheet *doc, const setup *s, uint64_t *seed)
{
    return read_all_ways(doc, s, seed, doc->size < 6000);
}

static const document_kind of_csv = {make_document, read_document};

static bool small_documents(uint64_t seed, size_t times)
{
    return document_rounds(&of_csv, seed, FEWER(1500) * times, 0, 200, true);
}

static bool documents_of_some_kilobytes(uint64_t seed, size_t times)
{
    return document_rounds(&of_csv, seed + 1, FEWER(250) * times, 200, 5000, true);
}

static bool documents_across_windows_and_chunks(uint64_t seed, size_t times)
{
    return document_rounds(&of_csv, seed + 2, FEWER(24) * times, 60000, 300000, false);
}

/* Quiet rows with one thing that may be wrong, so that the places where windows and chunks end meet it. */
static void edge_document(uint64_t *seed, const setup *s, size_t window, hr_buffer *out)
{
    static const char *const things[] = {"\"\n\",", "\"\"\"\"", "\r\n",   "\r",         "a\"b",   "\"a\"b", "\xC3",
                                         "é",       "\n\n",     "#x\r\n", "\"x\r\ny\"", "\\\r\n", "\"",     ",,,,"};
    size_t before = window - random_below(seed, 8), long_field = random_below(seed, 3);
    if (s->csv.header)
        REQUIRE(hr_buffer_text(out, "one,two\n"));
    while (out->size + 70 < before && !long_field)
        REQUIRE(hr_buffer_text(out, "some words of a row,and some more of them\n"));
    if (long_field == 2)
        REQUIRE(hr_buffer_text(out, "\""));
    while (out->size < before)
        REQUIRE(hr_buffer_text(out, "x"));
    for (size_t i = 0; i < 4; i++)
        REQUIRE(hr_buffer_text(out, things[random_below(seed, HR_COUNT(things))]));
    REQUIRE(hr_buffer_text(out, random_below(seed, 2) ? "\"\ny,z\nlast,row" : "\ny,z\r\nlast,row\r"));
}

static bool things_at_the_ends_of_windows_chunks_and_limits(uint64_t seed, size_t times)
{
    seed += 3;
    static const size_t edges[] = {65534, 65535, 131068, 262144, 5000, 70000, 64, 128};
    for (size_t round = 0; round < FEWER(400) * times; round++) {
        hr_buffer text = {0};
        setup s = random_setup(&seed, false);
        s.csv.delimiter = ',';
        s.csv.quote = '"';
        size_t edge = edges[random_below(&seed, HR_COUNT(edges))];
        const size_t limits[] = {1u << 20, 1u << 20, edge, edge + 1, 64, 1000, 60000, 70000};
        s.csv.row_bytes = limits[random_below(&seed, HR_COUNT(limits))];
        edge_document(&seed, &s, edge, &text);
        sheet doc = sheet_utf8(text.data, text.size, false);
        bool good = read_all_ways(&doc, &s, &seed, false);
        sheet_free(&doc);
        hr_buffer_free(&text);
        if (!good) {
            fprintf(stderr, "  in round %zu, edge %zu\n", round, edge);
            return false;
        }
    }
    return true;
}

static bool every_cut_in_two_with_every_kernel(uint64_t seed, size_t times)
{
    seed += 4;
    size_t count;
    const char *const *kernels = kernel_names(&count);
    bool good = true;
    for (size_t round = 0; good && round < FEWER(160) * times; round++) {
        hr_buffer text = {0};
        setup s = random_setup(&seed, random_below(&seed, 2));
        s.sample = "64";
        random_document(&seed, &s, &utf8_ink, random_below(&seed, 130), &text);
        sheet doc = sheet_utf8(text.data, text.size, random_below(&seed, 8) == 0);
        way scalar = {"scalar", FED_WHOLE, 0, 0, 0, 0};
        transcript got, expected;
        reference_result result;
        transcript_read(&doc, &s, &scalar, NULL, NULL, &got);
        transcript_expect(&doc, &s, &got, &result, &expected);
        transcript_free(&got);
        for (size_t k = 0; good && k < count; k++) {
            for (size_t cut = 1; good && cut <= doc.raw_size; cut++) {
                way w = {kernels[k], FED_AT, 0, cut, 0, 0};
                good = way_says(&doc, &s, &w, &expected, &result, false);
            }
        }
        transcript_free(&expected);
        reference_free(&result);
        sheet_free(&doc);
        hr_buffer_free(&text);
        if (!good)
            fprintf(stderr, "  in round %zu\n", round);
    }
    return good;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"small_documents", small_documents},
        {"every_cut_in_two_with_every_kernel", every_cut_in_two_with_every_kernel},
        {"documents_of_some_kilobytes", documents_of_some_kilobytes},
        {"things_at_the_ends_of_windows_chunks_and_limits", things_at_the_ends_of_windows_chunks_and_limits},
        {"documents_across_windows_and_chunks", documents_across_windows_and_chunks},
    };
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
