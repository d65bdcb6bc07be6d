/* test_output.c: what the writers write reads back as the same values. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/output.h"
#include "tests/unit/support.h"

/* ---- a batch made by hand, and the values it stands for ------------------------------------------------------ */

typedef struct value {
    bool null;
    size_t size;
    uint8_t bytes[64];
} value;

typedef struct table {
    size_t rows, columns;
    value *values; /* [rows * columns] */
    uint8_t *data;
    size_t size;
    uint32_t *begins, *row_first;
    uint16_t *narrow;
    hr_dialect dialect;
    hr_batch batch;
} table;

static const char *const pieces[] = {",",
                                     ";",
                                     "\"",
                                     "'",
                                     "\n",
                                     "\r",
                                     "\r\n",
                                     "\\",
                                     "\t",
                                     "a",
                                     "bc",
                                     "0",
                                     " ",
                                     "\x01",
                                     "\x1f",
                                     "\x7f",
                                     "\xC3\xA9",
                                     "\xE2\x82\xAC",
                                     "\xF0\x9F\x98\x80",
                                     "\xEF\xBB\xBF",
                                     "NULL",
                                     "a long run of plain text"};

static value random_value(bool plain)
{
    value v = {0};
    if (rnd(8) == 0) {
        v.null = true;
        return v;
    }
    for (uint32_t n = rnd(6); n; n--) {
        const char *piece = plain ? (const char *[]){"a", "bc", "0", " ", "12345678", "\xC3\xA9"}[rnd(6)]
                                  : pieces[rnd(HR_COUNT(pieces))];
        size_t size = strlen(piece);
        if (!plain && rnd(40) == 0)
            piece = "\0", size = 1;
        if (v.size + size > sizeof v.bytes)
            break;
        memcpy(v.bytes + v.size, piece, size);
        v.size += size;
    }
    return v;
}

static void put(table *t, const void *data, size_t size)
{
    memcpy(t->data + t->size, data, size);
    t->size += size;
}

/* Writes the value as an input would have it: quoted when it must be, and now and then when it need not. */
static void put_value(table *t, const value *v)
{
    uint8_t quote = (uint8_t)t->dialect.quote;
    if (v->null)
        return;
    bool must = v->size == 0 || v->bytes[0] == quote;
    for (size_t i = 0; i < v->size; i++)
        must = must || v->bytes[i] == t->dialect.delimiter || v->bytes[i] == '\n' || v->bytes[i] == '\r';
    if (!must && rnd(4)) {
        put(t, v->bytes, v->size); /* a quote in the middle stays as it is */
        return;
    }
    put(t, &quote, 1);
    for (size_t i = 0; i < v->size; i++) {
        if (v->bytes[i] == quote)
            put(t, &quote, 1);
        put(t, v->bytes + i, 1);
    }
    put(t, &quote, 1);
}

static table table_new(size_t rows, size_t columns, hr_dialect dialect, int newline, bool plain, bool narrow)
{
    table t = {.rows = rows, .columns = columns, .dialect = dialect};
    static const char *const newlines[] = {"\n", "\r\n", "\r"};
    t.values = calloc(rows * columns, sizeof *t.values);
    t.data = malloc(rows * columns * 140 + 16);
    t.begins = calloc(rows * columns + 1, sizeof *t.begins);
    t.narrow = calloc(rows * columns + 1, sizeof *t.narrow);
    t.row_first = calloc(rows, sizeof *t.row_first);
    for (size_t r = 0; r < rows; r++) {
        t.row_first[r] = (uint32_t)(r * columns);
        for (size_t c = 0; c < columns; c++) {
            value *v = &t.values[r * columns + c];
            *v = random_value(plain);
            if (columns == 1)
                v->null = false; /* a blank line is no row */
            put_value(&t, v);
            if (c + 1 < columns)
                put(&t, &(uint8_t){(uint8_t)dialect.delimiter}, 1);
            else if (newline < 3)
                put(&t, newlines[newline], strlen(newlines[newline]));
            else
                put(&t, newlines[r % 3 == 0 ? 0 : r % 3 == 1 ? 1 : 0], r % 3 == 1 ? 2 : 1);
            t.begins[r * columns + c + 1] = (uint32_t)t.size;
        }
    }
    for (size_t i = 0; narrow && i <= rows * columns; i++)
        t.narrow[i] = (uint16_t)t.begins[i];
    return t;
}

static hr_batch *batch_of(table *t, bool narrow)
{
    t->batch = (hr_batch){.data = t->data,
                          .begins = narrow ? (void *)t->narrow : (void *)t->begins,
                          .offset_bytes = narrow ? 2 : 4,
                          .rows = (uint32_t)t->rows,
                          .columns = (uint32_t)t->columns,
                          .row_first = t->row_first,
                          .first_row = 1,
                          .dialect = &t->dialect,
                          .flags = HR_BATCH_MAY_HAVE_CR};
    return &t->batch;
}

static void table_free(table *t)
{
    free(t->values);
    free(t->data);
    free(t->begins);
    free(t->narrow);
    free(t->row_first);
}

/* ---- reading back, independently of the code under test ------------------------------------------------------ */

typedef struct cells {
    value *items;
    size_t count, rows, capacity;
} cells;

static value *cell_new(cells *c)
{
    if (c->count == c->capacity)
        c->items = realloc(c->items, (c->capacity = c->capacity * 2 + 64) * sizeof *c->items);
    c->items[c->count] = (value){.null = true};
    return &c->items[c->count++];
}

static void cell_add(value *v, uint8_t byte)
{
    cr_assert_lt(v->size, sizeof v->bytes);
    v->bytes[v->size++] = byte;
    v->null = false;
}

/* RFC 4180 with LF: blank lines would be skipped, and must not be there. */
static cells read_csv(const uint8_t *data, size_t size, char delimiter, char quote)
{
    cells c = {0};
    size_t i = 0;
    while (i < size) {
        cr_assert_neq(data[i], '\n', "a blank line was written");
        for (bool row = true; row;) {
            value *v = cell_new(&c);
            if (i < size && data[i] == (uint8_t)quote) {
                v->null = false;
                for (i++;; i++) {
                    cr_assert_lt(i, size, "a quote never closes");
                    if (data[i] == (uint8_t)quote && (++i == size || data[i] != (uint8_t)quote))
                        break;
                    cell_add(v, data[i]);
                }
            } else {
                for (; i < size && data[i] != (uint8_t)delimiter && data[i] != '\n'; i++) {
                    cr_assert_neq(data[i], '\r');
                    cr_assert_neq(data[i], (uint8_t)quote, "an unquoted field holds a quote");
                    cell_add(v, data[i]);
                }
            }
            cr_assert_lt(i, size, "the last row has no newline");
            cr_assert(data[i] == (uint8_t)delimiter || data[i] == '\n');
            row = data[i++] != '\n';
        }
        c.rows++;
    }
    return c;
}

/* The objects of NDJSON as cells; numbers as their text. Keys must be `names` in order. */
static size_t read_json_string(const uint8_t *data, size_t i, size_t size, value *v)
{
    v->null = false;
    cr_assert_eq(data[i], '"');
    for (i++; data[i] != '"'; i++) {
        cr_assert_lt(i, size);
        cr_assert_geq(data[i], 0x20, "a control character stands in a string");
        if (data[i] != '\\') {
            cell_add(v, data[i]);
            continue;
        }
        const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t", *hit = strchr(from, data[++i]);
        if (hit) {
            cell_add(v, (uint8_t)to[hit - from]);
        } else {
            cr_assert_eq(data[i], 'u');
            char hex[5] = {(char)data[i + 1], (char)data[i + 2], (char)data[i + 3], (char)data[i + 4], 0};
            unsigned long code = strtoul(hex, NULL, 16);
            cr_assert_lt(code, 0x20);
            cell_add(v, (uint8_t)code);
            i += 4;
        }
    }
    return i + 1;
}

static cells read_ndjson(const uint8_t *data, size_t size, const char *const *names, size_t columns)
{
    cells c = {0};
    for (size_t i = 0; i < size; c.rows++) {
        for (size_t n = 0; n < columns; n++) {
            value key = {0};
            cr_assert_eq(data[i], n ? ',' : '{', "byte %zu", i);
            i = read_json_string(data, i + 1, size, &key);
            cr_assert(key.size == strlen(names[n]) && !memcmp(key.bytes, names[n], key.size), "key %.*s", (int)key.size,
                      key.bytes);
            cr_assert_eq(data[i++], ':');
            value *v = cell_new(&c);
            if (!memcmp(data + i, "null", 4))
                i += 4;
            else if (data[i] == '"')
                i = read_json_string(data, i, size, v);
            else
                for (; data[i] >= '0' && data[i] <= '9'; i++)
                    cell_add(v, data[i]);
        }
        cr_assert(data[i] == '}' && data[i + 1] == '\n');
        i += 2;
    }
    return c;
}

static bool same(const value *a, const value *b)
{
    return a->null == b->null && a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

/* ---- helpers ------------------------------------------------------------------------------------------------- */

static const char *const names8[] = {"a", "b", "c,1", "d\"q", "e\n", "f", "g", "h"};
static const hr_dialect comma = {',', '"', HR_NO_BYTE, HR_NO_BYTE};

static hr_writer_options options_of(hr_format format, size_t columns)
{
    return (hr_writer_options){
        .format = format, .dialect = comma, .header = true, .columns = names8, .column_count = columns};
}

static hr_writer *writer_of(const hr_writer_options *options)
{
    hr_writer *writer = NULL;
    hr_error err;
    cr_assert_eq(hr_writer_new(options, &writer, &err), HR_OK, "%s", err.text);
    return writer;
}

static void write_rows(hr_writer *writer, const hr_parcel *parcel, hr_buffer *out)
{
    hr_error err;
    cr_assert_eq(hr_writer_rows(writer, parcel, out, &err), HR_OK, "%s", err.text);
}

static hr_buffer write_text(const hr_writer_options *options, const hr_parcel *parcel)
{
    hr_buffer out = {0};
    hr_error err;
    hr_writer *writer = writer_of(options);
    cr_assert_eq(hr_writer_header(writer, &out, &err), HR_OK);
    write_rows(writer, parcel, &out);
    hr_writer_free(writer);
    return out;
}

/* A batch of one given text whose rows end in LF and whose fields hold no delimiter or newline. */
static table table_of_text(const char *text, size_t columns)
{
    table t = {.columns = columns, .dialect = comma};
    t.size = strlen(text);
    t.data = (uint8_t *)strdup(text);
    t.begins = calloc(t.size + 1, sizeof *t.begins);
    t.row_first = calloc(t.size + 1, sizeof *t.row_first);
    size_t field = 0;
    for (size_t i = 0; i < t.size; i++)
        if (text[i] == ',' || text[i] == '\n') {
            t.begins[++field] = (uint32_t)i + 1;
            if (text[i] == '\n')
                t.row_first[++t.rows] = (uint32_t)field;
        }
    return t;
}

static void assert_text(hr_buffer *out, const char *expected)
{
    cr_assert(out->size == strlen(expected) && !memcmp(out->data, expected, out->size), "wrote:\n%.*s\nexpected:\n%s",
              (int)out->size, (const char *)out->data, expected);
    hr_buffer_free(out);
}

/* ---- CSV ----------------------------------------------------------------------------------------------------- */

static void check_csv(table *t, hr_dialect output, bool narrow, const uint32_t *rows, size_t row_count)
{
    hr_parcel parcel = {.batch = batch_of(t, narrow), .rows = rows, .row_count = row_count};
    hr_writer_options options = options_of(HR_FORMAT_CSV, t->columns);
    options.dialect = output;
    options.quote_style = (hr_quote_style)rnd(3);
    hr_buffer out = write_text(&options, &parcel);
    cells c = read_csv(out.data, out.size, (char)output.delimiter, (char)output.quote);
    cr_assert_eq(c.rows, row_count + 1);
    cr_assert_eq(c.count, (row_count + 1) * t->columns);
    for (size_t i = 0; i < t->columns; i++)
        cr_assert(c.items[i].size == strlen(names8[i]) && !memcmp(c.items[i].bytes, names8[i], c.items[i].size));
    for (size_t r = 0; r < row_count; r++)
        for (size_t i = 0; i < t->columns; i++) {
            const value *expected = &t->values[(rows ? rows[r] : r) * t->columns + i],
                        *got = &c.items[(r + 1) * t->columns + i];
            cr_assert(same(expected, got), "row %zu column %zu: \"%.*s\" became \"%.*s\"", r, i, (int)expected->size,
                      expected->bytes, (int)got->size, got->bytes);
        }
    free(c.items);
    hr_buffer_free(&out);
}

Test(csv, reads_back_as_the_same_values_whatever_they_hold)
{
    const hr_dialect dialects[] = {comma, {';', '"', -1, -1}, {'\t', '\'', -1, -1}, {',', '\'', -1, -1}};
    for (int round = 0; round < 300; round++) {
        hr_dialect in = dialects[rnd(4)], outgoing = rnd(2) ? in : dialects[rnd(4)];
        size_t rows = 1 + rnd(60), columns = 1 + rnd(8);
        bool narrow = rnd(2);
        table t = table_new(rows, columns, in, (int)rnd(4), rnd(3) == 0, narrow);
        check_csv(&t, outgoing, narrow, NULL, rows);
        uint32_t some[64];
        size_t count = 0;
        for (uint32_t r = 0; r < rows; r++)
            if (rnd(3))
                some[count++] = r;
        check_csv(&t, outgoing, narrow, some, count);
        table_free(&t);
    }
}

Test(csv, plain_rows_pass_byte_for_byte)
{
    const char *text = "1,two,\n,,3\n4,\xC3\xA9,x y\n";
    table t = table_of_text(text, 3);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 3);
    options.header = false;
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, text);
    table_free(&t);
}

Test(csv, rows_next_to_rejected_ones_do_not_bring_them_along)
{
    table t = table_of_text("a,b\nBAD,BAD\nc,d\ne,f\n", 2);
    t.row_first[1] = t.row_first[2], t.row_first[2] = t.row_first[3];
    t.rows = 3;
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "a,b\na,b\nc,d\ne,f\n");
    table_free(&t);
}

Test(csv, a_null_alone_in_its_row_is_no_blank_line)
{
    table t = table_of_text("a,\n,c\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    options.select = (const uint32_t[]){1};
    options.select_count = 1;
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "b\n\"\"\nc\n");
    table_free(&t);
}

Test(csv, null_and_the_empty_string_stay_apart)
{
    table t = table_of_text("\"\",\n,\"\"\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "a,b\n\"\",\n,\"\"\n");
    table_free(&t);
}

Test(csv, quotes_that_are_not_needed_are_not_kept)
{
    table t = table_of_text("\"a\",\"b c\"\n\"it\"\"s\",5\" pipe\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "a,b\na,b c\n\"it\"\"s\",\"5\"\" pipe\"\n");
    table_free(&t);
}

Test(csv, escapes_of_the_input_are_undone)
{
    table t = table_of_text("a\\;b,\"c\\\"d\"\n", 2);
    t.dialect.escape = '\\';
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    options.dialect.delimiter = ';';
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "a;b\n\"a;b\";\"c\"\"d\"\n");
    table_free(&t);
}

Test(csv, a_padded_row_gets_its_missing_fields_as_null)
{
    table t = table_of_text("1,2,3\n4\n5,6\n", 3);
    uint32_t fields[] = {3, 1, 2};
    hr_batch *batch = batch_of(&t, false);
    batch->row_fields = fields;
    hr_writer_options options = options_of(HR_FORMAT_CSV, 3);
    options.header = false;
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch});
    assert_text(&out, "1,2,3\n4,,\n5,6,\n");
    table_free(&t);
}

Test(csv, a_first_value_like_a_byte_order_mark_is_kept)
{
    table t = table_of_text("\xEF\xBB\xBFx,1\n\xEF\xBB\xBFy,2\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "a,b\n\xEF\xBB\xBFx,1\n\xEF\xBB\xBFy,2\n");
    options.header = false;
    out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "\"\xEF\xBB\xBFx\",1\n\"\xEF\xBB\xBFy\",2\n");
    table_free(&t);
}

Test(csv, lineage_comes_behind_the_columns_and_gives_way_to_names_of_the_input)
{
    table t = table_of_text("1,2\n\"3\",4\n", 2);
    const char *names[] = {"_row", "_row_2"};
    const uint64_t offsets[] = {20, 24};
    hr_writer_options options = {.format = HR_FORMAT_CSV,
                                 .dialect = comma,
                                 .header = true,
                                 .columns = names,
                                 .column_count = 2,
                                 .lineage = true,
                                 .source = "or,ders",
                                 .file = "/in/a\xFF.csv",
                                 .ingested_ns = 1000000000};
    hr_batch *batch = batch_of(&t, false);
    batch->first_row = 7;
    hr_parcel parcel = {.batch = batch, .keys = (const uint8_t *)"\x01\xAB\x00\xFF", .key_size = 2};
    hr_buffer out = write_text(&options, &parcel);
    assert_text(&out, "_row,_row_2,_source,_file,_row_3,_offset,_ingested_at,_key\n"
                      "1,2,\"or,ders\",/in/a\xEF\xBF\xBD.csv,7,,1970-01-01T00:00:01.000Z,01ab\n"
                      "3,4,\"or,ders\",/in/a\xEF\xBF\xBD.csv,8,,1970-01-01T00:00:01.000Z,00ff\n");
    batch->row_offset = offsets;
    parcel.keys = NULL;
    options.columns = names8;
    out = write_text(&options, &parcel);
    assert_text(&out, "a,b,_source,_file,_row,_offset,_ingested_at,_key\n"
                      "1,2,\"or,ders\",/in/a\xEF\xBF\xBD.csv,7,20,1970-01-01T00:00:01.000Z,\n"
                      "3,4,\"or,ders\",/in/a\xEF\xBF\xBD.csv,8,24,1970-01-01T00:00:01.000Z,\n");
    table_free(&t);
}

Test(csv, every_value_is_quoted_where_that_is_asked_for_but_null)
{
    const char *text = "1,two,\n\"\",\"a\"\"b\",3\n4,5,6\n";
    const hr_quote_style styles[] = {HR_QUOTE_STRINGS, HR_QUOTE_ALL}; /* all are strings where no type is known */
    for (size_t i = 0; i < 2; i++) {
        table t = table_of_text(text, 3);
        hr_writer_options options = options_of(HR_FORMAT_CSV, 3);
        options.quote_style = styles[i];
        hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
        assert_text(&out, "\"a\",\"b\",\"c,1\"\n\"1\",\"two\",\n\"\",\"a\"\"b\",\"3\"\n"
                          "\"4\",\"5\",\"6\"\n");
        table_free(&t);
    }
}

Test(csv, numbers_and_truth_values_stand_bare_where_their_types_are_known)
{
    const hr_type types[] = {HR_TYPE_TEXT, HR_TYPE_INT64, HR_TYPE_DATE, HR_TYPE_BOOL};
    table t = table_of_text("1,2,2026-01-01,yes\n,,,\n", 4);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 4);
    options.quote_style = HR_QUOTE_STRINGS;
    options.types = types;
    options.select = (const uint32_t[]){3, 2, 1, 0};
    options.select_count = 4;
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "\"d\"\"q\",\"c,1\",\"b\",\"a\"\nyes,\"2026-01-01\",2,\"1\"\n,,,\n");
    options.quote_style = HR_QUOTE_ALL;
    out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(&out, "\"d\"\"q\",\"c,1\",\"b\",\"a\"\n\"yes\",\"2026-01-01\",\"2\",\"1\"\n,,,\n");
    table_free(&t);
}

Test(csv, lineage_is_quoted_as_the_rest)
{
    table t = table_of_text("1\n", 1);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 1);
    hr_parcel parcel = {.batch = batch_of(&t, false), .keys = (const uint8_t *)"\x01\xAB", .key_size = 2};
    const uint64_t offset = 20;
    parcel.batch = batch_of(&t, false);
    ((hr_batch *)parcel.batch)->row_offset = &offset;
    options.header = false;
    options.lineage = true;
    options.source = "orders";
    options.ingested_ns = 1000000000;
    options.quote_style = HR_QUOTE_ALL;
    hr_buffer out = write_text(&options, &parcel);
    assert_text(&out, "\"1\",\"orders\",,\"1\",\"20\",\"1970-01-01T00:00:01.000Z\",\"01ab\"\n");
    options.quote_style = HR_QUOTE_STRINGS;
    out = write_text(&options, &parcel);
    assert_text(&out, "\"1\",\"orders\",,1,20,\"1970-01-01T00:00:01.000Z\",\"01ab\"\n");
    table_free(&t);
}

Test(csv, long_values_pass_whole)
{
    size_t size = 300000;
    table t = {.rows = 1,
               .columns = 2,
               .dialect = comma,
               .data = malloc(size + 8),
               .begins = calloc(3, 4),
               .row_first = calloc(1, 4)};
    memset(t.data, 'x', size + 8);
    t.data[0] = '"', t.data[5] = '"', t.data[6] = '"', t.data[size - 1] = '"', t.data[size] = ',',
    t.data[size + 2] = '\n';
    t.begins[1] = (uint32_t)size + 1, t.begins[2] = (uint32_t)size + 3;
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    options.header = false;
    hr_parcel parcel = {.batch = batch_of(&t, false)};
    hr_buffer out = write_text(&options, &parcel);
    cr_assert_eq(out.size, size + 3);
    cr_assert_eq(memcmp(out.data, t.data, out.size), 0);
    hr_buffer_free(&out);
    table_free(&t);
}

/* ---- NDJSON -------------------------------------------------------------------------------------------------- */

Test(ndjson, reads_back_as_the_same_values_whatever_they_hold)
{
    const hr_dialect dialects[] = {comma, {';', '"', -1, -1}, {'\t', '\'', -1, -1}};
    for (int round = 0; round < 200; round++) {
        size_t rows = 1 + rnd(40), columns = 1 + rnd(8);
        table t = table_new(rows, columns, dialects[rnd(3)], (int)rnd(4), rnd(4) == 0, true);
        hr_writer_options options = options_of(HR_FORMAT_NDJSON, columns);
        hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, true)});
        cells c = read_ndjson(out.data, out.size, names8, columns);
        cr_assert_eq(c.rows, rows);
        for (size_t i = 0; i < rows * columns; i++)
            cr_assert(same(&t.values[i], &c.items[i]), "cell %zu", i);
        free(c.items);
        hr_buffer_free(&out);
        table_free(&t);
    }
}

Test(ndjson, every_control_character_is_escaped)
{
    table t = {.rows = 1,
               .columns = 1,
               .dialect = comma,
               .data = malloc(64),
               .begins = calloc(2, 4),
               .row_first = calloc(1, 4)};
    t.data[0] = '"';
    for (int i = 0; i < 32; i++)
        t.data[i + 1] = (uint8_t)i;
    t.data[33] = '"', t.data[34] = '\n';
    t.begins[1] = 35;
    hr_writer_options options = options_of(HR_FORMAT_NDJSON, 1);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    assert_text(
        &out,
        "{\"a\":\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f\\u0010\\u0011\\u0012"
        "\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\"}\n");
    table_free(&t);
}

Test(ndjson, a_long_value_may_grow_sixfold)
{
    size_t size = 100000;
    table t = {.rows = 1,
               .columns = 1,
               .dialect = comma,
               .data = malloc(size + 1),
               .begins = calloc(2, 4),
               .row_first = calloc(1, 4)};
    memset(t.data, 1, size);
    t.data[size] = '\n';
    t.begins[1] = (uint32_t)size + 1;
    hr_writer_options options = options_of(HR_FORMAT_NDJSON, 1);
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch_of(&t, false)});
    cr_assert_eq(out.size, 6 * size + strlen("{\"a\":\"\"}\n"));
    for (size_t i = 0; i < size; i++)
        cr_assert(!memcmp(out.data + 6 + 6 * i, "\\u0001", 6));
    hr_buffer_free(&out);
    table_free(&t);
}

Test(ndjson, lineage_is_part_of_the_object)
{
    table t = table_of_text("1,\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_NDJSON, 2);
    options.lineage = true;
    options.source = "s\"";
    hr_batch *batch = batch_of(&t, false);
    batch->row_offset = (const uint64_t[]){18446744073709551614u};
    hr_buffer out = write_text(&options, &(hr_parcel){.batch = batch, .keys = (const uint8_t *)"\xAB", .key_size = 1});
    assert_text(
        &out,
        "{\"a\":\"1\",\"b\":null,\"_source\":\"s\\\"\",\"_file\":null,\"_row\":1,\"_offset\":18446744073709551614,"
        "\"_ingested_at\":\"1970-01-01T00:00:00.000Z\",\"_key\":\"ab\"}\n");
    table_free(&t);
}

/* ---- refusals ------------------------------------------------------------------------------------------------ */

Test(writer, a_full_buffer_is_an_error_and_keeps_what_it_had)
{
    for (int format = 0; format < 2; format++) {
        table t = table_new(40, 4, comma, 0, false, false);
        hr_writer_options options = options_of((hr_format)format, 4);
        hr_writer *writer = writer_of(&options);
        hr_buffer out = {.ceiling = 600};
        hr_buffer_text(&out, "before");
        hr_error err;
        cr_assert_eq(hr_writer_rows(writer, &(hr_parcel){.batch = batch_of(&t, false)}, &out, &err), HR_E_LIMIT);
        cr_assert(strstr(err.text, "limits.row_bytes"));
        cr_assert(out.size == 6 && !memcmp(out.data, "before", 6));
        hr_buffer_free(&out);
        hr_writer_free(writer);
        table_free(&t);
    }
}

Test(writer, options_that_cannot_be_are_refused)
{
    hr_writer *writer = NULL;
    hr_writer_options options = options_of(HR_FORMAT_CSV, 2);
    options.dialect.quote = HR_NO_BYTE;
    cr_assert_eq(hr_writer_new(&options, &writer, NULL), HR_E_INVALID);
    options = options_of(HR_FORMAT_CSV, 2);
    options.dialect.quote = ',';
    cr_assert_eq(hr_writer_new(&options, &writer, NULL), HR_E_INVALID);
    options = options_of(HR_FORMAT_NDJSON, 2);
    options.select = (const uint32_t[]){2};
    options.select_count = 1;
    cr_assert_eq(hr_writer_new(&options, &writer, NULL), HR_E_INVALID);
    cr_assert_eq(hr_writer_new(&(hr_writer_options){.dialect = comma}, &writer, NULL), HR_E_INVALID);
    cr_assert_null(writer);
}

Test(writer, a_batch_with_other_columns_is_refused)
{
    table t = table_of_text("1,2\n", 2);
    hr_writer_options options = options_of(HR_FORMAT_CSV, 3);
    hr_writer *writer = writer_of(&options);
    hr_buffer out = {0};
    cr_assert_eq(hr_writer_rows(writer, &(hr_parcel){.batch = batch_of(&t, false)}, &out, NULL), HR_E_STATE);
    cr_assert_eq(out.size, 0);
    hr_writer_free(writer);
    table_free(&t);
}
