/* destination.c: where the rows of the crash matrix go, and what is found there, by psql and a consumer of committed
 * messages. */
#include "tests/matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *matrix_to_name(matrix_to to)
{
    static const char *const names[] = {"raw zone", "Postgres append", "Postgres merge", "Kafka"};
    return names[to];
}

bool matrix_uses_postgres(const matrix_pair *pair)
{
    return pair->source->from == FROM_POSTGRES || pair->to == TO_APPEND || pair->to == TO_MERGE;
}

bool matrix_uses_kafka(const matrix_pair *pair)
{
    return pair->source->from == FROM_KAFKA || pair->to == TO_KAFKA;
}

/* A table to append to is made by headrace itself. */
void matrix_destination_make(const matrix_life *life)
{
    const matrix_place *place = life->pair->place;
    crash_bytes none = {0};
    if (life->pair->to == TO_MERGE)
        matrix_sql(place, "CREATE TABLE %s (id text PRIMARY KEY, name text, note text, amount text, comment text)",
                   life->name);
    else if (life->pair->to == TO_KAFKA)
        matrix_ask(&none, "'%s/kafka_tool' %s create %s 2 2>&1", place->tools, place->kafka, life->name);
    free(none.data);
}

char *matrix_destination_uri(const matrix_life *life, bool proxied)
{
    const matrix_place *place = life->pair->place;
    switch (life->pair->to) {
    case TO_ZONE: return crash_text("%s", life->zone);
    case TO_KAFKA:
        return crash_text("kafka://%s/%s?value=ndjson", proxied ? place->kafka_proxy : place->kafka, life->name);
    default:
        return crash_text("postgres://%s@127.0.0.1:%s/%s?table=%s", getenv("PGUSER"),
                          proxied ? place->postgres_proxy : place->postgres_port, getenv("PGDATABASE"), life->name);
    }
}

/* A line of COPY's text format as a row. */
static void take_copy_row(const char *line, size_t size, crash_texts *rows)
{
    static const char from[] = "bfnrtv\\", to[] = "\b\f\n\r\t\v\\";
    crash_bytes row = {0};
    for (size_t i = 0; i < size; i++) {
        const char *hit;
        if (line[i] == '\t') {
            crash_bytes_text(&row, "\x1F");
        } else if (line[i] != '\\') {
            crash_bytes_add(&row, line + i, 1);
        } else if (line[++i] == 'N') {
            crash_bytes_text(&row, "\x1E");
        } else {
            hit = strchr(from, line[i]);
            crash_bytes_add(&row, hit ? &to[hit - from] : &line[i], 1);
        }
    }
    crash_bytes_text(&row, "\x1F");
    crash_texts_add(rows, row.data);
}

static void take_table(const matrix_life *life, crash_texts *rows)
{
    crash_bytes text = {0};
    matrix_ask(
        &text,
        "psql -XAtq -v ON_ERROR_STOP=1 -p %s -c 'COPY (SELECT id, name, note, amount, comment FROM %s) TO STDOUT'",
        life->pair->place->postgres_port, life->name);
    for (const char *at = text.data, *end = at + text.size; at < end;) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t size = next ? (size_t)(next - at) : (size_t)(end - at);
        take_copy_row(at, size, rows);
        at += size + 1;
    }
    free(text.data);
}

static void take_topic(const matrix_life *life, crash_texts *rows)
{
    const matrix_place *place = life->pair->place;
    char *path = crash_text("%s/topic.ndjson", life->folder);
    crash_bytes text = {0};
    matrix_ask(&text, "'%s/kafka_tool' %s consume %s --committed --values", place->tools, place->kafka, life->name);
    crash_write_file(path, text.data, text.size);
    crash_check(crash_segment_rows(path, rows), "the topic %s holds rows (%zu bytes)", life->name, text.size);
    free(text.data);
    free(path);
}

void matrix_destination_rows(const matrix_life *life, crash_texts *rows)
{
    crash_view view;
    if (life->pair->to == TO_KAFKA) {
        take_topic(life, rows);
        return;
    }
    if (life->pair->to != TO_ZONE) {
        take_table(life, rows);
        return;
    }
    crash_view_take(life->zone, &view);
    crash_check(view.hidden.count == 0, "nothing hidden is left in %s (%s)", life->zone,
                view.hidden.count ? view.hidden.items[0] : "");
    crash_texts_copy(rows, &view.rows);
    crash_view_clear(&view);
}
