/* typing.c: one batch under a schema, column by column. */
#include "core/rows/typing.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/rows/value_fast.h"

#define ALIGNMENT 64u
/* Typed values of one batch: wide schemas over very short rows. */
#define ROOM_MAX ((size_t)256 << 20)

/* ---- room ---------------------------------------------------------------------------------------------------- */

void hr_typed_free(hr_typed *typed)
{
    if (!typed)
        return;
    hr_free(typed->vectors);
    hr_free(typed->room);
    hr_free(typed->broken);
    hr_free(typed->breaches);
    hr_free(typed->scratch);
    hr_free(typed);
}

hr_status hr_typed_scratch(hr_typed *typed, size_t size, hr_error *err)
{
    if (size <= typed->scratch_size)
        return HR_OK;
    uint8_t *scratch = hr_realloc(typed->scratch, size * 2);
    if (!scratch)
        return hr_fail_memory(err, "typing a value (limits.row_bytes bounds it)");
    typed->scratch = scratch;
    typed->scratch_size = size * 2;
    return HR_OK;
}

size_t hr_type_width(hr_type type)
{
    static const uint8_t widths[HR_TYPE_COUNT] = {[HR_TYPE_TEXT] = sizeof(hr_text_view),
                                                  [HR_TYPE_INT64] = 8,
                                                  [HR_TYPE_DECIMAL] = 16,
                                                  [HR_TYPE_FLOAT64] = 8,
                                                  [HR_TYPE_DATE] = 4,
                                                  [HR_TYPE_UUID] = 16,
                                                  [HR_TYPE_TIMESTAMP] = 8,
                                                  [HR_TYPE_JSON] = 16};
    return widths[type];
}

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t bits_size(size_t rows)
{
    return aligned((rows + 7) / 8);
}

static size_t values_size(hr_type type, size_t rows)
{
    return type == HR_TYPE_BOOL ? bits_size(rows) : aligned(rows * hr_type_width(type));
}

/* Columns that the input does not have share zeros: of the widest type, and for their validity. */
static hr_status make_room(const hr_typing *typing, hr_batch_body *body, hr_error *err)
{
    hr_typed *typed = body->typed;
    size_t rows = body->batch.rows, need = ALIGNMENT + aligned(rows * 16);
    for (size_t i = 0; i < typing->count; i++) {
        if (typing->columns[i].source != HR_NO_COLUMN)
            need += values_size(typing->columns[i].declared->type, rows) + bits_size(rows);
        if (need > ROOM_MAX)
            return hr_fail(err, HR_E_LIMIT,
                           "%zu rows of %zu columns are more typed values than fit a batch; a schema of fewer columns, "
                           "or option limits.columns, would do",
                           rows, typing->count);
    }
    if (need > typed->room_size) {
        hr_free(typed->room);
        typed->room_size = 0;
        typed->room = hr_malloc(need + need / 4);
        if (!typed->room)
            return hr_fail_memory(err, "typing a batch");
        typed->room_size = need + need / 4;
    }
    typed->room_used = (size_t)(-(uintptr_t)typed->room % ALIGNMENT);
    return HR_OK;
}

static uint8_t *take_room(hr_typed *typed, size_t size)
{
    uint8_t *room = typed->room + typed->room_used;
    typed->room_used += size;
    return room;
}

static hr_status prepare(const hr_typing *typing, hr_batch_body *body, hr_error *err)
{
    if (!body->typed && !(body->typed = hr_calloc(1, sizeof *body->typed)))
        return hr_fail_memory(err, "typing a batch");
    hr_typed *typed = body->typed;
    size_t words = (body->batch.rows + 63) / 64;
    if (typing->count > typed->vector_capacity) {
        hr_free(typed->vectors);
        typed->vector_capacity = 0;
        typed->vectors = hr_calloc(typing->count, sizeof *typed->vectors);
        if (!typed->vectors)
            return hr_fail_memory(err, "typing a batch");
        typed->vector_capacity = typing->count;
    }
    if (words > typed->broken_capacity) {
        hr_free(typed->broken);
        typed->broken_capacity = 0;
        typed->broken = hr_calloc(words, sizeof *typed->broken);
        if (!typed->broken)
            return hr_fail_memory(err, "typing a batch");
        typed->broken_capacity = words;
    }
    if (words) /* a batch of rejects alone has no rows, and this may be its first */
        memset(typed->broken, 0, words * sizeof *typed->broken);
    typed->breach_count = 0;
    return make_room(typing, body, err);
}

/* ---- breaches ------------------------------------------------------------------------------------------------ */

hr_status hr_typing_breach(hr_typed *typed, const hr_breach *breach, hr_error *err)
{
    if (hr_typed_broken(typed, breach->row))
        return HR_OK;
    hr_breach *list = hr_array_room(typed->breaches, typed->breach_count, &typed->breach_capacity, 64, sizeof *list);
    if (!list)
        return hr_fail_memory(err, "noting a row that breaks its schema");
    typed->breaches = list;
    typed->breaches[typed->breach_count++] = *breach;
    typed->broken[breach->row / 64] |= UINT64_C(1) << (breach->row % 64);
    return HR_OK;
}

static int by_row(const void *a, const void *b)
{
    const hr_breach *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

void hr_typing_sort(hr_typed *typed)
{
    if (typed->breach_count > 1)
        qsort(typed->breaches, typed->breach_count, sizeof *typed->breaches, by_row);
}

/* ---- fields -------------------------------------------------------------------------------------------------- */

void hr_walk_null(hr_column_walk *walk, uint32_t row)
{
    walk->validity[row / 8] &= (uint8_t) ~(1u << (row % 8));
    walk->vector->nulls++;
}

hr_status hr_walk_breach(hr_column_walk *walk, uint32_t row, hr_reject_kind kind, const char *why, hr_error *err)
{
    return hr_typing_breach(walk->typed, &(hr_breach){row, walk->ordinal, kind, why}, err);
}

static hr_status unescape(hr_typed *typed, const hr_batch *batch, hr_field field, const uint8_t **value, size_t *size,
                          hr_error *err)
{
    hr_status status = hr_typed_scratch(typed, field.size, err);
    if (status != HR_OK)
        return status;
    *size = hr_field_copy(field, batch->dialect, typed->scratch);
    *value = typed->scratch;
    return HR_OK;
}

/* JSON values of NDJSON are taken as they are written. */
static bool is_json_text(const hr_batch *batch, const hr_typing_column *column)
{
    return (batch->flags & HR_BATCH_NDJSON) && column->declared->type == HR_TYPE_JSON;
}

hr_status hr_walk_field(hr_column_walk *walk, uint32_t row, bool *null, hr_error *err)
{
    const hr_batch *batch = &walk->body->batch;
    size_t source = walk->column->source;
    hr_field field = hr_batch_field(batch, row, source);
    walk->field = field;
    *null = field.flags & HR_FIELD_NULL;
    walk->value = field.data;
    walk->size = field.size;
    if (*null || !(field.flags & (HR_FIELD_ESCAPED | HR_FIELD_QUOTED)))
        return HR_OK;
    if (is_json_text(batch, walk->column)) {
        hr_span cell = batch->cells[(size_t)row * batch->columns + source];
        walk->value = batch->data + cell.begin;
        walk->size = cell.size;
        return HR_OK;
    }
    if (!(field.flags & HR_FIELD_ESCAPED))
        return HR_OK;
    return unescape(walk->typed, batch, field, &walk->value, &walk->size, err);
}

/* ---- one batch ----------------------------------------------------------------------------------------------- */

/* A quote or an escape that values have in themselves says too much for a glance. */
static bool is_of_values(int byte)
{
    return byte != HR_NO_BYTE && (isalnum(byte) || strchr("+-.: ", byte));
}

static void look_at(hr_column_walk *walk, size_t text_size)
{
    const hr_batch *batch = &walk->body->batch;
    bool ndjson = batch->flags & HR_BATCH_NDJSON;
    const hr_dialect *dialect = batch->dialect;
    bool plain = ndjson || (batch->offset_bytes == 2 && !batch->row_fields && !is_of_values(dialect->quote) &&
                            !is_of_values(dialect->escape));
    walk->quote = ndjson ? '"' : dialect->quote;
    walk->nulls = batch->nulls && !ndjson ? hr_batch_nulls(batch) : NULL;
    walk->last = !ndjson && walk->column->source + 1 == batch->columns && (batch->flags & HR_BATCH_MAY_HAVE_CR);
    walk->readable = plain && text_size > HR_FAST_READ ? text_size - HR_FAST_READ : 0;
}

static hr_status check_required(hr_column_walk *walk, hr_error *err)
{
    hr_status status = HR_OK;
    for (uint32_t r = 0; status == HR_OK && r < walk->rows; r++)
        if (!hr_bit(walk->validity, r))
            status = hr_walk_breach(walk, r, HR_REJECT_CHECK, "there is no value, and one is required", err);
    return status;
}

static const char *check_values(const hr_column_walk *walk, uint32_t row)
{
    const hr_rule *rule = walk->column->rule;
    hr_type type = walk->vector->type;
    const uint8_t *values = walk->vector->values;
    if (type == HR_TYPE_BOOL) {
        uint8_t bit = hr_bit(values, row);
        return hr_rule_check_fixed(rule, &bit);
    }
    if (type != HR_TYPE_TEXT && type != HR_TYPE_JSON)
        return hr_rule_check_fixed(rule, values + row * hr_type_width(type));
    const hr_text_view *view = (const hr_text_view *)walk->vector->values + row;
    const uint8_t *text =
        view->size <= sizeof view->in.text ? (const uint8_t *)view->in.text : walk->vector->data + view->in.far.offset;
    return hr_rule_check_text(rule, text, view->size);
}

/* The value with a NUL behind it, in the scratch. */
static hr_status end_value(hr_column_walk *walk, hr_error *err)
{
    hr_typed *typed = walk->typed;
    bool there = walk->value == typed->scratch;
    hr_status status = hr_typed_scratch(typed, walk->size + 1, err);
    if (status != HR_OK)
        return status;
    if (!there && walk->size)
        memcpy(typed->scratch, walk->value, walk->size);
    typed->scratch[walk->size] = '\0';
    return HR_OK;
}

static hr_status check_rule(hr_column_walk *walk, hr_error *err)
{
    const hr_rule *rule = walk->column->rule;
    bool values = hr_rule_has_values(rule), pattern = hr_rule_has_pattern(rule), null;
    hr_status status = HR_OK;
    for (uint32_t r = 0; status == HR_OK && r < walk->rows; r++) {
        if (!hr_bit(walk->validity, r) || hr_typed_broken(walk->typed, r))
            continue;
        const char *why = values ? check_values(walk, r) : NULL;
        if (!why && pattern) {
            status = hr_walk_field(walk, r, &null, err);
            if (status == HR_OK)
                status = end_value(walk, err);
            why = status == HR_OK ? hr_rule_check_pattern(rule, walk->typed->scratch, walk->size) : NULL;
        }
        if (why)
            status = hr_walk_breach(walk, r, HR_REJECT_CHECK, why, err);
    }
    return status;
}

static hr_status type_column(hr_column_walk *walk, hr_error *err)
{
    hr_typed *typed = walk->typed;
    hr_vector *vector = walk->vector;
    hr_type type = vector->type;
    walk->validity = take_room(typed, bits_size(walk->rows));
    memset(walk->validity, 0xFF, bits_size(walk->rows));
    void *values = take_room(typed, values_size(type, walk->rows));
    vector->values = values;
    bool text = type == HR_TYPE_TEXT || type == HR_TYPE_JSON;
    hr_status status = text ? hr_typing_text(walk, values, err) : hr_typing_fixed(walk, values, err);
    if (status == HR_OK && walk->column->declared->required && vector->nulls)
        status = check_required(walk, err);
    if (status == HR_OK && walk->column->rule)
        status = check_rule(walk, err);
    vector->validity = vector->nulls ? walk->validity : NULL;
    return status;
}

hr_status hr_typing_run(const hr_typing *typing, hr_batch_body *body, size_t text_size, hr_error *err)
{
    hr_status status = prepare(typing, body, err);
    if (status != HR_OK)
        return status;
    hr_typed *typed = body->typed;
    uint32_t rows = body->batch.rows;
    const uint8_t *zeros = NULL;
    for (size_t i = 0; status == HR_OK && i < typing->count; i++) {
        const hr_typing_column *column = &typing->columns[i];
        hr_vector *vector = &typed->vectors[i];
        *vector = (hr_vector){.type = column->declared->type};
        if (column->source == HR_NO_COLUMN) {
            if (!zeros)
                zeros = memset(take_room(typed, aligned(rows * 16u)), 0, aligned(rows * 16u));
            vector->nulls = rows;
            vector->values = zeros;
            vector->validity = rows ? zeros : NULL;
            continue;
        }
        hr_column_walk walk = {.typing = typing,
                               .column = column,
                               .body = body,
                               .typed = typed,
                               .vector = vector,
                               .rows = rows,
                               .ordinal = (uint32_t)i};
        look_at(&walk, text_size);
        status = type_column(&walk, err);
    }
    hr_typing_sort(typed);
    return status;
}
