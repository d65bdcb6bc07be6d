/* say.c: what a reader says of a file, as one JSON object: say FILE [OPTION=VALUE...]. Options that are not given are
 * detected. Exit status 1: no reader, which is said on stderr. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"
#include "core/reader/reader.h"

static void say_text(hr_buffer *out, const void *text, size_t size)
{
    if (!hr_buffer_json(out, text, size))
        abort();
}

static void say_rows(hr_buffer *out, const hr_batch *batch, bool *first)
{
    for (size_t row = 0; row < batch->rows; row++) {
        hr_buffer_text(out, *first ? "\n[" : ",\n[");
        *first = false;
        for (size_t column = 0; column < batch->columns; column++) {
            hr_field field = hr_batch_field(batch, row, column);
            uint8_t *value = hr_malloc(field.size + 1);
            if (!value)
                abort();
            size_t size = hr_field_copy(field, batch->dialect, value);
            hr_buffer_text(out, column ? "," : "");
            if (field.flags & HR_FIELD_NULL)
                hr_buffer_text(out, "null");
            else
                say_text(out, value, size);
            hr_free(value);
        }
        hr_buffer_text(out, "]");
    }
}

static void say_rejects(hr_buffer *out, const hr_batch *batch)
{
    for (size_t i = 0; i < batch->rejected; i++) {
        const hr_reject *r = &batch->rejects[i];
        hr_buffer_printf(
            out, "%s\n{\"kind\":\"%s\",\"row\":%" PRIu64 ",\"line\":%" PRIu64 ",\"offset\":%" PRIu64 ",\"bytes\":%zu}",
            out->size ? "," : "", hr_reject_kind_name(r->kind), r->row, r->line, r->offset, r->raw_size);
    }
}

static void say_facts(hr_reader *reader)
{
    hr_reader_facts facts;
    hr_buffer out = {0};
    if (hr_reader_describe(reader, &facts, NULL) != HR_OK)
        return;
    const hr_dialect *d = &facts.dialect.dialect;
    const int bytes[] = {d->delimiter, d->quote, d->escape, d->comment};
    static const char *const names[] = {"delimiter", "quote", "escape", "comment"};
    for (size_t i = 0; i < HR_COUNT(bytes); i++) {
        char text[8];
        hr_dialect_byte_text(bytes[i], text);
        hr_buffer_printf(&out, "\"%s\":", names[i]);
        say_text(&out, text, strlen(text));
        hr_buffer_text(&out, ",");
    }
    hr_buffer_printf(&out, "\"header\":%s,\"preamble\":%" PRIu64 ",\"encoding\":\"%s\",\"names\":[",
                     facts.dialect.header ? "true" : "false", facts.dialect.preamble, facts.encoding->name);
    for (size_t i = 0; i < facts.column_count; i++) {
        hr_buffer_text(&out, i ? "," : "");
        say_text(&out, facts.columns[i], strlen(facts.columns[i]));
    }
    hr_buffer_text(&out, "],");
    fwrite(out.data, 1, out.size, stdout);
    hr_buffer_free(&out);
}

static hr_options *given(int argc, char **argv, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options = NULL;
    if (hr_options_new(table, count, &options, err) != HR_OK)
        return NULL;
    for (int i = 2; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (hr_options_set(options, argv[i], equals + 1, err) != HR_OK) {
            hr_options_free(options);
            return NULL;
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    hr_error err;
    hr_error_clear(&err);
    hr_reader *reader;
    hr_batch *batch;
    hr_options *options = argc > 1 ? given(argc, argv, &err) : NULL;
    if (!options || hr_reader_open(argv[1], options, &reader, &err) != HR_OK) {
        fprintf(stderr, "say FILE [OPTION=VALUE...]: %s\n", err.text);
        return 1;
    }
    hr_buffer rows = {0}, rejects = {0};
    uint64_t skipped = 0;
    bool first = true;
    hr_status status;
    while ((status = hr_reader_next(reader, &batch, &err)) == HR_OK) {
        say_rows(&rows, batch, &first);
        say_rejects(&rejects, batch);
        skipped += batch->skipped;
        hr_batch_release(batch);
    }
    printf("{");
    say_facts(reader);
    printf("\"rows\":[%.*s],\"rejects\":[%.*s],\"skipped\":%" PRIu64 ",\"end\":\"%s\"}\n", (int)rows.size,
           rows.size ? (const char *)rows.data : "", (int)rejects.size, rejects.size ? (const char *)rejects.data : "",
           skipped, hr_status_name(status));
    hr_buffer_free(&rows);
    hr_buffer_free(&rejects);
    hr_reader_close(reader);
    hr_options_free(options);
    return 0;
}
