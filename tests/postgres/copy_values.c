/* copy_values.c: whatever is written in COPY's binary format, a server makes of it what it makes of the text.
 *
 *   copy_values [TEXTS [SEED]]     at the server of libpq's environment; so many texts for each type of column
 *
 * Texts are made of patterns, plausible and hostile ones, with small damage. Each goes into two temporary tables, as
 * text and, where copy_binary.h takes it, as binary; both must be taken or both be refused, and the bytes that the
 * server keeps must be the same. Sessions differ in their settings, which must not matter. Exits with 1 when anything
 * differs, or next to nothing of a type was written. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/output/copy_binary.h"
#include "core/rows/batch.h"

#include "tests/postgres/copy_patterns.h"

/* ---- texts ---------------------------------------------------------------------------------------------------- */

static const char *const sessions[] = {
    "SET DateStyle = 'ISO, MDY'; SET TimeZone = 'UTC'; SET extra_float_digits = 1",
    "SET DateStyle = 'German, DMY'; SET TimeZone = 'America/New_York'; SET extra_float_digits = -15",
    "SET DateStyle = 'SQL, YMD'; SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'sql_standard'",
};

static uint64_t state;
static unsigned dice(unsigned sides)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state >> 33) % sides);
}

#define TEXT_MOST 200u

/* Where one of the patterns begins. */
static const char *choose(const char *patterns)
{
    unsigned count = 1;
    for (const char *p = patterns; *p; p++)
        count += *p == '|';
    for (unsigned skip = dice(count); skip; skip--)
        patterns = strchr(patterns, '|') + 1;
    return patterns;
}

/* A pattern, filled in, every second time with some damage. */
static size_t make_text(const column_type *type, char out[TEXT_MOST])
{
    static const char odd[] = " 0123456789+-.eE:_TZtz/,xn\t'";
    const char *pattern = choose(type->patterns);
    size_t size = 0;
    for (; *pattern && *pattern != '|'; pattern++)
        out[size++] = *pattern == '#'   ? (char)('0' + dice(10))
                      : *pattern == '@' ? (char)('0' + dice(2))
                      : *pattern == '%' ? (char)('0' + dice(6))
                                        : *pattern;
    for (unsigned turns = dice(2) ? 0 : 1 + dice(2);
         turns && size && type->patterns != texts && type->patterns != documents; turns--) {
        size_t at = dice((unsigned)size);
        unsigned how = dice(4);
        if (how == 0) {
            memmove(out + at, out + at + 1, --size - at);
        } else if (how == 1) {
            memmove(out + at + 1, out + at, size++ - at);
            out[at] = odd[dice(sizeof odd - 1)];
        } else if (how == 2) {
            out[at] = odd[dice(sizeof odd - 1)];
        } else {
            char other = out[at];
            out[at] = out[size - 1];
            out[size - 1] = other;
        }
    }
    /* Damage must not cut a letter of several bytes. */
    for (size_t i = 0; type->patterns != texts && type->patterns != documents && i < size; i++)
        out[i] = (uint8_t)out[i] < 0x80 ? out[i] : 'x';
    return size;
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

typedef struct bytes {
    size_t begin, end;
} bytes;

/* Rows that can be written both ways. */
typedef struct row {
    bytes value, text, binary; /* the value, its line, its tuple */
    bool refused[2];           /* as text, as binary */
} row;

typedef struct trial {
    PGconn *conn;
    const column_type *type;
    hr_buffer values, lines, tuples;
    row *rows;
    size_t count, made, broken;
} trial;

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "copy_values: %s: %s\n", what, why);
    exit(1);
}

static void must(bool holds, const char *what)
{
    if (!holds)
        stop(what, "that should not be");
}

static void say_broken(trial *t, const char *what, bytes value)
{
    if (t->broken++ < 10)
        printf("%s: %s: '%.*s'\n", t->type->name, what, (int)(value.end - value.begin), t->values.data + value.begin);
}

/* "n,v" and rows of a number and a quoted text. */
static void make_input(trial *t, size_t count, hr_buffer *input)
{
    must(hr_buffer_text(input, "n,v\n"), "memory");
    for (size_t i = 0; i < count; i++) {
        char value[TEXT_MOST];
        size_t size = make_text(t->type, value);
        must(hr_buffer_printf(input, "%zu,\"", i), "memory");
        for (size_t k = 0; k < size; k++)
            must(hr_buffer_add(input, "\"\"", value[k] == '"' ? 2 : 0) || value[k] != '"', "memory"),
                must(value[k] == '"' || hr_buffer_add(input, &value[k], 1), "memory");
        must(hr_buffer_text(input, "\"\n"), "memory");
    }
}

static void keep_row(trial *t, const hr_batch *batch, size_t at, const hr_copy_text *text, const hr_copy_binary *binary)
{
    const hr_parcel parcel = {.batch = batch};
    hr_error err = {0};
    hr_copy_flaw flaw;
    hr_field field = hr_batch_field(batch, at, 1);
    uint8_t value[TEXT_MOST * 2];
    row made = {.value.begin = t->values.size, .text.begin = t->lines.size, .binary.begin = t->tuples.size};
    must(hr_buffer_add(&t->values, value, hr_field_copy(field, batch->dialect, value)), "memory");
    made.value.end = t->values.size;
    size_t from = at;
    if (hr_copy_binary_rows(binary, &parcel, 0, &from, at + 1, SIZE_MAX, &t->tuples, &err) == HR_AGAIN)
        return;
    must(from == at + 1, "a row that is written");
    made.binary.end = t->tuples.size;
    from = at;
    if (hr_copy_text_rows(text, &parcel, 0, &from, at + 1, SIZE_MAX, &t->lines, &flaw, &err) != HR_OK) {
        say_broken(t, "binary takes what text refuses", made.value);
        return;
    }
    made.text.end = t->lines.size;
    t->rows[t->count++] = made;
}

static void keep_rows(trial *t, const hr_buffer *input)
{
    hr_error err = {0};
    hr_reader *reader;
    hr_batch *batch;
    hr_copy_text *text;
    hr_copy_binary *binary;
    uint8_t room[8];
    hr_copy_column as_text[2] = {{.column = 0}, {.column = 1, .guards = t->type->guards, .digits = t->type->digits}};
    hr_binary_column columns[2] = {{.as_text = as_text[0]}, {.as_text = as_text[1]}};
    hr_binary_choose(&(hr_binary_place){.base = INT4}, &columns[0], room);
    hr_binary_choose(&(hr_binary_place){.base = t->type->oid}, &columns[1], room);
    must(columns[1].kind != HR_BINARY_NONE, t->type->name);
    must(hr_copy_text_new(as_text, 2, &text, &err) == HR_OK && hr_copy_binary_new(columns, 2, &binary, &err) == HR_OK,
         "memory");
    must(hr_reader_open_memory(input->data, input->size, NULL, &reader, &err) == HR_OK, err.text);
    while (hr_reader_next(reader, &batch, &err) == HR_OK) {
        for (size_t i = 0; i < batch->rows; i++, t->made++)
            keep_row(t, batch, i, text, binary);
        hr_batch_release(batch);
    }
    hr_reader_close(reader);
    hr_copy_text_free(text);
    hr_copy_binary_free(binary);
}

/* ---- the server ---------------------------------------------------------------------------------------------- */

static void run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        stop(sql, PQerrorMessage(conn));
    PQclear(result);
}

static void put(PGconn *conn, const void *data, size_t size)
{
    must(PQputCopyData(conn, data, (int)size) == 1, "sending rows");
}

/* One COPY of rows; false: it was refused. */
static bool copy_rows(trial *t, bool binary, size_t from, size_t to)
{
    PGresult *result =
        PQexec(t->conn, binary ? "COPY as_binary FROM STDIN (FORMAT binary)" : "COPY as_text FROM STDIN");
    if (PQresultStatus(result) != PGRES_COPY_IN)
        stop("COPY", PQerrorMessage(t->conn));
    PQclear(result);
    if (binary)
        put(t->conn, hr_binary_header, sizeof hr_binary_header);
    for (size_t i = from; i < to; i++) {
        const row *one = &t->rows[i];
        bytes what = binary ? one->binary : one->text;
        put(t->conn, (binary ? t->tuples : t->lines).data + what.begin, what.end - what.begin);
    }
    if (binary)
        put(t->conn, hr_binary_trailer, sizeof hr_binary_trailer);
    must(PQputCopyEnd(t->conn, NULL) == 1, "sending rows");
    bool fine = true;
    while ((result = PQgetResult(t->conn)) != NULL) {
        const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (code && !strstr("22 23 0A", (char[]){code[0], code[1], '\0'}))
            stop("COPY", PQresultErrorMessage(result));
        fine = fine && PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return fine;
}

static void load(trial *t, bool binary, size_t from, size_t to)
{
    if (from == to || copy_rows(t, binary, from, to))
        return;
    if (to - from == 1) {
        t->rows[from].refused[binary] = true;
        return;
    }
    size_t middle = from + (to - from) / 2;
    load(t, binary, from, middle);
    load(t, binary, middle, to);
}

/* All bytes of a table, as the server sends them. */
static void bytes_of(PGconn *conn, const char *sql, hr_buffer *out)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        stop(sql, PQerrorMessage(conn));
    PQclear(result);
    char *data;
    int size;
    while ((size = PQgetCopyData(conn, &data, 0)) > 0) {
        must(hr_buffer_add(out, data, (size_t)size), "memory");
        PQfreemem(data);
    }
    while ((result = PQgetResult(conn)) != NULL)
        PQclear(result);
}

static void compare(trial *t)
{
    hr_buffer text = {0}, binary = {0};
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].refused[0] != t->rows[i].refused[1])
            say_broken(t, t->rows[i].refused[0] ? "refused as text alone" : "refused as binary alone",
                       t->rows[i].value);
    bytes_of(t->conn, "COPY (SELECT n, v FROM as_text ORDER BY n) TO STDOUT (FORMAT binary)", &text);
    bytes_of(t->conn, "COPY (SELECT n, v FROM as_binary ORDER BY n) TO STDOUT (FORMAT binary)", &binary);
    if (text.size != binary.size || memcmp(text.data, binary.data, text.size) != 0) {
        PGresult *rows =
            PQexec(t->conn, "SELECT n, t.v::text, b.v::text FROM as_text t JOIN as_binary b USING (n) WHERE "
                            "t.v::text COLLATE \"C\" IS DISTINCT FROM b.v::text LIMIT 10");
        t->broken++;
        printf("%s: other bytes\n", t->type->name);
        for (int i = 0; i < PQntuples(rows); i++)
            printf("    row %s: text '%s', binary '%s'\n", PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1),
                   PQgetvalue(rows, i, 2));
        PQclear(rows);
    }
    hr_buffer_free(&text);
    hr_buffer_free(&binary);
}

static bool suits(const column_type *type)
{
    return (type->oid != TIMESTAMP || type->patterns == times) &&
           (type->oid != TIMESTAMPTZ || type->patterns == moments);
}

static bool try_type(PGconn *conn, const column_type *type, size_t count, size_t totals[3])
{
    trial t = {.conn = conn, .type = type};
    hr_buffer input = {0};
    char sql[200];
    t.rows = calloc(count, sizeof *t.rows);
    must(t.rows, "memory");
    make_input(&t, count, &input);
    keep_rows(&t, &input);
    must(t.made == count, "rows that are read");
    snprintf(sql, sizeof sql,
             "DROP TABLE IF EXISTS as_text, as_binary; CREATE TEMP TABLE as_text (n int, v %s); CREATE TEMP TABLE "
             "as_binary (LIKE as_text)",
             type->name);
    run(conn, sql);
    size_t refused = 0;
    for (size_t from = 0; from < t.count; from += 250)
        for (int binary = 0; binary < 2; binary++)
            load(&t, binary, from, from + 250 < t.count ? from + 250 : t.count);
    for (size_t i = 0; i < t.count; i++)
        refused += t.rows[i].refused[0];
    compare(&t);
    if (suits(type) && t.count < count / 40) {
        printf("%s: next to nothing goes as binary\n", type->name);
        t.broken++;
    }
    totals[0] += count;
    totals[1] += t.count;
    totals[2] += refused;
    hr_buffer_free(&input);
    hr_buffer_free(&t.values);
    hr_buffer_free(&t.lines);
    hr_buffer_free(&t.tuples);
    free(t.rows);
    return !t.broken;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    size_t totals[3] = {0};
    bool fine = true;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    PGconn *conn = PQconnectdb("client_encoding=UTF8");
    if (PQstatus(conn) != CONNECTION_OK)
        stop("connecting", PQerrorMessage(conn));
    run(conn,
        "SET client_min_messages = error; CREATE TYPE pg_temp.mood AS ENUM ('a', 'ab', 'a ', 'äöü', 'null', ''''); CREATE DOMAIN pg_temp.price AS numeric(6,2) CHECK (VALUE <> 5); CREATE DOMAIN "
        "pg_temp.fair_price AS pg_temp.price NOT NULL CHECK (VALUE < 500); CREATE DOMAIN pg_temp.word AS varchar(4) "
        "CHECK (VALUE <> 'abc'); CREATE DOMAIN pg_temp.past AS timestamptz(1) CHECK (VALUE < '2050-01-01Z')");
    for (size_t s = 0; s < HR_COUNT(sessions); s++) {
        run(conn, sessions[s]);
        for (size_t i = 0; i < HR_COUNT(types); i++)
            fine = try_type(conn, &types[i], count, totals) && fine;
    }
    PQfinish(conn);
    printf("| %zu texts, of which %zu were written as binary, and %zu of those refused\n", totals[0], totals[1],
           totals[2]);
    return fine ? 0 : 1;
}
