/* test_encodings.c: in whatever encoding an input is, its rows are those of its text, and offsets and raw bytes are
 * those of the input. */
#include "tests/property/promise.h"
#include "tests/property/ways.h"

/* Whole, in pieces with every kernel, and pulled with resuming at the ends of batches. */
static bool read_ways(const sheet *doc, const setup *s, uint64_t *seed, const char *encoding)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    way w = {"scalar", FED_WHOLE, 0, 0, 0, 0};
    transcript got, expected;
    reference_result result;
    transcript_read(doc, s, &w, NULL, NULL, &got);
    transcript_expect(doc, s, &got, &result, &expected);
    bool good = !encoding || !strcmp(got.encoding, encoding);
    if (!good)
        fprintf(stderr, "read as %s, not %s\n", got.encoding, encoding);
    transcript_free(&got);
    good = good && way_says(doc, s, &w, &expected, &result, false);
    size_t piece = 1 + random_below(seed, doc->size < 6000 ? 100 : 90000);
    for (size_t k = 0; good && k < count; k++) {
        way cut = {kernels[k], FED_CUTS, *seed, piece, 0, 0};
        good = way_says(doc, s, &cut, &expected, &result, false);
    }
    way bytes = {kernels[random_below(seed, count)], FED_BYTES, 0, 0, 0, 0};
    way pulled = {kernels[random_below(seed, count)], PULLED, *seed, piece, 0, 0};
    good = good && (doc->size > 3000 || way_says(doc, s, &bytes, &expected, &result, false)) &&
           way_says(doc, s, &pulled, &expected, &result, !result.failure);
    way memory = {kernels[random_below(seed, count)], MEMORY, 0, piece, 0, 0};
    good = good && way_says(doc, s, &memory, &expected, &result, !result.failure);
    transcript_free(&expected);
    reference_free(&result);
    return good;
}

static bool encoded_documents(uint64_t seed, size_t rounds, size_t least, size_t most)
{
    for (size_t round = 0; round < rounds; round++) {
        for (code c = 0; c < CODE_COUNT; c++) {
            hr_buffer text = {0};
            setup s = random_setup(&seed, most < 10000 && random_below(&seed, 2));
            s.encoding = code_name(c);
            random_document(&seed, &s, code_ink(c), least + random_below(&seed, most - least), &text);
            sheet doc = sheet_encoded(text.data, text.size, c, random_below(&seed, 2));
            bool good = read_ways(&doc, &s, &seed, code_name(c));
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

static bool encoded_documents_say_what_their_text_says(uint64_t seed, size_t times)
{
    return encoded_documents(seed, FEWER(250) * times, 0, 2000);
}

static bool large_encoded_documents_say_what_their_text_says(uint64_t seed, size_t times)
{
    return encoded_documents(seed + 1, FEWER(5) * times, 60000, 300000);
}

/* ---- an encoding that shows late ------------------------------------------------------------------------------------
 */

/* ASCII rows up to `size` bytes. */
static void put_plain(hr_buffer *out, size_t size)
{
    REQUIRE(hr_buffer_text(out, "name,street,town\n"));
    while (out->size < size)
        REQUIRE(hr_buffer_text(out, "Mueller,Hauptstrasse 12,Muenchen\n"));
}

static const char *const western_rows =
    "Müller,Königstraße 3,Köln\nLefèvre,\"rue de l'église, 4\",Orléans\nGarcía,Plaza España 1,Cádiz\n"
    "Groß,Mühlgäßchen 7,Düren\nDupré,avenue du maréchal 5,Besançon\n";
static const char *const japanese_rows = "山田,日本橋一丁目,東京都\n鈴木,本町二丁目三番,大阪府\n表,新宿区西新宿,東京\n";

static sheet late_sheet(const hr_buffer *text)
{
    static const struct {
        const char *text, *raw;
    } pairs[] = {{"ü", "\xFC"},      {"ö", "\xF6"},      {"ß", "\xDF"},      {"è", "\xE8"},      {"é", "\xE9"},
                 {"í", "\xED"},      {"ñ", "\xF1"},      {"á", "\xE1"},      {"ä", "\xE4"},      {"ç", "\xE7"},
                 {"山", "\x8E\x52"}, {"田", "\x93\x63"}, {"日", "\x93\xFA"}, {"本", "\x96\x7B"}, {"橋", "\x8B\xB4"},
                 {"一", "\x88\xEA"}, {"丁", "\x92\x9A"}, {"目", "\x96\xDA"}, {"東", "\x93\x8C"}, {"京", "\x8B\x9E"},
                 {"都", "\x93\x73"}, {"鈴", "\x97\xE9"}, {"木", "\x96\xD8"}, {"町", "\x92\xAC"}, {"二", "\x93\xF1"},
                 {"三", "\x8E\x4F"}, {"番", "\x94\xD4"}, {"大", "\x91\xE5"}, {"阪", "\x8D\xE3"}, {"府", "\x95\x7B"},
                 {"表", "\x95\x5C"}, {"新", "\x90\x56"}, {"宿", "\x8F\x68"}, {"区", "\x8B\xE6"}, {"西", "\x90\xBC"}};
    sheet made = sheet_utf8(text->data, text->size, false);
    uint8_t *raw = (uint8_t *)(uintptr_t)made.raw;
    size_t *raw_of = malloc((made.size + 1) * sizeof *raw_of), to = 0;
    REQUIRE(raw_of);
    for (size_t at = 0; at < made.size;) {
        const char *with = NULL;
        size_t used = 1;
        for (size_t i = 0; made.text[at] >= 0x80 && i < HR_COUNT(pairs); i++) {
            size_t length = strlen(pairs[i].text);
            if (length <= made.size - at && !memcmp(pairs[i].text, made.text + at, length)) {
                with = pairs[i].raw;
                used = length;
            }
        }
        REQUIRE(with || made.text[at] < 0x80);
        for (size_t i = 0; i < used; i++)
            raw_of[at + i] = to;
        for (size_t i = 0; with && with[i]; i++)
            raw[to++] = (uint8_t)with[i];
        if (!with)
            raw[to++] = made.text[at];
        at += used;
    }
    raw_of[made.size] = to;
    made.raw_of = raw_of;
    made.raw_size = to;
    return made;
}

/* A record that is rejected, begins `before` bytes before the first byte that is not ASCII, and contains it. */
static void put_damaged(hr_buffer *out, size_t before, const char *rows, bool quoted)
{
    REQUIRE(hr_buffer_text(out, quoted ? "x,\"" : "x,"));
    for (size_t i = 0; i < before; i++)
        REQUIRE(hr_buffer_text(out, "y"));
    REQUIRE(hr_buffer_add(out, rows, strcspn(rows, "\n")));
    REQUIRE(hr_buffer_text(out, quoted ? "\"z,w\n" : ",a,b,c,d\n"));
}

static bool late(uint64_t *seed, size_t plain, size_t before, bool japanese, bool quoted, size_t row_bytes)
{
    setup s = {.csv = {',', '"', -1, -1, true, 0, 0, false, false, false, false, NULL, row_bytes, 1000, 0},
               .offsets = true};
    const char *rows = japanese ? japanese_rows : western_rows;
    hr_buffer text = {0};
    put_plain(&text, plain);
    put_damaged(&text, before, rows, quoted);
    for (size_t i = 0; i < 60; i++)
        REQUIRE(hr_buffer_text(&text, rows));
    sheet doc = late_sheet(&text);
    bool good = read_ways(&doc, &s, seed, japanese ? "shift_jis" : "windows-1252");
    if (!good)
        fprintf(stderr, "  %zu plain bytes, first other one %zu bytes behind the start of its record\n", text.size,
                before);
    sheet_free(&doc);
    hr_buffer_free(&text);
    return good;
}

static bool raw_bytes_are_exact_where_an_encoding_shows_late(uint64_t seed, size_t times)
{
    (void)times;
    static const size_t before[] = {0, 500, 1023, 1024, 1025, 3000, 70000};
    for (size_t i = 0; i < HR_COUNT(before); i++)
        for (int kind = 0; kind < 4; kind += FEWER(8) < 8 ? 3 : 1)
            if (!late(&seed, i % 2 ? 300000 : 600000, before[i], kind & 1, kind & 2, 16u << 20))
                return false;
    return true;
}

static bool records_over_the_limit_are_kept_up_to_it_where_an_encoding_shows_late(uint64_t seed, size_t times)
{
    (void)times;
    static const size_t limits[] = {100, 4000, 5001, 5002, 5003, 66000};
    for (size_t i = 0; i < HR_COUNT(limits); i++)
        for (int kind = 0; kind < 4; kind += FEWER(8) < 8 ? 3 : 1)
            if (!late(&seed, 300000, 5000, kind & 1, kind & 2, limits[i]))
                return false;
    return true;
}

/* Text and raw bytes made side by side. */
typedef struct pairing {
    hr_buffer text, raw, raw_of;
} pairing;

static void put_both(pairing *p, const char *text, bool western)
{
    for (; *text; text++) {
        size_t at = p->raw.size;
        REQUIRE(hr_buffer_add(&p->raw_of, &at, sizeof at) && hr_buffer_add(&p->text, text, 1));
        if (western && (uint8_t)*text == 0xC3) { /* é and its like, to whose second byte 0x40 is added */
            uint8_t one = (uint8_t)((uint8_t)text[1] + 0x40);
            text++;
            REQUIRE(hr_buffer_add(&p->raw_of, &at, sizeof at) && hr_buffer_add(&p->text, text, 1));
            REQUIRE(hr_buffer_add(&p->raw, &one, 1));
        } else {
            REQUIRE(hr_buffer_add(&p->raw, text, 1));
        }
    }
}

/* Rows of UTF-8 and rows of windows-1252 in one input; some of them longer than a window. */
static bool mixed(uint64_t *seed, size_t rows)
{
    setup s = {.csv = {';', '"', -1, '#', true, 0, 0, true, true, false, true, NULL, 16u << 20, 1000, 0},
               .offsets = true,
               .encoding = "utf-8",
               .fallback = "windows-1252"};
    pairing p = {0};
    put_both(&p, "a;b\n", false);
    for (size_t i = 0; i < rows; i++) {
        bool western = random_below(seed, 2), quoted = random_below(seed, 2);
        if (random_below(seed, 20) == 0)
            put_both(&p, "# a comment\n\n", false);
        put_both(&p, quoted ? "\"é;\"\"\r\n" : "é", western);
        for (size_t more = random_below(seed, 60) ? random_below(seed, 30) : 20000 + random_below(seed, 60000); more;
             more--)
            put_both(&p, "yé", western);
        put_both(&p, quoted ? "\";x" : ";x;too many", western);
        if (i + 1 < rows || random_below(seed, 2))
            put_both(&p, random_below(seed, 2) ? "\n" : "\r\n", false);
    }
    size_t end = p.raw.size;
    REQUIRE(hr_buffer_add(&p.raw_of, &end, sizeof end));
    sheet doc = {p.text.data, p.text.size, p.raw.data, p.raw.size, (const size_t *)(const void *)p.raw_of.data, 0};
    bool good = read_ways(&doc, &s, seed, "utf-8");
    hr_buffer_free(&p.text);
    hr_buffer_free(&p.raw);
    hr_buffer_free(&p.raw_of);
    return good;
}

static bool rows_of_another_encoding_are_decoded_one_by_one(uint64_t seed, size_t times)
{
    for (size_t round = 0; round < FEWER(40) * times; round++)
        if (!mixed(&seed, 1 + random_below(&seed, 60)))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"encoded_documents_say_what_their_text_says", encoded_documents_say_what_their_text_says},
        {"large_encoded_documents_say_what_their_text_says", large_encoded_documents_say_what_their_text_says},
        {"raw_bytes_are_exact_where_an_encoding_shows_late", raw_bytes_are_exact_where_an_encoding_shows_late},
        {"records_over_the_limit_are_kept_up_to_it_where_an_encoding_shows_late",
         records_over_the_limit_are_kept_up_to_it_where_an_encoding_shows_late},
        {"rows_of_another_encoding_are_decoded_one_by_one", rows_of_another_encoding_are_decoded_one_by_one},
    };
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
