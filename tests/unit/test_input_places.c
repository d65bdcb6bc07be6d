/* test_input_places.c: the way from a text back to the bytes it came from, and resuming there. */
#include "tests/unit/input_readings.h"

TestSuite(input_places, .fini = scratch_free);

/* A map from each character boundary of the text to its raw offset, made character by character. */
static uint64_t *naive_map(bytes text, const char *converter, uint64_t shift)
{
    uint64_t *map = scratch((text.size + 1) * sizeof *map), raw = shift;
    memset(map, 0xFF, (text.size + 1) * sizeof *map);
    for (size_t at = 0; at < text.size; at += character(text.data + at)) {
        map[at] = raw;
        raw += convert((bytes){text.data + at, character(text.data + at)}, converter).size;
    }
    map[text.size] = raw;
    return map;
}

static void check_raw(hr_input *input, bytes stored, uint64_t from, uint64_t to)
{
    const uint8_t *data = NULL;
    hr_error err;
    cr_assert_eq(hr_input_raw(input, from, to, &data, &err), HR_OK, "%s", err.text);
    cr_assert(!memcmp(data, stored.data + from, to - from));
}

/* Reads all, releasing what is `keep` bytes behind, and asks for every boundary on the way and, what is kept, again. */
static void check_locate(bytes text, bytes stored, const uint64_t *map, size_t room, size_t keep,
                         const hr_input_options *options)
{
    memory_stream memory = {.data = stored, .most = 1 + room * 2};
    hr_input *input = open_memory(&memory, options);
    uint8_t *block = malloc(room);
    uint64_t raw = 0, end = 0, before = 0;
    size_t got;
    while (hr_input_read(input, block, room, &got, NULL) == HR_OK) {
        for (uint64_t at = end; at <= end + got; at++)
            if (map[at] != UINT64_MAX) {
                cr_assert_eq(hr_input_locate(input, at, &raw, NULL), HR_OK);
                cr_assert_eq(raw, map[at], "text %zu is raw %zu, not %zu", (size_t)at, (size_t)map[at], (size_t)raw);
            }
        end += got;
        for (uint64_t at = end; at + keep >= end && at >= before; at -= at ? 5 : 1) {
            if (map[at] != UINT64_MAX) {
                cr_assert_eq(hr_input_locate(input, at, &raw, NULL), HR_OK);
                cr_assert_eq(raw, map[at]);
                if (!hr_input_identity(input) && at >= hr_input_turn(input))
                    check_raw(input, stored, raw, map[end]);
            }
            if (at < 5)
                break;
        }
        if (end > keep) {
            before = end - keep;
            hr_input_release(input, before);
        }
    }
    cr_assert_eq(end, text.size);
    free(block);
    hr_input_close(input);
}

Test(input_places, every_character_is_found_again_in_the_raw_bytes)
{
    for (size_t i = 0; i < HR_COUNT(kinds); i++) {
        bytes text = repeat(kinds[i].text, 300), stored = convert(text, kinds[i].converter);
        uint64_t *map = naive_map(text, kinds[i].converter, 0);
        hr_input_options options = {.encoding = kinds[i].name};
        check_locate(text, stored, map, 64, 0, &options);
        check_locate(text, stored, map, 700, 300, &options);
        check_locate(text, stored, map, 5000, 9000, &options);
    }
}

Test(input_places, the_way_back_reaches_over_the_place_of_a_late_decision)
{
    bytes utf8, stored = late(150, "1,Zoé Müller à l’hôtel,12 €\n", 50, &utf8, "CP1252");
    uint64_t *map = naive_map(utf8, "CP1252", 0);
    hr_input_options options = {.sample = 512};
    check_locate(utf8, stored, map, 64, 100000, &options);
    check_locate(utf8, stored, map, 4096, 500, &options);
    /* What stands before the decision is kept also when it is all there is. */
    bytes few = text_bytes("id,nom\n1,Zoé – “x”\n2,é\n"), few_stored = convert(few, "CP1252");
    check_locate(few, few_stored, naive_map(few, "CP1252", 0), 64, 1000, &(hr_input_options){.sample = 6});
    memory_stream memory = {.data = stored};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[4096];
    size_t got, first = 0;
    cr_assert_eq(hr_input_turn(input), HR_UNKNOWN);
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
        continue;
    while (stored.data[first] < 0x80)
        first++;
    cr_assert_eq(hr_input_turn(input), first - 1024);
    const uint8_t *data = NULL;
    cr_assert_eq(hr_input_raw(input, first - 1025, first, &data, NULL), HR_E_STATE);
    check_raw(input, stored, first - 1024, first + 10);
    hr_input_close(input);
}

Test(input_places, places_that_are_none_are_refused)
{
    bytes text = repeat("aé\n", 5000), stored = convert(text, "CP1252");
    memory_stream memory = {.data = stored};
    hr_input_options options = {.encoding = "windows-1252"};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[15000];
    size_t got;
    uint64_t raw = 5;
    const uint8_t *data;
    for (size_t end = 0; end < 10000; end += got)
        cr_assert_eq(hr_input_read(input, room, sizeof room, &got, NULL), HR_OK);
    cr_assert_eq(hr_input_locate(input, 2, &raw, NULL), HR_E_INVALID);
    cr_assert_eq(hr_input_locate(input, 100000, &raw, NULL), HR_E_INVALID);
    cr_assert_eq(raw, 5);
    cr_assert_eq(hr_input_raw(input, 5, 100000, &data, NULL), HR_E_STATE);
    cr_assert_eq(hr_input_raw(input, 6, 5, &data, NULL), HR_E_STATE);
    hr_input_release(input, 10000);
    cr_assert_eq(hr_input_locate(input, 0, &raw, NULL), HR_E_INVALID);
    hr_input_close(input);
}

/* Memory is bounded by what is not released: a long input leaves the input small. */
Test(input_places, released_bytes_are_forgotten)
{
    bytes text = repeat("1,Zoé Müller à l’hôtel,12 €\n", 40000), stored = convert(text, "CP1252");
    memory_stream memory = {.data = stored};
    hr_input_options options = {.encoding = "windows-1252"};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[30000];
    size_t got;
    uint64_t end = 0, raw;
    const uint8_t *data;
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK) {
        cr_assert(!memcmp(room, text.data + end, got));
        end += got;
        hr_input_release(input, end);
    }
    cr_assert_eq(hr_input_locate(input, end, &raw, NULL), HR_OK);
    cr_assert_eq(raw, stored.size);
    cr_assert_eq(hr_input_raw(input, raw - 300000, raw, &data, NULL), HR_E_STATE);
    hr_input_close(input);
}

/* Escape sequences give bytes their meaning: lines can be found, and lead back to their own escape sequences. */
Test(input_places, lines_of_a_modal_encoding_are_found_again)
{
    bytes text = repeat("id,名前\n日本語,テキスト\nplain\n", 40), stored = convert(text, "ISO-2022-JP");
    hr_input_options options = {.encoding = "iso-2022-jp"};
    expect(stored, &options, text, HR_END, "iso-2022-jp");
    memory_stream memory = {.data = stored, .most = 50};
    hr_input *input = open_memory(&memory, &options);
    uint8_t room[100];
    size_t got;
    uint64_t end = 0, raw, lines = 0;
    while (hr_input_read(input, room, sizeof room, &got, NULL) == HR_OK)
        for (size_t i = 0; i < got; i++, end++) {
            if (room[i] != '\n')
                continue;
            lines++;
            cr_assert_eq(hr_input_locate(input, end + 1, &raw, NULL), HR_OK);
            uint64_t newlines = 0;
            for (uint64_t k = 0; k < raw; k++)
                newlines += stored.data[k] == '\n';
            cr_assert(newlines == lines && stored.data[raw - 1] == '\n');
            hr_input_release(input, end + 1);
        }
    cr_assert_eq(lines, 120);
    hr_input_close(input);
}

/* ---- resuming ---------------------------------------------------------------------------------------------- */

static void check_resume(bytes text, bytes stored, const uint64_t *map, const hr_input_options *base,
                         const char *encoding, size_t step)
{
    for (size_t at = 1; at <= text.size; at++) {
        if (map[at] == UINT64_MAX || (at % step && at + 3 < text.size))
            continue;
        hr_input_options options = *base;
        options.start_raw = map[at];
        options.start_text = at;
        options.start_encoding = encoding;
        bytes tail = {text.data + at, text.size - at};
        compare(read_stream(stored, at, at % 30, 64 + at % 100, &options), tail, HR_END, NULL, at, 0);
        compare(read_fed(stored, at / 2 % stored.size, 64 + at % 100, &options), tail, HR_END, NULL, at, 0);
    }
}

Test(input_places, resuming_at_any_character_gives_the_rest)
{
    for (size_t i = 0; i < HR_COUNT(kinds); i++) {
        bytes text = repeat(kinds[i].text, 6), stored = convert(text, kinds[i].converter);
        uint64_t *map = naive_map(text, kinds[i].converter, 0);
        check_resume(text, stored, map, &(hr_input_options){0}, kinds[i].name, 1);
        check_resume(text, stored, map, &(hr_input_options){.encoding = kinds[i].name}, NULL, 1);
    }
    bytes text = repeat("id,名前\nb,日本語,テ\n", 6), marked = join(text_bytes("\xEF\xBB\xBF"), text.data, text.size);
    check_resume(text, marked, naive_map(text, "UTF-8", 3), &(hr_input_options){0}, "utf-8", 1);
    bytes wide = convert(text, "UTF-16LE"), marked_wide = join(text_bytes("\xFF\xFE"), wide.data, wide.size);
    check_resume(text, marked_wide, naive_map(text, "UTF-16LE", 2), &(hr_input_options){0}, "utf-16le", 1);
    bytes packed = gzip(marked.data, marked.size, 6, Z_DEFAULT_STRATEGY, false);
    check_resume(text, packed, naive_map(text, "UTF-8", 3), &(hr_input_options){0}, "utf-8", 1);
}

Test(input_places, resuming_while_undecided_decides_as_if_never_stopped)
{
    hr_input_options options = {.sample = 256};
    bytes utf8, stored = late(60, "1,Zoé Müller à l’hôtel,12 €\n", 20, &utf8, "CP1252");
    check_resume(utf8, stored, naive_map(utf8, "CP1252", 0), &options, "ascii", 23);
    check_resume(utf8, stored, naive_map(utf8, "CP1252", 0), &options, "windows-1252", 3);
    stored = late(60, "1,日本語のテキストはここにあります。これは名前です\n", 20, &utf8, "CP932");
    check_resume(utf8, stored, naive_map(utf8, "CP932", 0), &options, "ascii", 61);
    bytes plain = some_rows(40);
    check_resume(plain, plain, naive_map(plain, "UTF-8", 0), &options, "ascii", 3);
}

Test(input_places, resuming_a_modal_encoding_knows_its_mode)
{
    bytes text = repeat("日本語,テキスト\nplain\n", 10), stored = convert(text, "ISO-2022-JP");
    for (size_t at = 1; at < text.size; at++) {
        if ((text.data[at] & 0xC0) == 0x80)
            continue;
        hr_input_options options = {.start_raw = 1, .start_text = at, .start_encoding = "iso-2022-jp"};
        compare(read_stream(stored, 0, 10, 70, &options), (bytes){text.data + at, text.size - at}, HR_END,
                "iso-2022-jp", at, 70);
    }
}

Test(input_places, resuming_what_has_become_shorter_is_an_error)
{
    bytes rows = some_rows(3);
    static const char *const names[] = {"ascii", "utf-8", "windows-1252", "iso-2022-jp"};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        hr_input_options options = {
            .start_raw = rows.size + 1, .start_text = rows.size + 1, .start_encoding = names[i]};
        expect(rows, &options, text_bytes(""), HR_E_CHANGED, NULL);
        options.start_raw = options.start_text = rows.size;
        expect(rows, &options, text_bytes(""), HR_END, NULL);
    }
}
