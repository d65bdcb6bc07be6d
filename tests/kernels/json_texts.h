/* json_texts.h: texts for json_checks.h: every one-byte change of some lines, every cut and every place in a block,
 * random records with random damage, clean records. */
#ifndef HR_TESTS_KERNELS_JSON_TEXTS_H
#define HR_TESTS_KERNELS_JSON_TEXTS_H

#include "tests/kernels/json_checks.h"

/* Lines with one of everything. */
static const char *const json_lines[] = {
    "{\"id\":12,\"a\":[-0.5e+7,10,0,{\"id\":null}],\"b\":{\"id\":true,\"a\":[1,{\"id\":false}]},\"long name with spaces\":\"x\"}",
    "{\"\\u0061\":\"\\\\ \\\" \\/ \\b\\f\\n\\r\\t \\u00e9 \\ud83d\\ude00 \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\",\"id\" : \"\"}",
    "[[],{},[[]],{\"a\":{}},\"\",-1.25,1E9,3e-2,true,false,null]",
    " { \"a\" : [ 1 , 2 ] , \"b\" : { } , \"/\" : { \"~\" : \"\\\\\" } } \r",
    "\"a top-level string, \\\\\\\" escaped\"",
    "-120.5e-10",
};
enum { JSON_LINES = sizeof json_lines / sizeof json_lines[0] };

/* Each byte of each line replaced by each other one, dropped, and doubled, between two sound lines. */
CHECK_UNUSED static const char *check_json_changes(const hr_kernels *kernels, size_t step)
{
    json_bench bench = json_bench_new(kernels);
    const char *text = NULL;
    uint8_t data[1024];
    for (size_t l = 0; l < JSON_LINES; l++)
        for (size_t at = 0, size = strlen(json_lines[l]); at < size; at++)
            for (size_t value = 0; value < 258 && text == NULL; value += value < 256 ? step : 1) {
                size_t front = (at * 7 + value) % 67, used = front + 6;
                memset(data, ' ', front);
                memcpy(data + front, "{\"a\":1", 6);
                data[used++] = '}';
                data[used++] = '\n';
                memcpy(data + used, json_lines[l], at);
                used += at;
                if (value != 257)
                    data[used++] = value < 256 ? (uint8_t)value : (uint8_t)json_lines[l][at];
                size_t rest = at + (value != 256);
                memcpy(data + used, json_lines[l] + rest, size - rest);
                used += size - rest;
                memcpy(data + used, "\n{\"id\":\"\\\\\"}\n", 13);
                text = check_json(&bench, value % JSON_PLANS, data, used + 13);
            }
    json_bench_free(&bench);
    return text;
}

/* Each line cut at each byte, with each distance from the start of a block, at the end of what may be read. */
CHECK_UNUSED static const char *check_json_cuts(const hr_kernels *kernels)
{
    json_bench bench = json_bench_new(kernels);
    guarded memory = guarded_new(1024);
    const char *text = NULL;
    for (size_t l = 0; l < JSON_LINES; l++)
        for (size_t cut = 0, size = strlen(json_lines[l]); cut <= size; cut++)
            for (size_t front = 0; front < 130 && text == NULL; front += cut == size ? 1 : 7) {
                uint8_t *data = memory.behind - front - cut;
                memset(data, front % 2 ? ' ' : '\n', front);
                memcpy(data + front, json_lines[l], cut);
                text = check_json(&bench, (cut + front) % JSON_PLANS, data, front + cut);
            }
    guarded_free(&memory);
    json_bench_free(&bench);
    return text;
}

/* Small lines, sound ones and others, with every distance from the start of a block in bytes, and from the start of a
 * chunk in tokens, in front of flat objects. */
CHECK_UNUSED static const char *check_json_places(const hr_kernels *kernels)
{
    static const char *const lines[] = {
        "{\"a\":{}",
        "{\"a\":1}}",
        "{\"a\":1},{\"b\":2}",
        "{\"a\":[1}",
        "{\"a\":{\"id\":1}}",
        "{}{}",
        "{\"a\",1}",
        "[1.2.3]",
        "[-1.25.0]",
        "[1.25]",
        "[01]",
        "[-01.5]",
        "[100.010]",
        "[0]",
        "[1.]",
        "[-]",
        "[.1]",
        "[1e5]",
        "[1e5.5]",
        "[1.5e-05]",
        "[1e+]",
        "[12ee3]",
        "[1-2]",
        "[--1]",
        "[1.-2]",
        "[1\xC3\xA9]",
        "[true,false,null]",
        "[trux]",
        "[falsy]",
        "[nulL]",
        "[truex]",
        "[true1]",
        "[null\"\"]",
        "[t]",
        "tru",
        "\"\\ud834\\udd1e\"",
        "\"\\uD834\\uDD1E\\udd1e\"",
        "\"\\ud834\\\\udd1e\"",
        "\"\\\\ud834\\udd1e\"",
        "\"\\ud8\n\"\\udc00\"", /* halves of two lines, as far from each other as those of one character */
        "\"\\ud834\"\n\"\\udd1e\"",
        "\"\\ud834x\\udd1e\"",
        "\"\\ud834\\u0041\"",
        "\"\\ud83\xC3\xA9\"",
        "\"\\uD8\xE4\xB8\x80\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"\\x\"",
        "\"\\\\\\\\\\\"\"",
        "\"\\",
        "\"\\\"",
        "{\"\\u0061\":7}",
        "{\"\\u0061\" :7,\"id\":\"\\\"\"}",
        "{\"a\" :7}",
        "\"a\tb\"",
        "[\x01]",
        "\"\xE2\x82\"",
        "\"\xE2\x82\xAC\"",
        "\"open",
        "open\"",
        "\\\"",
        "[\"a\"\"b\"]",
    };
    json_bench bench = json_bench_new(kernels);
    const char *text = NULL;
    uint8_t data[512];
    for (size_t l = 0; l < sizeof lines / sizeof lines[0]; l++)
        for (size_t front = 0; front < 280 && text == NULL; front++) {
            size_t used = front / 2, size = strlen(lines[l]);
            memset(data, front % 2 ? ' ' : '\n', used);
            memcpy(data + used, lines[l], size);
            used += size;
            data[used++] = '\n';
            for (size_t n = 0; n < 12; n++, used += 8)
                memcpy(data + used, "{\"a\":1}\n", 8);
            text = check_json(&bench, (front + l) % JSON_PLANS, data, used);
        }
    json_bench_free(&bench);
    return text;
}

/* ---- random records -------------------------------------------------------------------------------------------- */

typedef struct json_random {
    uint64_t seed;
    uint8_t *data;
    size_t used, room;
} json_random;

static inline void put_text(json_random *r, const char *text)
{
    size_t size = strlen(text);
    if (r->used + size > r->room)
        return;
    memcpy(r->data + r->used, text, size);
    r->used += size;
}

static inline const char *json_pick(json_random *r, const char *const *from, size_t count)
{
    return from[random_below(&r->seed, count)];
}
#define PICK(r, from) json_pick(r, from, sizeof(from) / sizeof(from)[0])

static inline void put_string(json_random *r)
{
    static const char *const pieces[] = {"a",
                                         "plain words and so on, ",
                                         "id",
                                         "\\\\",
                                         "\\\"",
                                         "\\u0041",
                                         "\\ud834\\udd1e",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "{",
                                         "]",
                                         ":",
                                         ",",
                                         " ",
                                         "\\/\\n",
                                         "0",
                                         "\x7F"};
    put_text(r, "\"");
    for (size_t n = random_below(&r->seed, random_below(&r->seed, 10) == 0 ? 40 : 4); n > 0; n--)
        put_text(r, PICK(r, pieces));
    put_text(r, "\"");
}

static inline void put_space(json_random *r)
{
    static const char *const spaces[] = {"", "", "", "", "", "", "", " ", "  ", "\t", "\r"};
    put_text(r, PICK(r, spaces));
}

static inline void put_value(json_random *r, unsigned depth);

static inline void put_container(json_random *r, unsigned depth, bool object)
{
    static const char *const names[] = {"\"a\"",   "\"id\"",   "\"b\"",       "\"\\u0061\"",
                                        "\"0\"",   "\"/\"",    "\"~\"",       "\"long name with spaces\"",
                                        "\"abc\"", "\"cbcd\"", "\"i\\u0064\""};
    /* Of one length, with the same beginning, or the same end, or both. */
    static const char *const alike[] = {"\"abcdefgh\"",
                                        "\"abcdefgi\"",
                                        "\"abcdefgh-one\"",
                                        "\"abcdefgh-two\"",
                                        "\"abcdxfgh-one\"",
                                        "\"abcdefgh.middle.Z.end of it\"",
                                        "\"abcdefgh.middle.Y.end of it\""};
    put_text(r, object ? "{" : "[");
    for (size_t count = random_below(&r->seed, 5), n = 0; n < count; n++) {
        put_text(r, n > 0 ? "," : "");
        put_space(r);
        if (object && random_below(&r->seed, 4) == 0)
            put_string(r);
        else if (object && random_below(&r->seed, 4) == 0)
            put_text(r, PICK(r, alike));
        else if (object)
            put_text(r, PICK(r, names));
        if (object) {
            put_space(r);
            put_text(r, ":");
            put_space(r);
        }
        put_value(r, depth + 1);
        put_space(r);
    }
    put_text(r, object ? "}" : "]");
}

static inline void put_value(json_random *r, unsigned depth)
{
    static const char *const scalars[] = {"0",      "-0",
                                          "1",      "42",
                                          "-17.25", "1e5",
                                          "0.1E-7", "9007199254740993",
                                          "true",   "false",
                                          "null",   "1.50",
                                          "100",    "12345678901234567890.5e+300",
                                          "\"\"",   "{}",
                                          "[]"};
    size_t kind = random_below(&r->seed, 10);
    if (kind < 3 && depth < 7)
        put_container(r, depth, kind < 2);
    else if (kind < 6)
        put_string(r);
    else
        put_text(r, PICK(r, scalars));
}

/* Some lines of records; none larger than `room`. */
static inline void put_records(json_random *r)
{
    size_t lines = 1 + random_below(&r->seed, 12);
    r->used = 0;
    while (lines-- > 0) {
        size_t kind = random_below(&r->seed, 12);
        if (kind < 10)
            put_container(r, 0, kind < 9);
        else if (kind == 10)
            put_value(r, 0);
        put_text(r, random_below(&r->seed, 8) == 0 ? "\r\n" : "\n");
    }
    if (random_below(&r->seed, 4) == 0 && r->used > 0)
        r->used--;
}

static inline void damage_records(json_random *r)
{
    static const uint8_t bytes[] = "\"\\{}[]:,\n0-.eE+ tfn\x1F\x80\xFF";
    for (size_t hits = random_below(&r->seed, 4); hits > 0 && r->used > 1; hits--) {
        size_t at = random_below(&r->seed, r->used);
        if (random_below(&r->seed, 3) == 0) {
            memmove(r->data + at, r->data + at + 1, r->used - at - 1);
            r->used--;
        } else {
            r->data[at] = random_below(&r->seed, 5) == 0 ? (uint8_t)random_next(&r->seed)
                                                         : bytes[random_below(&r->seed, sizeof bytes - 1)];
        }
    }
}

CHECK_UNUSED static const char *check_json_random(const hr_kernels *kernels, size_t rounds)
{
    json_bench bench = json_bench_new(kernels);
    guarded memory = guarded_new(1 << 15);
    json_random r = {.seed = 11, .data = malloc(1 << 15), .room = 1 << 15};
    const char *text = r.data == NULL ? "no memory" : NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        put_records(&r);
        damage_records(&r);
        memcpy(memory.behind - r.used, r.data, r.used);
        text = check_json(&bench, round % JSON_PLANS, memory.behind - r.used, r.used);
    }
    free(r.data);
    guarded_free(&memory);
    json_bench_free(&bench);
    return text;
}

/* Many lines, so that stretches end among them, some longer than a stretch or a window can be. */
CHECK_UNUSED static const char *check_json_stretches(const hr_kernels *kernels)
{
    enum { ROOM = 1 << 19 };
    static const size_t longs[] = {16384, 32000, 32767, 32768, 32769, 40000, 65400,
                                   65470, 65471, 65472, 65473, 65536, 130000};
    json_bench bench = json_bench_new(kernels);
    json_random r = {.seed = 23, .data = malloc(ROOM), .room = ROOM};
    uint8_t *all = malloc(ROOM);
    const char *text = r.data == NULL || all == NULL ? "no memory" : NULL;
    for (size_t round = 0; round < sizeof longs / sizeof longs[0] * 3 && text == NULL; round++) {
        size_t used = 0, longer = longs[round / 3];
        while (used < 200000) {
            put_records(&r);
            if (round % 3 == 1)
                damage_records(&r);
            if (r.used > 20000)
                continue;
            memcpy(all + used, r.data, r.used);
            used += r.used;
            if (used > 100000 && longer > 0) {
                used += (size_t)snprintf((char *)all + used, 32, "\n{\"a\":\"");
                memset(all + used, 'x', longer - 10);
                used += longer - 10;
                used += (size_t)snprintf((char *)all + used, 32, "\"}\n");
                longer = 0;
            }
        }
        text = check_json(&bench, round % JSON_PLANS, all, used);
    }
    free(all);
    free(r.data);
    json_bench_free(&bench);
    return text;
}

/* Sound lines are not doubted: else the exact walk would do the work. */
CHECK_UNUSED static const char *check_json_sound_is_not_doubted(const hr_kernels *kernels, size_t rounds)
{
    enum { TOKENS = HR_JSON_WINDOW_MAX + HR_INDEX_SLACK, WORDS = TOKENS / 64 };
    json_random r = {.seed = 5, .data = malloc(1 << 15), .room = 1 << 15};
    uint16_t *entries = malloc(4 * TOKENS * sizeof *entries);
    uint8_t *kinds = malloc(TOKENS);
    uint64_t *words = calloc(2 * WORDS, sizeof *words);
    hr_json_wants wants = {.depth = 60};
    hr_json_index index = {
        kinds, entries, entries + TOKENS, entries + 2 * TOKENS, entries + 3 * TOKENS, words, words + WORDS, 0, 0, 0};
    const char *text = r.data == NULL || entries == NULL || kinds == NULL || words == NULL ? "no memory" : NULL;
    for (size_t round = 0; round < rounds && text == NULL && strcmp(kernels->name, "scalar") != 0; round++) {
        put_records(&r);
        if (r.used == 0)
            continue;
        kernels->json_index(&wants, r.data, r.used, &index);
        for (uint32_t l = 0; l < index.lines && text == NULL; l++)
            if (index.doubted[l / 64] >> (l % 64) & 1)
                text = failed("%s: sound line %u is doubted: %s", kernels->name, l, shown(r.data, r.used));
        memset(words, 0, 2 * WORDS * sizeof *words);
    }
    free(words);
    free(kinds);
    free(entries);
    free(r.data);
    return text;
}

#endif
