/* json.c: one JSON text a line, for programs. */
#include "simd/simd.h"
#include "tools/headrace/print.h"

static void put(hr_json *json, const char *text)
{
    if (!hr_buffer_text(&json->buffer, text))
        json->failed = true;
}

static void put_key(hr_json *json, const char *key)
{
    if (json->comma)
        put(json, ",");
    json->comma = true;
    if (key == NULL)
        return;
    if (!hr_buffer_json(&json->buffer, key, strlen(key)))
        json->failed = true;
    put(json, ":");
}

void hr_json_open(hr_json *json, const char *key, char bracket)
{
    put_key(json, key);
    put(json, (const char[]){bracket, '\0'});
    json->comma = false;
}

void hr_json_close(hr_json *json, char bracket)
{
    put(json, (const char[]){bracket, '\0'});
    json->comma = true;
}

void hr_json_bytes(hr_json *json, const char *key, const void *data, size_t size)
{
    put_key(json, key);
    if (!hr_buffer_json(&json->buffer, data, size))
        json->failed = true;
}

void hr_json_text(hr_json *json, const char *key, const char *text)
{
    if (text == NULL)
        hr_json_raw(json, key, NULL);
    else
        hr_json_bytes(json, key, text, strlen(text));
}

void hr_json_number(hr_json *json, const char *key, uint64_t number)
{
    put_key(json, key);
    if (number == HR_UNKNOWN)
        put(json, "null");
    else if (!hr_buffer_printf(&json->buffer, "%llu", (unsigned long long)number))
        json->failed = true;
}

void hr_json_bool(hr_json *json, const char *key, bool yes)
{
    hr_json_raw(json, key, yes ? "true" : "false");
}

void hr_json_time(hr_json *json, const char *key, int64_t wall_ns)
{
    char text[32];
    if (wall_ns != 0)
        hr_time_text(wall_ns, text);
    hr_json_text(json, key, wall_ns != 0 ? text : NULL);
}

/* A line break can only stand between the tokens of a JSON text, so a space says the same. */
void hr_json_raw(hr_json *json, const char *key, const char *text)
{
    put_key(json, key);
    size_t from = json->buffer.size;
    put(json, text != NULL && text[0] != '\0' ? text : "null");
    for (size_t i = from; i < json->buffer.size; i++)
        if (json->buffer.data[i] == '\n' || json->buffer.data[i] == '\r')
            json->buffer.data[i] = ' ';
}

void hr_json_counts(hr_json *json, const hr_counts *counts)
{
    hr_json_number(json, "read", counts->read);
    hr_json_number(json, "loaded", counts->loaded);
    hr_json_number(json, "duplicate", counts->duplicate);
    hr_json_number(json, "rejected", counts->rejected);
    hr_json_number(json, "skipped", counts->skipped);
}

bool hr_json_print(hr_json *json, FILE *to)
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

void hr_json_free(hr_json *json)
{
    hr_buffer_free(&json->buffer);
}

/* Bytes that are no UTF-8 cannot stand in JSON unchanged: base64 then, so that nothing of the row is lost. */
static void raw_row(hr_json *json, const uint8_t *raw, size_t size)
{
    if (hr_kernels_get(NULL)->utf8_valid(raw, size) == size) {
        hr_json_bytes(json, "raw", raw, size);
        return;
    }
    put_key(json, "raw_base64");
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

void hr_json_reject(hr_json *json, const hr_reject *reject)
{
    hr_json_text(json, "kind", hr_reject_kind_name(reject->kind));
    hr_json_number(json, "row", reject->row);
    hr_json_number(json, "line", reject->line);
    hr_json_number(json, "offset", reject->offset);
    hr_json_number(json, "at", reject->at);
    hr_json_number(json, "column", reject->column);
    hr_json_text(json, "message", reject->message);
    raw_row(json, reject->raw, reject->raw_size);
}

void hr_json_job(hr_json *json, const hr_job *job)
{
    hr_json_text(json, "id", job->id);
    hr_json_text(json, "status", hr_job_status_name(job->status));
    hr_json_text(json, "feed", job->feed);
    hr_json_text(json, "source_type", job->source_type);
    hr_json_text(json, "source", job->source);
    hr_json_text(json, "destination", job->destination);
    hr_json_number(json, "total", job->total);
    hr_json_counts(json, &job->counts);
    hr_json_bytes(json, "position", job->position.bytes, job->position.size);
    hr_json_time(json, "created", job->created_ns);
    hr_json_time(json, "started", job->started_ns);
    hr_json_time(json, "finished", job->finished_ns);
    hr_json_number(json, "attempts", job->attempts);
    hr_json_text(json, "error", job->error);
    hr_json_raw(json, "metadata", job->metadata);
    hr_json_raw(json, "options", job->options);
}
