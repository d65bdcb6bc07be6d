/* source_position.c: positions of pulls as text. */
#include "connectors/postgres/source_position.h"

#include "core/base/uri.h"

#define VERSION "pg1"

/* ---- writing ----------------------------------------------------------------------------------------------- */

static bool put_value(hr_buffer *out, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    bool ok = true;
    for (; ok && *value; value++) {
        uint8_t byte = (uint8_t)*value;
        if (byte >= 0x20 && byte < 0x7F && !strchr("%;=,", byte)) {
            ok = hr_buffer_add(out, value, 1);
            continue;
        }
        char code[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        ok = hr_buffer_add(out, code, sizeof code);
    }
    return ok;
}

static bool put_pair(hr_buffer *out, const char *key, const char *value)
{
    return !value || (hr_buffer_printf(out, ";%s=", key) && put_value(out, value));
}

static bool put_list(hr_buffer *out, const char *key, char *const *values, size_t count)
{
    bool ok = hr_buffer_printf(out, ";%s=", key);
    for (size_t i = 0; ok && i < count; i++)
        ok = (!i || hr_buffer_text(out, ",")) && put_value(out, values[i]);
    return ok;
}

hr_status hr_pg_position_write(const hr_pg_position *position, char out[HR_POSITION_MAX], hr_error *err)
{
    hr_buffer text = {.ceiling = 64u << 20};
    bool ok = hr_buffer_text(&text, VERSION) && (!position->full || hr_buffer_text(&text, ";full")) &&
              put_pair(&text, "watermark", position->watermark) && put_pair(&text, "type", position->type) &&
              put_pair(&text, "high", position->high) && put_pair(&text, "at", position->at);
    if (position->key_count && position->after[0])
        ok = ok && put_list(&text, "key", position->keys, position->key_count) &&
             put_list(&text, "after", position->after, position->key_count);
    if (position->loose && position->high)
        ok = ok && (position->sure ? put_pair(&text, "sure", position->sure) : hr_buffer_text(&text, ";loose=yes"));
    ok = ok && (!position->nulls || hr_buffer_text(&text, ";nulls=yes")) && put_pair(&text, "done", position->done) &&
         put_pair(&text, "table", position->table) && put_pair(&text, "shape", position->shape);
    hr_status status = HR_OK;
    if (!ok)
        status = hr_fail_memory(err, "writing a position");
    else if (text.size >= HR_POSITION_MAX)
        status = hr_fail(err, HR_E_LIMIT,
                         "the values of the watermark and the key of a record make a position of %zu bytes, and there "
                         "is room for %u: choose a shorter key, or order=no, which makes a commit at the end only",
                         text.size, HR_POSITION_MAX - 1);
    else {
        memcpy(out, text.data, text.size);
        out[text.size] = '\0';
    }
    hr_buffer_free(&text);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

static bool take_list(const char *text, size_t size, char **out, size_t *count, bool *bad)
{
    size_t found = 0;
    for (const char *end = text + size;; text++) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        if (found == HR_PG_KEYS_MAX || out[found]) {
            *bad = true;
            return false;
        }
        out[found] = hr_uri_decode(text, (size_t)(stop - text), bad);
        if (!out[found])
            return false;
        found++;
        text = stop;
        if (!comma)
            break;
    }
    *count = found;
    return true;
}

/* One pair of a position, [text, text + size). */
static bool take_pair(hr_pg_position *out, const char *text, size_t size, size_t *after_count, bool *bad)
{
    const struct {
        const char *key;
        char **value;
    } plain[] = {
        {"watermark", &out->watermark}, {"type", &out->type}, {"high", &out->high},   {"at", &out->at},
        {"sure", &out->sure},           {"done", &out->done}, {"table", &out->table}, {"shape", &out->shape},
    };
    const char *equals = memchr(text, '=', size);
    size_t key = equals ? (size_t)(equals - text) : size;
    const char *value = text + key + 1;
    size_t value_size = equals ? size - key - 1 : 0;
    if (!equals && size == 4 && !memcmp(text, "full", 4))
        return out->full = true;
    for (size_t i = 0; equals && i < HR_COUNT(plain); i++)
        if (strlen(plain[i].key) == key && !memcmp(plain[i].key, text, key)) {
            *bad = *plain[i].value != NULL;
            return !*bad && (*plain[i].value = hr_uri_decode(value, value_size, bad)) != NULL;
        }
    if (equals && key == 3 && !memcmp(text, "key", 3))
        return take_list(value, value_size, out->keys, &out->key_count, bad);
    if (equals && key == 5 && !memcmp(text, "after", 5))
        return take_list(value, value_size, out->after, after_count, bad);
    if (size == 9 && !memcmp(text, "nulls=yes", 9))
        return out->nulls = true;
    if (size == 9 && !memcmp(text, "loose=yes", 9))
        return out->loose = true;
    *bad = true;
    return false;
}

hr_status hr_pg_position_read(const char *text, hr_pg_position *out, hr_error *err)
{
    size_t after_count = 0;
    bool bad = strncmp(text, VERSION ";", sizeof VERSION) != 0, ok = !bad;
    const char *at = text + strcspn(text, ";");
    while (ok && *at == ';') {
        size_t size = strcspn(at + 1, ";");
        ok = take_pair(out, at + 1, size, &after_count, &bad);
        at += 1 + size;
    }
    if (ok)
        bad = after_count != out->key_count || out->full == (out->watermark != NULL) ||
              (out->watermark && (!out->type || (!out->high && !out->nulls))) || (out->at && !out->high) ||
              (out->nulls && (!out->watermark || !after_count)) || ((out->loose || out->sure) && !out->high) ||
              (out->loose && out->sure) || (out->full && (out->high || out->nulls || !out->done == !after_count));
    out->loose = out->loose || out->sure;
    if (ok && !bad)
        return HR_OK;
    hr_pg_position_clear(out);
    if (!bad)
        return hr_fail_memory(err, "reading a position");
    return hr_fail(err, HR_E_CORRUPT, "this is no position of a pull from PostgreSQL: %.300s", text);
}

void hr_pg_position_clear(hr_pg_position *position)
{
    hr_free(position->watermark);
    hr_free(position->type);
    hr_free(position->high);
    hr_free(position->at);
    hr_free(position->sure);
    hr_free(position->done);
    hr_free(position->table);
    hr_free(position->shape);
    for (size_t i = 0; i < HR_PG_KEYS_MAX; i++) {
        hr_free(position->keys[i]);
        hr_free(position->after[i]);
    }
    *position = (hr_pg_position){0};
}
