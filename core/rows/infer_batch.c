/* infer_batch.c: the facts of a column of a batch, value by value; where values follow each other that are all of one
 * class, infer_stride.c takes them. */
#include "core/json/json.h"
#include "core/rows/infer.h"
#include "core/rows/value.h"

void hr_infer_facts_clear(hr_infer_facts *facts)
{
    *facts = (hr_infer_facts){.int_min = INT64_MAX,
                              .int_max = INT64_MIN,
                              .day_min = INT64_MAX,
                              .day_max = INT64_MIN,
                              .time_min = INT64_MAX,
                              .time_max = INT64_MIN,
                              .size_min = UINT64_MAX};
}

/* No double has more significant digits, however it was printed. */
#define DOUBLE_DIGITS 17u

#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define MOST(a, b) ((a) > (b) ? (a) : (b))

/* a / 10^a_at < b / 10^b_at, exactly. */
static bool below(int64_t a, uint32_t a_at, int64_t b, uint32_t b_at)
{
    if (a_at == b_at)
        return a < b;
    __extension__ typedef __int128 wide;
    return (wide)a * (wide)hr_powers_of_ten[b_at] < (wide)b * (wide)hr_powers_of_ten[a_at];
}

/* number / 10^behind is a fraction of the column. */
void hr_infer_widen(hr_infer_facts *facts, int64_t number, uint32_t behind)
{
    bool first = !facts->measured;
    facts->measured = true;
    if (first || below(number, behind, facts->least, facts->least_at)) {
        facts->least = number;
        facts->least_at = behind;
    }
    if (first || below(facts->most, facts->most_at, number, behind)) {
        facts->most = number;
        facts->most_at = behind;
    }
}

void hr_infer_facts_add(hr_infer_facts *sum, const hr_infer_facts *more)
{
    if (more->measured) {
        hr_infer_widen(sum, more->least, more->least_at);
        hr_infer_widen(sum, more->most, more->most_at);
    }
    for (size_t i = 0; i < HR_CLASSES; i++)
        sum->counts[i] += more->counts[i];
    sum->int_min = LEAST(sum->int_min, more->int_min);
    sum->int_max = MOST(sum->int_max, more->int_max);
    sum->day_min = LEAST(sum->day_min, more->day_min);
    sum->day_max = MOST(sum->day_max, more->day_max);
    sum->time_min = LEAST(sum->time_min, more->time_min);
    sum->time_max = MOST(sum->time_max, more->time_max);
    sum->before = MOST(sum->before, more->before);
    sum->behind = MOST(sum->behind, more->behind);
    sum->beyond |= more->beyond;
    sum->size_min = LEAST(sum->size_min, more->size_min);
    sum->size_max = MOST(sum->size_max, more->size_max);
    sum->inexact |= more->inexact;
    sum->words |= more->words;
}

/* ---- fields ------------------------------------------------------------------------------------------------- */

/* Fast access to the fields of a column. */
typedef struct view {
    const hr_batch *batch;
    size_t column;
    bool simple;          /* no escapes, no spellings of null, all rows equally long */
    bool last;            /* the last column of rows that may end in CRLF */
    const uint8_t *limit; /* the end of the batch's text: nothing behind it is read */
    hr_infer_fields fields;
    hr_infer_room *room;
} view;

static inline size_t begin_of(const hr_batch *batch, size_t field)
{
    return batch->offset_bytes == 2 ? ((const uint16_t *)batch->begins)[field]
                                    : ((const uint32_t *)batch->begins)[field];
}

static view view_of(const hr_batch *batch, size_t column, hr_infer_room *room)
{
    view v = {.batch = batch, .column = column, .room = room};
    bool json = batch->cells != NULL;
    v.simple = !json && batch->dialect->escape == HR_NO_BYTE && !batch->nulls && !batch->row_fields;
    v.last = column + 1 == batch->columns && (batch->flags & HR_BATCH_MAY_HAVE_CR);
    if (batch->rows) {
        size_t row = batch->rows - 1, fields = batch->row_fields ? batch->row_fields[row] : batch->columns;
        v.limit = batch->data + (json ? batch->row_first[row] + batch->row_size[row]
                                      : begin_of(batch, batch->row_first[row] + fields) - 1);
    }
    v.fields = (hr_infer_fields){.data = batch->data,
                                 .begins = batch->begins,
                                 .row_first = batch->row_first,
                                 .column = column,
                                 .quote = batch->dialect->quote,
                                 .cr = v.last};
    /* Rows of which every field may be read further than it is long. */
    for (v.fields.rows = v.simple && batch->offset_bytes == 2 ? batch->rows : 0; v.fields.rows > 0; v.fields.rows--)
        if (batch->data + begin_of(batch, batch->row_first[v.fields.rows - 1] + column) + HR_CLASS_READ <= v.limit)
            break;
    return v;
}

static inline hr_field field_at(const view *v, size_t row)
{
    const hr_batch *batch = v->batch;
    if (HR_UNLIKELY(!v->simple))
        return hr_batch_field(batch, row, v->column);
    size_t field = batch->row_first[row] + v->column;
    size_t begin = begin_of(batch, field), end = begin_of(batch, field + 1) - 1;
    const uint8_t *data = batch->data + begin;
    if (HR_UNLIKELY(v->last) && end > begin && batch->data[end - 1] == '\r')
        end--;
    if (begin == end)
        return (hr_field){data, 0, HR_FIELD_NULL};
    if (HR_UNLIKELY(*data == batch->dialect->quote))
        return hr_batch_field(batch, row, v->column);
    return (hr_field){data, end - begin, 0};
}

/* The value of a field of some bytes, HR_CLASS_READ of which can be read. */
static hr_status make_readable(view *v, const hr_field *field, const uint8_t **text, size_t *size, hr_error *err)
{
    *text = field->data;
    *size = field->size;
    if (field->flags & HR_FIELD_ESCAPED) {
        v->room->value.size = 0;
        uint8_t *room = hr_buffer_room(&v->room->value, field->size + HR_CLASS_READ);
        if (!room)
            return hr_fail_memory(err, "inferring types");
        *size = hr_field_copy(*field, v->batch->dialect, room);
        memset(room + *size, 0, HR_CLASS_READ);
        *text = room;
    } else if (field->size < HR_CLASS_READ && field->data + HR_CLASS_READ > v->limit) {
        memset(v->room->padded, 0, sizeof v->room->padded);
        memcpy(v->room->padded, field->data, field->size);
        *text = v->room->padded;
    }
    return HR_OK;
}

/* ---- classes ------------------------------------------------------------------------------------------------ */

/* Brackets at both ends may hold JSON or anything. */
static hr_status prove_json(const uint8_t *text, size_t size, hr_classed *value, hr_error *err)
{
    hr_json_document *document;
    hr_status status = hr_json_parse(text, size, NULL, &document, err);
    if (status == HR_OK)
        hr_json_free(document);
    else if (status == HR_E_MEMORY)
        return status;
    else
        value->kind = HR_CLASS_TEXT;
    return HR_OK;
}

static void classify_member(const hr_field *field, const uint8_t *text, size_t size, hr_classed *value)
{
    if (field->flags & HR_FIELD_QUOTED)
        hr_class_of_string(text, size, value);
    else if (*text == '{' || *text == '[')
        value->kind = HR_CLASS_JSON;
    else
        hr_class_of(text, size, value);
}

static hr_status classify(const hr_field *field, const uint8_t *text, size_t size, hr_classed *value, hr_error *err)
{
    if (field->flags & HR_FIELD_JSON) {
        classify_member(field, text, size, value);
        return HR_OK;
    }
    hr_class_of(text, size, value);
    return value->kind == HR_CLASS_JSON ? prove_json(text, size, value, err) : HR_OK;
}

static void add_number(hr_infer_facts *facts, const hr_classed *value)
{
    facts->before = MOST(facts->before, value->before);
    facts->behind = MOST(facts->behind, value->behind);
    facts->beyond |= (uint64_t)value->before + value->behind > DOUBLE_DIGITS;
    if (value->exact)
        hr_infer_widen(facts, value->number, value->behind);
    else
        facts->inexact = true;
}

void hr_infer_add(hr_infer_facts *facts, const hr_classed *value)
{
    switch (value->kind) {
    case HR_CLASS_INT:
        facts->int_min = LEAST(facts->int_min, value->number);
        facts->int_max = MOST(facts->int_max, value->number);
        facts->before = MOST(facts->before, value->before);
        break;
    case HR_CLASS_BIG: facts->before = MOST(facts->before, value->before); break;
    case HR_CLASS_FRACTION: add_number(facts, value); break;
    case HR_CLASS_BOOL: facts->words |= (uint32_t)value->number; break;
    case HR_CLASS_DATE:
        facts->day_min = LEAST(facts->day_min, value->number);
        facts->day_max = MOST(facts->day_max, value->number);
        break;
    case HR_CLASS_STAMP:
    case HR_CLASS_ZONED:
        facts->time_min = LEAST(facts->time_min, value->number);
        facts->time_max = MOST(facts->time_max, value->number);
        break;
    default: break;
    }
}

/* Characters are counted where their number could be a new least or most: there are no more of them than bytes, and no
 * fewer than a quarter of these. */
static inline void add_size(hr_infer_facts *facts, const hr_classed *value, const uint8_t *text, size_t size)
{
    if (size <= facts->size_max && size / 4 >= facts->size_min)
        return;
    size_t count = value->kind < HR_CLASS_JSON ? size : hr_class_characters(text, size);
    facts->size_min = LEAST(facts->size_min, count);
    facts->size_max = MOST(facts->size_max, count);
}

static hr_status scan_one(view *v, const hr_field *field, hr_infer_facts *facts, hr_classed *value, hr_error *err)
{
    const uint8_t *text;
    size_t size;
    hr_status status = make_readable(v, field, &text, &size, err);
    if (status == HR_OK && size == 0) {
        value->kind = HR_CLASS_EMPTY;
        facts->size_min = 0;
    } else if (status == HR_OK) {
        status = classify(field, text, size, value, err);
        hr_infer_add(facts, value);
        add_size(facts, value, text, size);
    }
    facts->counts[value->kind]++;
    return status;
}

hr_status hr_infer_scan(const hr_batch *batch, size_t column, hr_infer_facts *facts, hr_infer_room *room,
                        uint32_t *seen, hr_error *err)
{
    view v = view_of(batch, column, room);
    hr_classed value = {.kind = facts->last};
    for (size_t row = 0; row < batch->rows;) {
        row = hr_infer_stride(&v.fields, row, value.kind, facts, seen);
        if (row == batch->rows)
            break;
        hr_field field = field_at(&v, row++);
        if (field.flags & HR_FIELD_NULL) {
            facts->counts[HR_CLASS_NULL]++;
            *seen |= 1u << HR_CLASS_NULL;
            continue;
        }
        hr_status status = scan_one(&v, &field, facts, &value, err);
        if (status != HR_OK)
            return status;
        *seen |= 1u << value.kind;
    }
    facts->last = value.kind;
    return HR_OK;
}

hr_status hr_infer_look(const hr_batch *batch, size_t row, size_t column, hr_infer_room *room, hr_value_class *kind,
                        const uint8_t **text, size_t *size, hr_error *err)
{
    view v = view_of(batch, column, room);
    hr_field field = field_at(&v, row);
    hr_classed value = {.kind = HR_CLASS_NULL};
    *text = field.data;
    *size = field.size;
    hr_status status = HR_OK;
    if (!(field.flags & HR_FIELD_NULL)) {
        status = make_readable(&v, &field, text, size, err);
        value.kind = HR_CLASS_EMPTY;
        if (status == HR_OK && *size > 0)
            status = classify(&field, *text, *size, &value, err);
    }
    if (*text == room->padded)
        *text = field.data;
    *kind = value.kind;
    return status;
}
