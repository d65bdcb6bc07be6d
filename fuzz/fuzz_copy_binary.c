/* fuzz_copy_binary.c: any rows in COPY's binary format: each field, taken apart by a decoder of the document, is what
 * the field of the input says; a row that is told leaves nothing behind; rows one by one are the rows all at once. The
 * first bytes choose the types of three columns, and the language. */
#include "core/output/copy_binary.h"
#include "core/rows/value.h"
#include "fuzz/fuzz.h"

#define DECODED(holds) PROMISE(holds)
#include "tests/reference/copy_decoder.h"

#define COLUMNS 3u

typedef struct typed_pair {
    hr_column declared;
    unsigned oid, digits;
    uint32_t guards;
    bool read;
} typed_pair;

static const typed_pair pairs[] = {
    {{.type = HR_TYPE_BOOL}, .oid = BOOL},
    {{.type = HR_TYPE_INT64}, .oid = INT2},
    {{.type = HR_TYPE_INT64}, .oid = INT4},
    {{.type = HR_TYPE_INT64}, .oid = INT8},
    {{.type = HR_TYPE_INT64}, .oid = NUMERIC},
    {{.type = HR_TYPE_INT64}, .oid = FLOAT8},
    {{.type = HR_TYPE_DECIMAL, .precision = 38, .scale = 19}, .oid = NUMERIC},
    {{.type = HR_TYPE_DECIMAL, .precision = 38, .scale = 19}, .oid = NUMERIC, .guards = HR_COPY_SCALE, .digits = 2},
    {{.type = HR_TYPE_DECIMAL, .precision = 20, .scale = 3}, .oid = FLOAT8},
    {{.type = HR_TYPE_FLOAT64}, .oid = FLOAT8},
    {{.type = HR_TYPE_DATE}, .oid = DATE},
    {{.type = HR_TYPE_DATE}, .oid = TIMESTAMP},
    {{.type = HR_TYPE_TIMESTAMP}, .oid = TIMESTAMP, .guards = HR_COPY_FRACTION, .digits = 3},
    {{.type = HR_TYPE_TIMESTAMP, .zoned = true}, .oid = TIMESTAMPTZ, .guards = HR_COPY_FRACTION, .digits = 6},
    {{.type = HR_TYPE_UUID}, .oid = UUID},
    {{.type = HR_TYPE_TEXT}, .oid = TEXT},
    {{.type = HR_TYPE_TEXT}, .oid = VARCHAR, .guards = HR_COPY_LETTERS, .digits = 4},
    {{.type = HR_TYPE_TEXT}, .oid = JSONB},
    {{.type = HR_TYPE_JSON}, .oid = JSON},
    {{.type = HR_TYPE_JSON}, .oid = JSONB},
    {{.type = HR_TYPE_INT64}, .oid = TEXT},
    /* Declared as texts, which say nothing, and read as the columns read them. */
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = BOOL},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = INT2},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = INT4},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = INT8},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = NUMERIC},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = NUMERIC, .guards = HR_COPY_SCALE, .digits = 2},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = FLOAT4},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = FLOAT8},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = DATE},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = TIMESTAMP},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = TIMESTAMPTZ, .guards = HR_COPY_FRACTION, .digits = 3},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = UUID},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = TEXT},
    {{.type = HR_TYPE_TEXT}, .read = true, .oid = TIME, .guards = HR_COPY_FRACTION, .digits = 3},
};

/* ---- what the input says ------------------------------------------------------------------------------------- */

typedef struct given_value {
    const uint8_t *data;
    size_t size;
    bool null;
    uint8_t *own;
} given_value;

/* JSON that is declared as such is as it is written. */
static given_value value_of(const hr_batch *batch, size_t row, size_t column, const typed_pair *pair)
{
    hr_field field = hr_batch_field(batch, row, column);
    given_value out = {.data = field.data, .size = field.size, .null = field.flags & HR_FIELD_NULL};
    if (batch->cells && pair->declared.type == HR_TYPE_JSON) {
        hr_span cell = batch->cells[row * batch->columns + column];
        out.data = batch->data + cell.begin;
        out.size = cell.size;
    } else if (!out.null) {
        out.own = malloc(field.size + 1);
        PROMISE(out.own);
        out.size = hr_field_copy(field, batch->dialect, out.own);
        out.data = out.own;
    }
    return out;
}

/* 12.50 of +12.50 and 012.50, 0.5 of .5, 5 of 5., 0.00 of -0.00. */
static char *plain_decimal(const char *text)
{
    bool negative = *text == '-', some = strpbrk(text, "123456789") != NULL;
    text += *text == '-' || *text == '+';
    while (*text == '0' && text[1] >= '0' && text[1] <= '9')
        text++;
    size_t size = strlen(text);
    return text_of("%s%s%.*s", negative && some ? "-" : "", *text == '.' ? "0" : "",
                   (int)(size && text[size - 1] == '.' ? size - 1 : size), text);
}

static char *lower(const char *text)
{
    char *out = strdup(text);
    for (char *p = out; p && *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    return out;
}

static char *expected(const typed_pair *pair, const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    bool truth;
    int32_t day;
    int64_t number;
    switch (pair->oid) {
    case BOOL: PROMISE(!hr_value_bool(bytes, size, &truth)); return strdup(truth ? "t" : "f");
    case INT2:
    case INT4:
    case INT8: return text_of("%lld", strtoll(text, NULL, 10));
    case FLOAT4: return text_of("%.9g", (double)strtof(text, NULL));
    case FLOAT8: {
        double value = strtod(text, NULL);
        PROMISE(!pair->read || (value == value && value - value == 0));
        return value != value ? strdup("nan") : text_of("%.17g", value);
    }
    case NUMERIC: return plain_decimal(text);
    case UUID: return lower(text);
    case DATE: return strdup(text);
    default: break;
    }
    bool zoned = pair->read ? pair->oid == TIMESTAMPTZ : pair->declared.zoned;
    if (pair->declared.type == HR_TYPE_DATE || (pair->read && pair->oid == TIMESTAMP && size == 10)) {
        PROMISE(!hr_value_date(bytes, size, &day));
        return say_time((day - 10957) * HR_DAY_MICROSECONDS);
    }
    char *moment = text_of("%s%s", pair->oid == TIME ? "2000-01-01 " : "", text);
    PROMISE(!hr_value_timestamp((const uint8_t *)moment, strlen(moment), zoned, &number));
    free(moment);
    return say_time(number - 10957 * HR_DAY_MICROSECONDS);
}

/* ---- what was written ---------------------------------------------------------------------------------------- */

static void same_value(const typed_pair *pair, const given_value *value, tape field)
{
    size_t size = (size_t)(field.end - field.at);
    if (pair->oid == JSONB) {
        PROMISE(size && *field.at++ == 1);
        size--;
    }
    if (pair->oid == TEXT || pair->oid == VARCHAR || pair->oid == JSON || pair->oid == JSONB) {
        PROMISE(size == value->size && (!size || !memcmp(field.at, value->data, size)));
        return;
    }
    char *text = strndup((const char *)value->data, value->size);
    char *wanted = expected(pair, text, value->size), *said = say(pair->oid, field);
    PROMISE(wanted && said && !strcmp(wanted, said));
    free(text);
    free(wanted);
    free(said);
}

static void same_row(const hr_batch *batch, size_t row, const typed_pair *const *chosen, tape tuple)
{
    PROMISE(take(&tuple, 2) == COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        int32_t size = (int32_t)take(&tuple, 4);
        given_value value = value_of(batch, row, i, chosen[i]);
        PROMISE(size >= -1 && size <= tuple.end - tuple.at && (size < 0) == value.null);
        if (size >= 0) {
            same_value(chosen[i], &value, (tape){tuple.at, tuple.at + size});
            tuple.at += size;
        }
        free(value.own);
    }
    PROMISE(tuple.at == tuple.end);
}

static void same_batch(const hr_copy_binary *copy, const hr_batch *batch, const typed_pair *const *chosen)
{
    hr_buffer single = {0}, whole = {0};
    hr_error err;
    const hr_parcel parcel = {.batch = batch};
    for (size_t row = 0; row < batch->rows; row++) {
        size_t at = row, before = single.size;
        hr_status status = hr_copy_binary_rows(copy, &parcel, 0, &at, row + 1, SIZE_MAX, &single, &err);
        PROMISE(status == HR_OK ? at == row + 1 : status == HR_AGAIN && at == row && single.size == before);
        if (status == HR_OK)
            same_row(batch, row, chosen, (tape){single.data + before, single.data + single.size});
    }
    for (size_t at = 0; at < batch->rows;)
        at += hr_copy_binary_rows(copy, &parcel, 0, &at, batch->rows, SIZE_MAX, &whole, &err) == HR_AGAIN;
    PROMISE(single.size == whole.size && (!whole.size || !memcmp(single.data, whole.data, whole.size)));
    hr_buffer_free(&single);
    hr_buffer_free(&whole);
}

static hr_copy_binary *plan(const typed_pair *const *chosen, hr_schema **schema)
{
    static const char *const names[COLUMNS] = {"column_1", "column_2", "column_3"};
    hr_binary_column columns[COLUMNS] = {0};
    hr_column declared[COLUMNS];
    hr_copy_binary *copy = NULL;
    hr_error err;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        uint8_t room[8];
        declared[i] = chosen[i]->declared;
        declared[i].name = names[i];
        columns[i].as_text = (hr_copy_column){.column = i, .guards = chosen[i]->guards, .digits = chosen[i]->digits};
        columns[i].vector = i;
        const hr_column *known = chosen[i]->read ? NULL : &chosen[i]->declared;
        hr_binary_choose(&(hr_binary_place){.base = chosen[i]->oid, .declared = known}, &columns[i], room);
        PROMISE(columns[i].kind != HR_BINARY_NONE);
    }
    PROMISE(hr_schema_new(declared, COLUMNS, schema, &err) == HR_OK);
    PROMISE(hr_copy_binary_new(columns, COLUMNS, &copy, &err) == HR_OK);
    return copy;
}

static hr_reader *open_reader(const uint8_t *data, size_t size, bool ndjson)
{
    hr_options *options = NULL;
    hr_reader *reader = NULL;
    hr_error err;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    PROMISE(hr_options_new(table, count, &options, &err) == HR_OK &&
            hr_options_set(options, "format", ndjson ? "ndjson" : "csv", &err) == HR_OK &&
            hr_options_set(options, "encoding", "utf-8", &err) == HR_OK &&
            (ndjson || (hr_options_set(options, "delimiter", ",", &err) == HR_OK &&
                        hr_options_set(options, "header", "no", &err) == HR_OK &&
                        hr_options_set(options, "ragged", "pad", &err) == HR_OK)) &&
            hr_reader_open_memory(data, size, options, &reader, &err) == HR_OK);
    hr_options_free(options);
    return reader;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const typed_pair *chosen[COLUMNS];
    hr_schema *schema = NULL;
    hr_error err;
    hr_batch *batch;
    if (size < COLUMNS + 1)
        return 0;
    for (size_t i = 0; i < COLUMNS; i++)
        chosen[i] = &pairs[data[i] % (sizeof pairs / sizeof *pairs)];
    hr_reader *reader = open_reader(data + COLUMNS + 1, size - COLUMNS - 1, data[COLUMNS] & 1);
    hr_copy_binary *copy = plan(chosen, &schema);
    if (hr_reader_schema(reader, schema, true, &err) == HR_OK)
        while (hr_reader_next(reader, &batch, &err) == HR_OK) {
            if (batch->columns >= COLUMNS)
                same_batch(copy, batch, chosen);
            hr_batch_release(batch);
        }
    hr_copy_binary_free(copy);
    hr_reader_close(reader);
    hr_schema_free(schema);
    return 0;
}
