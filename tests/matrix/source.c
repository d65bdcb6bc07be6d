/* source.c: what the crash matrix reads: files, a table, a topic, with rows of every kind that the crash tests have,
 * and what must come of them. */
#include "tests/matrix/matrix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS 3u

const char *matrix_from_name(matrix_from from)
{
    static const char *const names[] = {"file.csv", "file.ndjson.gz", "Postgres", "Kafka"};
    return names[from];
}

static const char *wanted(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value)
        crash_die("%s is not set: tests/matrix/run.sh starts this", name);
    return value;
}

matrix_place matrix_place_find(void)
{
    matrix_place place = {.program = wanted("HEADRACE_FAULTS"),
                          .tools = wanted("TOOLS"),
                          .servers = wanted("SERVERS"),
                          .postgres_folder = wanted("POSTGRES_FOLDER"),
                          .kafka_folder = wanted("KAFKA_FOLDER"),
                          .postgres_port = wanted("PGPORT"),
                          .kafka = wanted("KAFKA"),
                          .prefix = wanted("PGDATABASE"),
                          .scratch = crash_scratch(true)};
    return place;
}

void matrix_ask(crash_bytes *out, const char *format, ...)
{
    char *command, room[65536];
    size_t got;
    va_list args;
    va_start(args, format);
    if (vasprintf(&command, format, args) < 0)
        crash_die("out of memory");
    va_end(args);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        crash_die("running %s", command);
    crash_bytes_add(out, "", 0);
    while ((got = fread(room, 1, sizeof room, pipe)) > 0)
        crash_bytes_add(out, room, got);
    if (pclose(pipe) != 0)
        crash_die("this failed: %s: %.300s", command, out->data);
    free(command);
}

/* The statements are one transaction each. */
void matrix_sql(const matrix_place *place, const char *format, ...)
{
    char *statement;
    crash_bytes none = {0};
    va_list args;
    va_start(args, format);
    if (vasprintf(&statement, format, args) < 0)
        crash_die("out of memory");
    va_end(args);
    matrix_ask(&none, "psql -XAtq -v ON_ERROR_STOP=1 -p %s -c '%s' 2>&1", place->postgres_port, statement);
    free(statement);
    free(none.data);
}

/* ---- the truth ------------------------------------------------------------------------------------------------- */

static size_t id_of(const char *row)
{
    return (size_t)strtoull(row, NULL, 10);
}

static void keep_last(const crash_texts *all, crash_texts *last)
{
    size_t most = 0;
    for (size_t i = 0; i < all->count; i++)
        most = id_of(all->items[i]) > most ? id_of(all->items[i]) : most;
    const char **winner = crash_room(NULL, (most + 1) * sizeof *winner);
    memset(winner, 0, (most + 1) * sizeof *winner);
    for (size_t i = 0; i < all->count; i++)
        winner[id_of(all->items[i])] = all->items[i];
    for (size_t id = 0; id <= most; id++)
        if (winner[id])
            crash_texts_add(last, crash_text("%s", winner[id]));
    free(winner);
}

/* ---- a table --------------------------------------------------------------------------------------------------- */

/* A row in the text format of COPY. */
static void add_copy_row(crash_bytes *out, const char *row)
{
    for (const char *p = row; *p; p++) {
        if (*p == '\x1F')
            crash_bytes_text(out, p[1] ? "\t" : "\n");
        else if (*p == '\x1E')
            crash_bytes_text(out, "\\N");
        else if (*p == '\n' || *p == '\r' || *p == '\t')
            crash_bytes_text(out, *p == '\n' ? "\\n" : *p == '\r' ? "\\r" : "\\t");
        else if (*p == '\\')
            crash_bytes_text(out, "\\\\");
        else
            crash_bytes_add(out, p, 1);
    }
}

static void make_table(const matrix_place *place, const matrix_source *source)
{
    crash_bytes text = {0}, none = {0};
    char *file = crash_text("%s/%s.copy", place->scratch, source->path);
    for (size_t i = 0; i < source->all.count; i++)
        add_copy_row(&text, source->all.items[i]);
    crash_write_file(file, text.data, text.size);
    matrix_sql(place, "CREATE TABLE %s (id bigint PRIMARY KEY, name text, note text, amount text, comment text)",
               source->path);
    matrix_ask(&none, "psql -XAtq -v ON_ERROR_STOP=1 -p %s -c \"\\copy %s FROM '%s'\" 2>&1", place->postgres_port,
               source->path, file);
    free(text.data);
    free(none.data);
    free(file);
}

/* ---- a topic --------------------------------------------------------------------------------------------------- */

/* Rows of one id are in one partition, for only there they have an order. */
static void make_topic(const matrix_place *place, const matrix_source *source)
{
    crash_bytes parts[PARTITIONS] = {0}, none = {0};
    const char *at = source->input.text.data, *end = at + source->input.text.size;
    for (size_t line = 0; at < end; line++) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t size = next ? (size_t)(next - at) : (size_t)(end - at);
        unsigned long id = line;
        if (size > 7 && !strncmp(at, "{\"id\":\"", 7))
            id = strtoul(at + 7, NULL, 10);
        if (size) {
            crash_bytes_add(&parts[id % PARTITIONS], at, size);
            crash_bytes_text(&parts[id % PARTITIONS], "\n");
        }
        at += size + 1;
    }
    matrix_ask(&none, "'%s/kafka_tool' %s create %s %u 2>&1", place->tools, place->kafka, source->path, PARTITIONS);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        char *file = crash_text("%s/%s.%u", place->scratch, source->path, i);
        crash_write_file(file, parts[i].data, parts[i].size);
        matrix_ask(&none, "'%s/kafka_tool' %s lines %s --partition %u <'%s' 2>&1", place->tools, place->kafka,
                   source->path, i, file);
        free(file);
        free(parts[i].data);
    }
    free(none.data);
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

void matrix_source_make(const matrix_place *place, matrix_from from, size_t rows, const char *name, matrix_source *out)
{
    bool lines = from == FROM_NDJSON || from == FROM_KAFKA;
    *out = (matrix_source){.from = from,
                           .input = {.rows = rows, .ndjson = lines, .packing = lines ? CRASH_GZIP : CRASH_PLAIN}};
    crash_input_make(&out->input);
    crash_texts_copy(&out->all, from == FROM_POSTGRES ? &out->input.first : &out->input.good);
    keep_last(&out->all, &out->last);
    if (from == FROM_POSTGRES || from == FROM_KAFKA) { /* blank lines and damage are a file's, damage a topic's, too */
        out->path = crash_text("%s", name);
        out->input.skipped = 0;
    } else {
        out->path = crash_text("%s/%s.%s", place->scratch, name, lines ? "ndjson.gz" : "csv");
    }
    if (from == FROM_POSTGRES) {
        crash_texts_clear(&out->input.bad);
        make_table(place, out);
    } else if (from == FROM_KAFKA) {
        make_topic(place, out);
    } else {
        crash_input_write(&out->input, out->path);
    }
}

char *matrix_source_uri(const matrix_place *place, const matrix_source *source, bool proxied)
{
    if (source->from == FROM_POSTGRES)
        return crash_text("postgres://%s@127.0.0.1:%s/%s?table=%s&key=id", getenv("PGUSER"),
                          proxied ? place->postgres_proxy : place->postgres_port, getenv("PGDATABASE"), source->path);
    if (source->from == FROM_KAFKA)
        return crash_text("kafka://%s/%s?from=earliest&until=end", proxied ? place->kafka_proxy : place->kafka,
                          source->path);
    return crash_text("%s", source->path);
}
