/* cuts_checks.h: csv_cuts of any table against the exact lexer. */
#ifndef HR_TESTS_KERNELS_CUTS_CHECKS_H
#define HR_TESTS_KERNELS_CUTS_CHECKS_H

#include "tests/kernels/csv_checks.h"

enum { MOST_COLUMNS = 200, CUT_SIZE = 64 };

/* Some of the places between `columns` columns: all, or a few. */
static inline hr_csv_cuts cuts_of(uint64_t *seed, uint32_t columns, uint32_t *at)
{
    hr_csv_cuts cuts = {.columns = columns, .at = at};
    uint64_t share = random_below(seed, 4);
    for (uint32_t i = 1; i < columns; i++)
        if (share == 3 || random_below(seed, 4) < share || random_below(seed, columns) == 0)
            at[cuts.count++] = i;
    hr_csv_cuts_set(&cuts);
    return cuts;
}

/* How many records at the beginning have so many fields, by the exact lexer, none of them marked. */
static inline uint32_t records_alike(const lexed *exact, uint32_t columns)
{
    uint32_t rows = 0, first = 0;
    for (; rows < exact->index.row_count && exact->row_ends[rows] - first == columns; rows++)
        first = exact->row_ends[rows];
    if (exact->mark_count > 0 && exact->marks[0].row < rows)
        rows = exact->marks[0].row;
    return rows;
}

static inline bool holds(const uint8_t *data, size_t size, int byte)
{
    return byte >= 0 && size > 0 && memchr(data, byte, size) != NULL;
}

static inline const char *compare_cuts(const csv_case *given, const hr_csv_cuts *cuts, const uint16_t *begins,
                                       uint32_t rows, const hr_csv_cuts_found *found, const lexed *exact)
{
    const hr_csv_index *index = &exact->index;
    uint32_t most = records_alike(exact, cuts->columns);
    size_t per = cuts->count + 1;
    if (rows > most || found->size > given->size)
        return failed("%u rows in %zu, not %u at most in %zu", rows, found->size, most, given->size);
    if (begins[0] != 0)
        return failed("begins at %u", begins[0]);
    for (uint32_t row = 0; row < rows; row++)
        for (size_t i = 0; i < per; i++) {
            uint32_t place = i < cuts->count ? cuts->at[i] : cuts->columns;
            uint16_t is = begins[1 + row * per + i], should = index->begins[row * cuts->columns + place];
            if (is != should)
                return failed("place %u of row %u is %u, not %u", place, row, is, should);
        }
    /* What is amiss costs no more than the rows that end in its block, or in what is looked at together. */
    if (found->size == given->size && rows < most &&
        index->begins[(rows + 1) * cuts->columns] + CUT_SIZE < index->begins[most * cuts->columns])
        return failed("%u rows, not %u", rows, most);
    if (found->alike != (found->size == given->size && most == index->row_count &&
                         index->begin_count - 1 - (size_t)most * cuts->columns < cuts->columns))
        return failed("alike is %d with %u of %u rows", found->alike, most, index->row_count);
    if (found->cr != holds(given->data, found->size, '\r') ||
        found->quotes != holds(given->data, found->size, given->syntax.quote))
        return failed("cr %d, quotes %d in %zu", found->cr, found->quotes, found->size);
    const size_t used = begins[(size_t)rows * per];
    const bool utf8 = hr_kernels_get("scalar")->utf8_valid(given->data, used) == used;
    if (found->utf8 ? !utf8 : hr_kernels_get("scalar")->utf8_valid(given->data, given->size) == given->size)
        return failed("utf8 is %d in %zu", found->utf8, used);
    if (found->size == given->size && !found->cr && found->kept_newlines != index->kept_newlines)
        return failed("%u kept newlines, not %u", found->kept_newlines, index->kept_newlines);
    return NULL;
}

/* csv_cuts of one text; `begins` has ENTRIES, `exact` is for scratch. */
static inline const char *check_cuts_of(const hr_kernels *kernels, const csv_case *given, const hr_csv_cuts *cuts,
                                        lexed *exact, uint16_t *begins)
{
    hr_csv_cuts_found found;
    size_t known = given->size + 2 * HR_INDEX_SLACK < ENTRIES ? given->size + 2 * HR_INDEX_SLACK : ENTRIES;
    lex_exactly(given, exact);
    for (size_t i = 0; i < known; i++)
        begins[i] = CANARY;
    uint32_t rows = kernels->csv_cuts(&given->syntax, cuts, given->data, given->size, begins, &found);
    const char *text = compare_cuts(given, cuts, begins, rows, &found, exact);
    for (size_t i = exact->index.begin_count + HR_INDEX_SLACK; text == NULL && i < known; i++)
        if (begins[i] != CANARY)
            text = failed("wrote behind the slack");
    if (text == NULL)
        return NULL;
    char reason[256];
    snprintf(reason, sizeof reason, "%s", text);
    return failed("%s: %s (%u columns, %u cuts, strays %d): %s", kernels->name, reason, cuts->columns, cuts->count,
                  given->syntax.strays, shown(given->data, given->size));
}

/* Records of some number of fields that a writer wrote, then perhaps something that is unlike them. */
static inline void fill_alike(uint64_t *seed, uint32_t columns, uint8_t *data, size_t size)
{
    static const char *const fields[] = {
        "x",    "",         "town", "12.50", "\"a,b\"", "\"a\"\"b\"", "\"l\nm\"", "\xC3\xA9", "2024-01-01 00:00:00",
        "\"\"", "12\" pipe"};
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    size_t few = 1 + random_below(seed, sizeof fields / sizeof fields[0]), i = 0;
    const char *end = ends[random_below(seed, 8) < 6 ? 0 : random_below(seed, 3)];
    for (uint32_t column = 0; i < size;) {
        const char *field = fields[random_below(seed, few)];
        column = column + 1 < columns ? column + 1 : 0;
        const char *behind = column ? "," : end, *parts[2] = {field, behind};
        for (size_t k = 0; k < 2; k++)
            for (const char *p = parts[k]; *p && i < size; p++)
                data[i++] = (uint8_t)*p;
    }
}

/* Now and then characters, or parts of them, most of these where blocks meet. */
static inline void poke_high(uint64_t *seed, uint8_t *data, size_t size)
{
    static const uint8_t bytes[] = {0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 'x'};
    for (size_t i = random_below(seed, 3) * random_below(seed, 10); i > 0; i--) {
        size_t at = random_below(seed, size + 1), first = random_below(seed, 3) * 2;
        at = i % 4 ? at / CUT_SIZE * CUT_SIZE + 61 + i % 4 : at;
        for (size_t k = 0, run = 1 + random_below(seed, 3); k < run && at + k < size; k++)
            data[at + k] = bytes[first + k];
    }
}

CHECK_UNUSED static const char *check_cuts(const hr_kernels *kernels, size_t rounds)
{
    static const uint32_t widths[] = {2, 3, 7, 19, 63, 64, 65, 66, 150};
    if (kernels->csv_cuts == NULL)
        return NULL;
    lexed exact = lexed_new();
    uint16_t *begins = malloc(ENTRIES * sizeof *begins);
    uint32_t at[MOST_COLUMNS];
    guarded memory = guarded_new(HR_WINDOW_MAX + 4096);
    uint64_t seed = 11;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        size_t size = random_below(&seed, round % 16 ? 700 : round % 64 ? 13000 : HR_WINDOW_MAX + 1);
        uint8_t *data = random_below(&seed, 8) ? memory.behind - size : memory.first;
        uint32_t columns = widths[random_below(&seed, sizeof widths / sizeof widths[0])];
        fill_alike(&seed, columns, data, size);
        if (random_below(&seed, 3) == 0)
            poke(&seed, data, 0, size);
        poke_high(&seed, data, size);
        csv_case given = {{',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, random_below(&seed, 2) == 0},
                          HR_CSV_RECORD_START,
                          data,
                          0,
                          size};
        hr_csv_cuts cuts = cuts_of(&seed, columns, at);
        text = check_cuts_of(kernels, &given, &cuts, &exact, begins);
    }
    guarded_free(&memory);
    free(begins);
    lexed_free(&exact);
    return text;
}

#endif
