/* csv_checks.h: csv_index and csv_count of any table against the exact lexer. */
#ifndef HR_TESTS_KERNELS_CSV_CHECKS_H
#define HR_TESTS_KERNELS_CSV_CHECKS_H

#include "tests/kernels/support.h"

enum { ENTRIES = HR_WINDOW_MAX + 2 + HR_INDEX_SLACK, MARKS = 70000, CANARY = 0xA5A5, STRETCH = 64 };

/* Everything that lexing a window gives. */
typedef struct lexed {
    uint16_t *begins, *row_ends;
    hr_csv_mark *marks;
    hr_csv_index index;
    size_t mark_count;
    hr_csv_state state;
} lexed;

static inline lexed lexed_new(void)
{
    lexed result = {.begins = malloc(ENTRIES * sizeof(uint16_t)),
                    .row_ends = malloc(ENTRIES * sizeof(uint16_t)),
                    .marks = malloc(MARKS * sizeof(hr_csv_mark))};
    if (result.begins == NULL || result.row_ends == NULL || result.marks == NULL)
        abort();
    return result;
}

static inline void lexed_free(lexed *result)
{
    free(result->begins);
    free(result->row_ends);
    free(result->marks);
}

static inline void lexed_reset(lexed *result, hr_csv_state state, size_t size)
{
    /* As far as a window of this size can reach, with the slack and something behind it. */
    size_t reach = size + 2 + 2 * HR_INDEX_SLACK < ENTRIES ? size + 2 + 2 * HR_INDEX_SLACK : ENTRIES;
    for (size_t i = 0; i < reach; i++)
        result->begins[i] = result->row_ends[i] = CANARY;
    result->begins[0] = 0;
    result->index = (hr_csv_index){result->begins, result->row_ends, 1, 0, false, false};
    result->mark_count = 0;
    result->state = state;
}

/* A window, a dialect and a state to begin in. */
typedef struct csv_case {
    hr_csv_syntax syntax;
    hr_csv_state state;
    const uint8_t *data;
    size_t from, size;
} csv_case;

static inline void lex_exactly(const csv_case *given, lexed *out)
{
    uint32_t record_marks = 0;
    lexed_reset(out, given->state, given->size);
    hr_csv_index_exact(&given->syntax, &out->state, given->data, given->from, given->size, given->size, &out->index,
                       &record_marks, out->marks, MARKS, &out->mark_count);
}

/* The state in front of data[at], by the exact lexer, which cannot be stopped there: it is given nothing more. */
static inline hr_csv_state state_in_front_of(const csv_case *given, size_t at, lexed *scratch)
{
    csv_case part = *given;
    part.size = at;
    if (at > given->from && at < given->size && given->data[at - 1] == '\r' && given->data[at] == '\n')
        part.size--; /* it would take the CR for a newline; the first half of a CRLF moves no state */
    lex_exactly(&part, scratch);
    return scratch->state;
}

/* Vector kernels stop in front of a block. */
static inline bool may_stop_at(const hr_kernels *kernels, size_t before, size_t at, size_t size)
{
    bool anywhere = at == size || strcmp(kernels->name, "scalar") == 0;
    return at >= before && at <= size && (anywhere || (at - before) % STRETCH == 0);
}

/* As a reader does it: the vector kernel, and where it stops the exact lexer for a stretch. */
static inline const char *lex_mixed(const hr_kernels *kernels, const csv_case *given, lexed *out, lexed *scratch)
{
    uint32_t record_marks = 0;
    lexed_reset(out, given->state, given->size);
    size_t i = given->from;
    while (i < given->size) {
        size_t before = i;
        uint32_t rows = out->index.row_count;
        i = kernels->csv_index(&given->syntax, &out->state, given->data, i, given->size, &out->index);
        if (!may_stop_at(kernels, before, i, given->size))
            return failed("csv_index from %zu of %zu stopped at %zu", before, given->size, i);
        if (out->index.row_count != rows)
            record_marks = 0;
        if (i == given->size)
            break;
        if (given->size < 1000) {
            hr_csv_state state = state_in_front_of(given, i, scratch);
            if (state != out->state)
                return failed("csv_index stopped at %zu in state %d, not %d", i, (int)out->state, (int)state);
        }
        size_t until = given->size - i < STRETCH ? given->size : i + STRETCH;
        i = hr_csv_index_exact(&given->syntax, &out->state, given->data, i, until, given->size, &out->index,
                               &record_marks, out->marks, MARKS, &out->mark_count);
    }
    return NULL;
}

static inline const char *compare_lexed(const lexed *is, const lexed *should)
{
    const hr_csv_index *a = &is->index, *b = &should->index;
    if (a->begin_count != b->begin_count || a->row_count != b->row_count)
        return failed("%u begins and %u rows, not %u and %u", a->begin_count, a->row_count, b->begin_count,
                      b->row_count);
    for (uint32_t i = 0; i < b->begin_count; i++)
        if (a->begins[i] != b->begins[i])
            return failed("begins[%u] is %u, not %u", i, a->begins[i], b->begins[i]);
    for (uint32_t i = 0; i < b->row_count; i++)
        if (a->row_ends[i] != b->row_ends[i])
            return failed("row_ends[%u] is %u, not %u", i, a->row_ends[i], b->row_ends[i]);
    if (a->seen_cr != b->seen_cr ||
        (b->seen_cr ? !a->kept_newlines != !b->kept_newlines : a->kept_newlines != b->kept_newlines))
        return failed("seen_cr %d, kept newlines %u, not %d, %u", a->seen_cr, a->kept_newlines, b->seen_cr,
                      b->kept_newlines);
    if (is->state != should->state)
        return failed("ended in state %d, not %d", (int)is->state, (int)should->state);
    if (is->mark_count != should->mark_count)
        return failed("%zu marks, not %zu", is->mark_count, should->mark_count);
    for (size_t i = 0; i < should->mark_count; i++)
        if (is->marks[i].row != should->marks[i].row || is->marks[i].offset != should->marks[i].offset ||
            is->marks[i].kind != should->marks[i].kind)
            return failed("mark %zu is %d at %u, not %d at %u", i, (int)is->marks[i].kind, is->marks[i].offset,
                          (int)should->marks[i].kind, should->marks[i].offset);
    for (size_t i = 0; i < HR_INDEX_SLACK; i++) {
        size_t b_at = b->begin_count + HR_INDEX_SLACK + i, r_at = b->row_count + HR_INDEX_SLACK + i;
        if ((b_at < ENTRIES && is->begins[b_at] != CANARY) || (r_at < ENTRIES && is->row_ends[r_at] != CANARY))
            return failed("wrote behind the slack");
    }
    return NULL;
}

static inline const char *compare_counts(const hr_kernels *kernels, const csv_case *given)
{
    hr_csv_tally is = {.last_end = 77}, should = {.last_end = 77};
    hr_csv_state is_state = given->state, should_state = given->state;
    hr_csv_count_exact(&given->syntax, &should_state, given->data, given->from, given->size, given->size, &should);
    for (size_t i = given->from; i < given->size;) {
        size_t before = i;
        i = kernels->csv_count(&given->syntax, &is_state, given->data, i, given->size, &is);
        if (!may_stop_at(kernels, before, i, given->size))
            return failed("csv_count from %zu of %zu stopped at %zu", before, given->size, i);
        if (i < given->size)
            i = hr_csv_count_exact(&given->syntax, &is_state, given->data, i,
                                   given->size - i < STRETCH ? given->size : i + STRETCH, given->size, &is);
    }
    if (is.rows != should.rows || is.blanks != should.blanks || is.comments != should.comments)
        return failed("%d rows, %d blanks, %d comments, not %d, %d, %d", (int)is.rows, (int)is.blanks, (int)is.comments,
                      (int)should.rows, (int)should.blanks, (int)should.comments);
    if (is.seen_damage != should.seen_damage)
        return failed("damage %d, not %d", is.seen_damage, should.seen_damage);
    if (is.last_end != should.last_end || is.seen_row != should.seen_row || is_state != should_state)
        return failed("last end %zu in state %d, not %zu in %d", is.last_end, (int)is_state, should.last_end,
                      (int)should_state);
    return NULL;
}

/* All of the above for one window; `results`: two for the answers and one for scratch. */
static inline const char *check_window(const hr_kernels *kernels, const csv_case *given, lexed results[3])
{
    const char *text = NULL;
    if (given->size <= HR_WINDOW_MAX) {
        lex_exactly(given, &results[0]);
        text = lex_mixed(kernels, given, &results[1], &results[2]);
        if (text == NULL)
            text = compare_lexed(&results[1], &results[0]);
    }
    if (text == NULL)
        text = compare_counts(kernels, given);
    if (text == NULL)
        return NULL;
    char reason[256];
    snprintf(reason, sizeof reason, "%s", text);
    return failed("%s: %s (state %d, from %zu of %zu, delimiter %d quote %d escape %d comment %d, strays %d): %s",
                  kernels->name, reason, (int)given->state, given->from, given->size, given->syntax.delimiter,
                  given->syntax.quote, given->syntax.escape, given->syntax.comment, given->syntax.strays,
                  shown(given->data, given->size));
}

/* With stray quotes marked, and taken for data. */
static inline const char *check_both_ways(const hr_kernels *kernels, const csv_case *given, lexed results[3])
{
    csv_case other = *given;
    other.syntax.strays = !given->syntax.strays;
    const char *text = check_window(kernels, given, results);
    return text == NULL ? check_window(kernels, &other, results) : text;
}

/* Every text of up to `length` letters, alone in all states, and across the border of two blocks in all situations. */
CHECK_UNUSED static const char *check_small_texts(const hr_kernels *kernels, size_t length)
{
    static const char letters[] = {'a', ',', '"', '\r', '\n', '#', '\xC3'};
    static const char *const fronts[] = {"", "a", "\"", "a\n", "a,", "\"\"", "a\r"};
    static const hr_csv_syntax syntax = {',', '"', HR_SYNTAX_NONE, '#', false};
    lexed results[3] = {lexed_new(), lexed_new(), lexed_new()};
    guarded memory = guarded_new(128);
    const char *text = NULL;
    size_t count = 1;
    for (size_t n = 0; n <= length && text == NULL; n++, count *= sizeof letters)
        for (size_t number = 0; number < count && text == NULL; number++) {
            uint8_t *data = memory.behind - n;
            for (size_t i = 0, rest = number; i < n; i++, rest /= sizeof letters)
                data[i] = (uint8_t)letters[rest % sizeof letters];
            for (int state = HR_CSV_RECORD_START; state <= HR_CSV_COMMENT && text == NULL; state++)
                text = check_both_ways(kernels, &(csv_case){syntax, (hr_csv_state)state, data, 0, n}, results);
            for (size_t f = 0; f < sizeof fronts / sizeof fronts[0] && text == NULL; f++) {
                size_t filled = STRETCH - (n + 1) / 2, front = strlen(fronts[f]);
                memset(data - filled, 'b', filled);
                /* Quotes and separators stand right before the letters, but one that opens a field at its start. */
                memcpy(strcmp(fronts[f], "\"") == 0 ? data - filled : data - front, fronts[f], front);
                if (strcmp(fronts[f], "\"\"") == 0)
                    data[-(ptrdiff_t)filled] = '"', data[-2] = 'b';
                csv_case given = {syntax, HR_CSV_RECORD_START, data - filled, 0, filled + n};
                text = check_both_ways(kernels, &given, results);
            }
        }
    guarded_free(&memory);
    for (size_t i = 0; i < 3; i++)
        lexed_free(&results[i]);
    return text;
}

/* Every text of three letters across the borders of what counting takes at once, in all situations. */
CHECK_UNUSED static const char *check_borders(const hr_kernels *kernels)
{
    static const char letters[] = {'a', ',', '"', '\r', '\n'};
    static const char *const fronts[] = {"b", "\"", "b\r\n", "b\n", "b\""};
    static const size_t borders[] = {256, 4096};
    enum { BEHIND = 300, NUMBERS = sizeof letters * sizeof letters * sizeof letters };
    uint8_t data[4096 + BEHIND];
    const char *text = NULL;
    for (size_t number = 0; number < NUMBERS * 4 * 5 * 2 && text == NULL; number++) {
        size_t rest = number, border = borders[rest % 2];
        const char *front = fronts[rest / 2 % 5];
        size_t at = border - rest / 10 % 4, size = border + BEHIND;
        rest /= 40;
        memset(data, 'b', size);
        memcpy(data + (front[0] == 'b' ? at - strlen(front) : 0), front, strlen(front));
        for (size_t i = 0; i < 3; i++, rest /= sizeof letters)
            data[at + i] = (uint8_t)letters[rest % sizeof letters];
        csv_case given = {{',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, true}, HR_CSV_RECORD_START, data, 0, size};
        text = compare_counts(kernels, &given);
        if (text != NULL) {
            char reason[256];
            snprintf(reason, sizeof reason, "%s", text);
            text = failed("%s: border %zu, text at %zu: %s: %s", kernels->name, border, at, reason,
                          shown(data + at - 4, 12));
        }
    }
    return text;
}

/* How likely each byte is, out of the sum: from clean data to rubble. */
static const struct weights {
    uint8_t letter, delimiter, quote, cr, lf, comment, escape, nul, high;
} all_weights[] = {
    {60, 10, 0, 0, 2, 0, 0, 0, 0},  {60, 8, 1, 1, 2, 0, 0, 0, 4}, {10, 10, 10, 5, 5, 2, 2, 1, 1},
    {200, 2, 1, 1, 1, 1, 0, 0, 30}, {2, 1, 8, 2, 2, 0, 0, 0, 0},  {0, 1, 1, 1, 1, 0, 0, 0, 0},
    {30, 3, 4, 0, 1, 0, 3, 0, 0},   {0, 0, 0, 1, 1, 0, 0, 0, 0},  {0, 40, 0, 0, 1, 0, 0, 0, 0},
};

static inline void fill_weighted(uint64_t *seed, const struct weights *weights, const hr_csv_syntax *syntax,
                                 uint8_t *data, size_t size)
{
    const uint8_t bytes[9] = {'x', (uint8_t)syntax->delimiter, '"', '\r', '\n', '#', '\\', 0, 0xE9};
    uint8_t shares[9];
    memcpy(shares, weights, sizeof shares);
    size_t sum = 0;
    for (size_t k = 0; k < sizeof shares; k++)
        sum += shares[k];
    for (size_t i = 0; i < size; i++) {
        size_t point = random_below(seed, sum), k = 0;
        while (point >= shares[k])
            point -= shares[k++];
        data[i] = bytes[k];
    }
}

/* Records as a writer makes them, every quote where it belongs, cut off anywhere; of some of the pieces only. */
static inline void fill_clean(uint64_t *seed, uint8_t *data, size_t size)
{
    static const char *const pieces[] = {"x,",       "town,",       ",",           "\n",          "12\n",
                                         "\"a,b\",", "\"a\"\"b\",", "\"l\nm\"\n",  "\"\"\r\n",    "end\r\n",
                                         "\r",       "\"\"\"\",",   "longer one,", "\"q\r\nr\"\r"};
    size_t count = sizeof pieces / sizeof pieces[0], first = random_below(seed, count),
           few = 1 + random_below(seed, count);
    size_t i = 0;
    while (i < size) {
        const char *piece = pieces[(first + random_below(seed, few)) % count];
        size_t length = strlen(piece) < size - i ? strlen(piece) : size - i;
        memcpy(data + i, piece, length);
        i += length;
    }
}

/* Rows that are fine but for quotes within unquoted fields: with `strays`, these never leave the fast path either. */
static inline void fill_strays(uint64_t *seed, uint8_t *data, size_t size)
{
    static const char *const pieces[] = {"12\" pipe,",  "x,",    "say \"\"so\"\"\n", "town\",", "\n",    "\"a,b\",",
                                         "\"a\"\"b\",", "5\"\n", "long\"er one,",    "\r\n",    "a\"\r", ","};
    size_t count = sizeof pieces / sizeof pieces[0], first = random_below(seed, count),
           few = 1 + random_below(seed, count);
    for (size_t i = 0; i < size;) {
        const char *piece = pieces[(first + random_below(seed, few)) % count];
        size_t length = strlen(piece) < size - i ? strlen(piece) : size - i;
        memcpy(data + i, piece, length);
        i += length;
    }
}

/* A few other bytes where blocks, and larger stretches of them, meet when a walk begins at `from`. */
static inline void poke(uint64_t *seed, uint8_t *data, size_t from, size_t size)
{
    static const char bytes[] = "\",\"x\n\r\"\"";
    size_t step = random_below(seed, 2) ? 4096 : 256;
    for (size_t border = from; border <= size; border += step) {
        size_t at = border - 2 + random_below(seed, 4), run = 1 + random_below(seed, 3);
        for (size_t i = 0; i < run && random_below(seed, 3) > 0; i++)
            if (border > 2 && at + i < size)
                data[at + i] = (uint8_t)bytes[random_below(seed, sizeof bytes - 1)];
    }
}

CHECK_UNUSED static const char *check_random_texts(const hr_kernels *kernels, size_t rounds)
{
    static const hr_csv_syntax syntaxes[] = {
        {',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, false},
        {',', '"', HR_SYNTAX_NONE, '#', false},
        {0, '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, false},
        {0xE9, HR_SYNTAX_NONE, HR_SYNTAX_NONE, '#', false},
        {',', '"', '\\', '#', false},
        {',', '"', '"', HR_SYNTAX_NONE, false},
        {',', 0, HR_SYNTAX_NONE, 0xE9, false},
        {'\t', '"', HR_SYNTAX_NONE, 0, false},
    };
    lexed results[3] = {lexed_new(), lexed_new(), lexed_new()};
    guarded memory = guarded_new(HR_WINDOW_MAX + 4096);
    uint64_t seed = 42;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        size_t limit = round % 200 == 199 ? HR_WINDOW_MAX + 1 : round % 16 == 15 ? 13000 : 400;
        csv_case given = {.size = random_below(&seed, limit)};
        if (round % 1000 == 999)
            given.size = HR_WINDOW_MAX;
        given.syntax = syntaxes[random_below(&seed, 2) ? random_below(&seed, 8) : 0];
        given.state =
            random_below(&seed, 2) ? (hr_csv_state)random_below(&seed, HR_CSV_COMMENT + 1) : HR_CSV_RECORD_START;
        given.from = given.size > 0 ? random_below(&seed, given.size < 100 ? given.size : 100) : 0;
        /* Against the guard behind, or against the one in front. */
        uint8_t *data = random_below(&seed, 8) ? memory.behind - given.size : memory.first;
        if (random_below(&seed, 4) == 0)
            fill_clean(&seed, data, given.size);
        else if (random_below(&seed, 4) == 0)
            fill_strays(&seed, data, given.size);
        else
            fill_weighted(&seed, &all_weights[random_below(&seed, sizeof all_weights / sizeof all_weights[0])],
                          &given.syntax, data, given.size);
        if (random_below(&seed, 2))
            poke(&seed, data, given.from, given.size);
        given.data = data;
        text = check_both_ways(kernels, &given, results);
    }
    guarded_free(&memory);
    for (size_t i = 0; i < 3; i++)
        lexed_free(&results[i]);
    return text;
}

/* Data that follows the rules never leaves the fast path, whatever stands on the borders of blocks. */
CHECK_UNUSED static const char *check_clean_texts_need_no_help(const hr_kernels *kernels, size_t rounds)
{
    static const hr_csv_syntax syntax = {',', '"', HR_SYNTAX_NONE, '#', true};
    lexed result = lexed_new();
    guarded memory = guarded_new(20000);
    uint64_t seed = 7;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        size_t size = random_below(&seed, round % 4 ? 2000 : 20000);
        uint8_t *data = memory.behind - size;
        if (round % 2 == 0)
            fill_clean(&seed, data, size);
        else
            fill_strays(&seed, data, size);
        lexed_reset(&result, HR_CSV_RECORD_START, size);
        size_t stop = kernels->csv_index(&syntax, &result.state, data, 0, size, &result.index);
        hr_csv_state state = HR_CSV_RECORD_START;
        hr_csv_tally tally = {0};
        if (stop != size || kernels->csv_count(&syntax, &state, data, 0, size, &tally) != size)
            text = failed("%s: gave up at %zu of %zu: %s", kernels->name, stop, size, shown(data, size));
        else if (tally.rows != result.index.row_count)
            text = failed("%s: counts %d rows and indexes %u", kernels->name, (int)tally.rows, result.index.row_count);
    }
    guarded_free(&memory);
    lexed_free(&result);
    return text;
}

#endif
