/* typing.h: a schema applied to batches: their fields become columns of typed values, and rows that break a type or a
 * rule become known.
 *
 *   typing_bind.c     binding to the columns of an input
 *   typing.c          one batch, column by column
 *   typing_column.c   columns of fixed width: fields -> values
 *   typing_text.c     texts and JSON: fields -> views
 *   rule.c            values -> rules
 *   typing_remove.c   takes rows out of a batch
 *   typing_message.c  what is said of them
 *   unique.c          values that stood in an earlier row
 */
#ifndef HR_CORE_ROWS_TYPING_H
#define HR_CORE_ROWS_TYPING_H

#include "core/json/scan.h"
#include "core/rows/batch.h"
#include "core/rows/nulls.h"
#include "core/rows/rule.h"

/* A schema and where its columns stand in an input. Does not change once made; any number of threads use it. */
typedef struct hr_typing hr_typing;

/* HR_E_CHANGED: a required column is not among `names`. The schema is retained. */
hr_status hr_typing_new(hr_schema *schema, const char *const *names, size_t count, hr_typing **out,
                        hr_error *err) HR_MUST_CHECK;
void hr_typing_free(hr_typing *typing);

/* A row that cannot stay. */
typedef struct hr_breach {
    uint32_t row;        /* of the batch */
    uint32_t column;     /* of the schema */
    hr_reject_kind kind; /* HR_REJECT_TYPE or HR_REJECT_CHECK */
    const char *why;     /* static, or of the rule: lives as long as the schema */
} hr_breach;

/* What a typed batch has beside its text. It is kept with the body of the batch and used again. */
typedef struct hr_typed {
    hr_vector *vectors; /* of the columns of the schema */
    size_t vector_capacity;
    uint8_t *room; /* their values and validity */
    size_t room_size, room_used;
    uint64_t *broken; /* bit r: row r has a breach */
    size_t broken_capacity;
    hr_breach *breaches; /* one for each broken row; in the order of the rows after hr_typing_run */
    size_t breach_count, breach_capacity;
    uint8_t *scratch; /* a value without its escapes */
    size_t scratch_size;
} hr_typed;
void hr_typed_free(hr_typed *typed);
static inline bool hr_typed_broken(const hr_typed *typed, uint32_t row)
{
    return typed->broken[row / 64] >> (row % 64) & 1;
}
/* Makes scratch at least that large; what it held stays. */
hr_status hr_typed_scratch(hr_typed *typed, size_t size, hr_error *err) HR_MUST_CHECK;

/* Makes body->typed: vectors for all rows, and the breaches. `text_size`: bytes of the batch's data that may be read
 * (0: only the fields themselves). */
hr_status hr_typing_run(const hr_typing *typing, hr_batch_body *body, size_t text_size, hr_error *err) HR_MUST_CHECK;
/* Adds a breach to a row that has none yet. */
hr_status hr_typing_breach(hr_typed *typed, const hr_breach *breach, hr_error *err) HR_MUST_CHECK;
/* Brings them in the order of the rows. */
void hr_typing_sort(hr_typed *typed);
/* Where a column of the schema stands in the input, from 0, or HR_NO_COLUMN. */
#define HR_NO_COLUMN SIZE_MAX
size_t hr_typing_source(const hr_typing *typing, size_t column);
/* What is said of a breach, and the value that it is about: it lives until the next call, and is NULL where a record of
 * NDJSON has none. */
hr_status hr_typing_message(const hr_typing *typing, hr_batch_body *body, const hr_breach *breach, char *out,
                            size_t room, const uint8_t **about, size_t *about_size, hr_error *err) HR_MUST_CHECK;

/* Takes the broken rows out of the batch and of its vectors. */
hr_status hr_typing_remove(const hr_typing *typing, hr_batch_body *body, hr_error *err) HR_MUST_CHECK;

/* ---- shared by the files above ------------------------------------------------------------------------------- */

typedef struct hr_typing_column {
    const hr_column *declared;
    const hr_rule *rule;
    size_t source;
} hr_typing_column;

struct hr_typing {
    hr_schema *schema;
    hr_typing_column *columns; /* [count] */
    size_t count;
    hr_json_plan *json; /* any value; NULL when no column is JSON */
};

/* A column of a batch on its way to a vector. */
typedef struct hr_column_walk {
    const hr_typing *typing;
    const hr_typing_column *column;
    hr_batch_body *body;
    hr_typed *typed;
    hr_vector *vector;
    uint8_t *validity; /* all set at first */
    uint32_t rows, ordinal;
    bool last;             /* the last field of its row, which may end in CR */
    int quote;             /* of the batch */
    const hr_nulls *nulls; /* declared ones, or NULL */
    size_t readable;       /* fields that begin below are seen at a glance: a quote and HR_FAST_READ bytes are there */
    const uint8_t *value;  /* of hr_walk_field */
    size_t size;
    hr_field field;
} hr_column_walk;

/* The value of the walk's column in row r: value and size are set, escapes undone. *null: there is none. */
hr_status hr_walk_field(hr_column_walk *walk, uint32_t row, bool *null, hr_error *err) HR_MUST_CHECK;
void hr_walk_null(hr_column_walk *walk, uint32_t row);
/* Notes a breach of row r; its value in the vector has no meaning. */
hr_status hr_walk_breach(hr_column_walk *walk, uint32_t row, hr_reject_kind kind, const char *why,
                         hr_error *err) HR_MUST_CHECK;
/* Bytes of a value in a vector; 0: bits. */
size_t hr_type_width(hr_type type);
hr_status hr_typing_fixed(hr_column_walk *walk, void *values, hr_error *err) HR_MUST_CHECK;
hr_status hr_typing_text(hr_column_walk *walk, hr_text_view *views, hr_error *err) HR_MUST_CHECK;

/* What a glance needs, apart from what is written meanwhile. */
typedef struct hr_glance {
    const uint8_t *data;
    const hr_span *cells;   /* NDJSON: of the column, `stride` apart; else NULL */
    const uint16_t *begins; /* CSV: of the column in the row that begins with field 0 */
    const uint32_t *row_first;
    const hr_nulls *nulls;
    size_t readable, stride;
    int quote;
    bool last;
} hr_glance;

static inline hr_glance hr_walk_begin(const hr_column_walk *w)
{
    const hr_batch *batch = &w->body->batch;
    return (hr_glance){.data = batch->data,
                       .cells = batch->cells ? batch->cells + w->column->source : NULL,
                       .begins = batch->begins ? (const uint16_t *)batch->begins + w->column->source : NULL,
                       .row_first = batch->row_first,
                       .nulls = w->nulls,
                       .readable = w->readable,
                       .stride = batch->columns,
                       .quote = w->quote,
                       .last = w->last};
}

/* Where the value of row r seems to stand. False: that takes a closer look. A quoted value is taken without its quotes:
 * what is quick to read has neither quotes nor escapes within. */
static inline bool hr_glance_at(const hr_glance *g, uint32_t r, const uint8_t **text, size_t *size, bool *quoted)
{
    size_t begin, end;
    if (g->cells) {
        hr_span cell = g->cells[r * g->stride];
        begin = cell.begin;
        end = begin + cell.size;
    } else {
        const uint16_t *begins = g->begins + g->row_first[r];
        begin = begins[0];
        end = (size_t)begins[1] - 1;
    }
    const uint8_t *p = g->data + begin;
    if (HR_UNLIKELY(begin >= g->readable))
        return false;
    if (g->last)
        end -= (end > begin) & (g->data[end - 1] == '\r');
    size_t length = end - begin;
    *quoted = *p == g->quote;
    if (*quoted) {
        if (length < 2 || p[length - 1] != g->quote)
            return false;
        p++;
        length -= 2;
    } else if (HR_UNLIKELY(g->nulls) && hr_nulls_match(g->nulls, p, length)) {
        return false;
    }
    *text = p;
    *size = length;
    return true;
}

static inline bool hr_bit(const uint8_t *bits, size_t at)
{
    return bits[at / 8] >> (at % 8) & 1;
}

#endif
