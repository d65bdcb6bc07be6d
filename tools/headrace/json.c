/* json.c: one JSON text a line, for programs. */
#include "simd/simd.h"
#include "tools/headrace/print.h"

static void put(hr_line *json, const char *text)
{
    if (!hr_buffer_text(&json->buffer, text))
        json->failed = true;
}

static void put_key(hr_line *json, const char *key)
{
    if (json->comma)
        put(json, ",");
    json->comma = true;
    if (key == NULL)
        return;
    if (!hr_buffer_json_text(&json->buffer, key))
        json->failed = true;
    put(json, ":");
}

void hr_line_open(hr_line *json, const char *key, char bracket)
{
    put_key(json, key);
    put(json, (const char[]){bracket, '\0'});
    json->comma = false;
}

void hr_line_close(hr_line *json, char bracket)
{
    put(json, (const char[]){bracket, '\0'});
    json->comma = true;
}

/* U+0080 to U+009F, two bytes each in UTF-8, may stand in JSON as they are, and terminals obey some of them. */
static bool is_control(const uint8_t *at)
{
    return at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F;
}

/* Escapes them in the string that was written from `from` on. */
static bool escape_controls(hr_buffer *buffer, size_t from)
{
    hr_buffer escaped = {.ceiling = buffer->ceiling};
    size_t done = from;
    bool ok = true;
    for (size_t i = from; ok && i + 1 < buffer->size; i++) {
        if (!is_control(buffer->data + i))
            continue;
        ok = hr_buffer_add(&escaped, buffer->data + done, i - done) &&
             hr_buffer_printf(&escaped, "\\u%04x", buffer->data[i + 1]);
        done = ++i + 1;
    }
    if (ok && done > from) {
        ok = hr_buffer_add(&escaped, buffer->data + done, buffer->size - done);
        buffer->size = from;
        ok = ok && hr_buffer_add(buffer, escaped.data, escaped.size);
    }
    hr_buffer_free(&escaped);
    return ok;
}

void hr_line_bytes(hr_line *json, const char *key, const void *data, size_t size)
{
    put_key(json, key);
    size_t from = json->buffer.size;
    if (!hr_buffer_json(&json->buffer, data, size) || !escape_controls(&json->buffer, from))
        json->failed = true;
}

void hr_line_text(hr_line *json, const char *key, const char *text)
{
    if (text == NULL)
        hr_line_raw(json, key, NULL);
    else
        hr_line_bytes(json, key, text, strlen(text));
}

void hr_line_number(hr_line *json, const char *key, uint64_t number)
{
    put_key(json, key);
    if (number == HR_UNKNOWN)
        put(json, "null");
    else if (!hr_buffer_printf(&json->buffer, "%llu", (unsigned long long)number))
        json->failed = true;
}

void hr_line_bool(hr_line *json, const char *key, bool yes)
{
    hr_line_raw(json, key, yes ? "true" : "false");
}

void hr_line_time(hr_line *json, const char *key, int64_t wall_ns)
{
    char text[32];
    if (wall_ns != 0)
        hr_time_text(wall_ns, text);
    hr_line_text(json, key, wall_ns != 0 ? text : NULL);
}

/* A line break can only stand between the tokens of a JSON text, so a space says the same. */
void hr_line_raw(hr_line *json, const char *key, const char *text)
{
    put_key(json, key);
    size_t from = json->buffer.size;
    put(json, text != NULL && text[0] != '\0' ? text : "null");
    for (size_t i = from; i < json->buffer.size; i++)
        if (json->buffer.data[i] == '\n' || json->buffer.data[i] == '\r')
            json->buffer.data[i] = ' ';
}

void hr_line_counts(hr_line *json, const hr_counts *counts)
{
    hr_line_number(json, "read", counts->read);
    hr_line_number(json, "loaded", counts->loaded);
    hr_line_number(json, "duplicate", counts->duplicate);
    hr_line_number(json, "rejected", counts->rejected);
    hr_line_number(json, "skipped", counts->skipped);
}

bool hr_line_print(hr_line *json, FILE *to)
{
    bool good = !json->failed;
    if (good) {
        fwrite(json->buffer.data, 1, json->buffer.size, to);
        fputc('\n', to);
    } else {
        hr_message("out of memory while writing JSON");
    }
    json->buffer.size = 0;
    json->failed = json->comma = false;
    return good;
}

void hr_line_free(hr_line *json)
{
    hr_buffer_free(&json->buffer);
}

/* Bytes that are no UTF-8 cannot stand in JSON unchanged: base64 then, so that nothing of the row is lost. */
static void exact_bytes(hr_line *json, const char *key, const char *key_of_base64, const uint8_t *raw, size_t size)
{
    if (hr_kernels_get(NULL)->utf8_valid(raw, size) == size) {
        hr_line_bytes(json, key, raw, size);
        return;
    }
    put_key(json, key_of_base64);
    put(json, "\"");
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        unsigned three =
            (unsigned)raw[i] << 16 | (i + 1 < size ? (unsigned)raw[i + 1] << 8 : 0) | (i + 2 < size ? raw[i + 2] : 0);
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63], digits[three >> 6 & 63], digits[three & 63]};
        if (i + 1 >= size)
            four[2] = '=';
        if (i + 2 >= size)
            four[3] = '=';
        if (!hr_buffer_add(&json->buffer, four, 4))
            json->failed = true;
    }
    put(json, "\"");
}

void hr_line_reject(hr_line *json, const hr_reject *reject)
{
    hr_line_text(json, "kind", hr_reject_kind_name(reject->kind));
    hr_line_number(json, "row", reject->row);
    hr_line_number(json, "line", reject->line);
    hr_line_number(json, "offset", reject->offset);
    hr_line_number(json, "at", reject->at);
    hr_line_number(json, "column", reject->column);
    hr_line_text(json, "column_name", reject->column_name);
    if (reject->value != NULL)
        exact_bytes(json, "value", "value_base64", reject->value, reject->value_size);
    else
        hr_line_raw(json, "value", NULL);
    hr_line_bool(json, "value_cut", reject->value_cut);
    hr_line_text(json, "message", reject->message);
    exact_bytes(json, "raw", "raw_base64", reject->raw, reject->raw_size);
}

void hr_line_job(hr_line *json, const hr_job *job)
{
    hr_line_text(json, "id", job->id);
    hr_line_text(json, "status", hr_job_status_name(job->status));
    hr_line_text(json, "feed", job->feed);
    hr_line_text(json, "source_type", job->source_type);
    hr_line_text(json, "source", job->source);
    hr_line_text(json, "destination", job->destination);
    hr_line_number(json, "total", job->total);
    hr_line_counts(json, &job->counts);
    hr_line_bytes(json, "position", job->position.bytes, job->position.size);
    hr_line_time(json, "created", job->created_ns);
    hr_line_time(json, "started", job->started_ns);
    hr_line_time(json, "finished", job->finished_ns);
    hr_line_number(json, "attempts", job->attempts);
    hr_line_text(json, "error", job->error);
    hr_line_raw(json, "metadata", job->metadata);
    hr_line_raw(json, "options", job->options);
}
