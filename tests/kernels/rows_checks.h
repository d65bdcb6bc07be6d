/* rows_checks.h: csv_rows, json_rows and copy_rows of any table against the oracle: the same bytes, the same stops,
 * nothing read behind the text and nothing written behind the room. */
#ifndef HR_TESTS_KERNELS_ROWS_CHECKS_H
#define HR_TESTS_KERNELS_ROWS_CHECKS_H

#include "tests/kernels/support.h"

enum { ROWS_COLUMNS = 9, ROWS_MOST = 64, ROWS_TEXT = 60000, ROWS_SELECT = 12, ROWS_GUARDS = 3 };
enum { ROWS_CSV, ROWS_JSON, ROWS_COPY, ROWS_KINDS };

typedef struct rows_case {
    hr_rows job;
    guarded memory;
    uint8_t *text; /* ends where the memory does */
    uint16_t *begins;
    uint32_t row_first[ROWS_MOST], list[ROWS_MOST], select[ROWS_SELECT];
    hr_rows_key keys[ROWS_SELECT + 1];
    uint8_t key_text[ROWS_SELECT + 1][200];
    hr_rows_guard guards[ROWS_GUARDS];
    size_t rows;
} rows_case;

/* What is a time, or nearly one. */
static inline size_t rows_put_time(uint8_t *p, uint64_t *seed)
{
    static const char *const parts[4][6] = {
        {"2024-01-31", "20240131", "31.1.2024", "now", "", "-infinity"},
        {" ", "T", "  ", "", "a", "T"},
        {"10:00:00", "100000.5", "10:00:00.123456", "10:00:00.1234567", "", "10:00"},
        {"", "Z", "+02", "-08:00", " UTC", " "}};
    size_t used = 0;
    for (size_t i = 0; i < 4; i++)
        used += (size_t)snprintf((char *)p + used, 20, "%s", parts[i][random_below(seed, 6)]);
    return used;
}

/* One field at `p` (a few bytes, seldom many): what stands in files, and what damages them. */
static inline size_t rows_put_field(uint8_t *p, uint64_t *seed, bool wild)
{
    static const char *const pieces[] = {"a",
                                         "bc",
                                         "\"\"",
                                         "\n",
                                         "\r",
                                         "\\",
                                         "\x01",
                                         ",",
                                         ";",
                                         "\t",
                                         "\xC3\xA9",
                                         "\xEF\xBB\xBF",
                                         "\xF0\x9F\x98\x80",
                                         "true",
                                         "12.5",
                                         "0",
                                         " ",
                                         "e",
                                         "-"};
    size_t many = random_below(seed, 30) == 0 ? 60 + random_below(seed, 200) : random_below(seed, 9), used = 0;
    bool quoted = random_below(seed, 3) == 0;
    if (quoted)
        p[used++] = '"';
    for (size_t i = 0; i < many; i++) {
        const char *piece = pieces[random_below(seed, random_below(seed, 3) ? 2 : sizeof pieces / sizeof pieces[0])];
        if (!quoted && (strchr("\n\r,", piece[0]) != NULL || (!wild && piece[0] == '"')))
            continue;
        size_t size = strlen(piece);
        memcpy(p + used, piece, size);
        used += size;
    }
    if (wild && random_below(seed, 6) == 0)
        p[used++] = '"';
    if (quoted && !(wild && random_below(seed, 8) == 0))
        p[used++] = '"';
    if (used > 1 && random_below(seed, 100) == 0)
        p[1 + random_below(seed, used - 1)] = '\0';
    if (!quoted && random_below(seed, 6) == 0)
        used = rows_put_time(p, seed);
    else if (!quoted && random_below(seed, 4) == 0) /* a number, or nearly one */
        used = (size_t)snprintf((char *)p, 16, "%s%zu%s%zu", random_below(seed, 2) ? "-" : "", random_below(seed, 40),
                                random_below(seed, 2) ? "." : "", random_below(seed, 40));
    return used;
}

static inline void rows_make_keys(rows_case *c, uint64_t *seed)
{
    bool small = random_below(seed, 2), before = false;
    for (size_t i = 0; i <= c->job.select_count; i++) {
        hr_rows_key *key = &c->keys[i];
        key->form = small || random_below(seed, 4) ? HR_ROWS_STRING : (hr_rows_form)random_below(seed, 4);
        bool last = i == c->job.select_count;
        key->text = c->key_text[i];
        key->size =
            (uint32_t)snprintf((char *)c->key_text[i], 120, "%s%s%.*s%s", before ? "\"" : "",
                               last ? "}"
                               : i  ? ","
                                    : "{",
                               last ? 0 : (int)random_below(seed, small ? 20 : 90),
                               "a name that is long, with many words, until it is longer than a block of 64 bytes, "
                               "and then some more",
                               last                          ? "\n"
                               : key->form == HR_ROWS_STRING ? ":\""
                                                             : ":");
        before = key->form == HR_ROWS_STRING;
    }
    c->job.keys = c->keys;
}

/* Guards, and often all columns in their order; `plain`: no field has a delimiter in it. */
static inline void rows_make_copy(rows_case *c, size_t columns, bool plain, uint64_t *seed)
{
    c->job.guards = c->guards;
    c->job.guard_count = random_below(seed, 2) ? random_below(seed, ROWS_GUARDS + 1) : 0;
    for (size_t i = 0; i < c->job.guard_count; i++)
        c->guards[i] = (hr_rows_guard){.column = (uint32_t)random_below(seed, columns),
                                       .doubts = 1u << random_below(seed, 7) | 1u << random_below(seed, 8),
                                       .digits = (uint32_t)random_below(seed, 9)};
    c->job.whole = random_below(seed, 2) && (plain || c->job.quoting);
    if (c->job.whole)
        c->job.select_count = columns;
    for (size_t i = 0; c->job.whole && i < columns; i++)
        c->select[i] = (uint32_t)i;
}

static inline void rows_make(rows_case *c, uint64_t *seed)
{
    size_t columns = 1 + random_below(seed, ROWS_COLUMNS), rows = 1 + random_below(seed, ROWS_MOST), used = 0;
    bool wild = random_below(seed, 3) == 0, plain = random_below(seed, 3) == 0, may_cr = random_below(seed, 2);
    static uint8_t text[ROWS_TEXT + 8192];
    size_t fields = 0;
    c->begins[0] = 0;
    for (c->rows = 0; c->rows < rows && used < ROWS_TEXT; c->rows++) {
        c->row_first[c->rows] = (uint32_t)fields;
        for (size_t i = 0; i < columns; i++) {
            size_t size = random_below(seed, 8) == 0 ? 0 : rows_put_field(text + used, seed, wild);
            for (size_t k = 0; plain && k < size; k++)
                text[used + k] = 'x';
            if (used + size > ROWS_TEXT)
                size = 0;
            used += size;
            if (i + 1 == columns && may_cr && random_below(seed, 3) == 0)
                text[used++] = '\r';
            text[used++] = i + 1 < columns ? ',' : '\n';
            c->begins[++fields] = (uint16_t)used;
        }
    }
    size_t end = used - random_below(seed, 2); /* the newline of the last row may not be there */
    c->text = c->memory.behind - end;
    memcpy(c->text, text, end);
    c->job = (hr_rows){.data = c->text,
                       .size = used - 1,
                       .begins = c->begins,
                       .row_first = c->row_first,
                       .select = c->select,
                       .select_count = 1 + random_below(seed, ROWS_SELECT),
                       .last_column = (uint32_t)columns - 1,
                       .may_cr = may_cr,
                       .quoting = random_below(seed, 8) != 0,
                       .quotes = memchr(c->text, '"', used - 1) != NULL || random_below(seed, 2),
                       .quote = '"',
                       .delimiter = random_below(seed, 4) ? ',' : ';',
                       .guard = random_below(seed, 4) == 0,
                       .newline = random_below(seed, 4) != 0};
    c->job.foreign = c->job.delimiter != ',';
    for (size_t i = 0; i < c->job.select_count; i++)
        c->select[i] = (uint32_t)random_below(seed, columns);
    if (random_below(seed, 2)) {
        size_t some = 0;
        for (size_t i = 0; i < c->rows; i++)
            if (random_below(seed, 3) || (i + 1 == c->rows && some == 0))
                c->list[some++] = (uint32_t)i;
        c->rows = some;
        c->job.rows = c->list;
    }
    rows_make_copy(c, columns, plain, seed);
    rows_make_keys(c, seed);
}

/* All rows by one table, some at once; where it stops is noted in the output. */
static inline size_t rows_render(const hr_kernels *kernels, const rows_case *c, int kind, size_t step, uint8_t *room,
                                 bool *stopped)
{
    uint8_t *at = room;
    *stopped = false;
    for (size_t i = 0; i < c->rows;) {
        size_t to = c->rows - i < step ? c->rows : i + step;
        size_t done = (kind == ROWS_CSV    ? kernels->csv_rows
                       : kind == ROWS_JSON ? kernels->json_rows
                                           : kernels->copy_rows)(&c->job, i, to, &at);
        *stopped = *stopped || done < to;
        if (done < to)
            at += snprintf((char *)at, 32, "<stop at %zu>", done++);
        i = done;
    }
    return (size_t)(at - room);
}

CHECK_UNUSED static const char *check_rows(const hr_kernels *kernels, size_t rounds)
{
    const hr_kernels *oracle = hr_kernels_get("scalar");
    size_t most = (size_t)ROWS_TEXT * 6 * ROWS_SELECT + 400000;
    uint8_t *is = malloc(most), *should = malloc(most);
    static uint16_t begins[ROWS_MOST * ROWS_COLUMNS + 2];
    static rows_case c;
    c.memory = guarded_new(ROWS_TEXT + 8192);
    c.begins = begins;
    uint64_t seed = 7;
    const char *text = NULL;
    for (size_t round = 0; round < rounds && text == NULL; round++) {
        rows_make(&c, &seed);
        for (int kind = 0; kind < ROWS_KINDS && text == NULL; kind++) {
            size_t step = random_below(&seed, 3) ? ROWS_MOST : 1 + random_below(&seed, 5);
            if (kind != ROWS_CSV)
                c.job.delimiter = ',';
            bool stopped;
            size_t right = rows_render(oracle, &c, kind, ROWS_MOST, should, &stopped);
            memset(is, '#', right + 4 * HR_ROWS_SLACK);
            size_t size = rows_render(kernels, &c, kind, step, is, &stopped);
            size_t at = 0;
            while (at < size && at < right && is[at] == should[at])
                at++;
            if (at < size || at < right)
                text = failed("%s: %s differs at %zu of %zu (%zu), round %zu: %s", kernels->name,
                              kind == ROWS_COPY   ? "COPY"
                              : kind == ROWS_JSON ? "JSON"
                                                  : "CSV",
                              at, size, right, round, shown(is + (at > 40 ? at - 40 : 0), 100));
            /* A row that was given up may have been longer than what there is now. */
            for (size_t i = right + HR_ROWS_SLACK; !stopped && i < right + 4 * HR_ROWS_SLACK && text == NULL; i++)
                if (is[i] != '#')
                    text = failed("%s: wrote behind the slack, round %zu", kernels->name, round);
        }
    }
    guarded_free(&c.memory);
    free(is);
    free(should);
    return text;
}

#endif
