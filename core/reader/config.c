/* config.c: the option table of readers, and its values as a struct. */
#include "core/reader/config.h"

#include "core/input/encoding.h"

#define THREADS_MAX 64u
#define DEPTH_MAX 65536u

static const hr_option table[] = {
#include "core/reader/option_rows.inc"
};

const hr_option *hr_reader_options(size_t *count)
{
    *count = HR_COUNT(table);
    return table;
}

static int hint(const hr_options *options, const char *key)
{
    return hr_options_given(options, key) ? hr_options_byte(options, key, HR_NO_BYTE) : HR_DIALECT_AUTO;
}

/* An escape that is the quote means what a quote without an escape means: doubled. */
static bool escape_is_quote(const hr_dialect_hints *hints)
{
    bool any = hints->quote == HR_DIALECT_AUTO && (hints->escape == '"' || hints->escape == '\'');
    return any || (hints->escape >= 0 && hints->escape == hints->quote);
}

static hr_status set_hints(hr_dialect_hints *hints, const hr_options *options, hr_error *err)
{
    static const int headers[] = {HR_DIALECT_AUTO, 1, 0};
    hints->delimiter = hint(options, "delimiter");
    hints->quote = hint(options, "quote");
    hints->escape = hint(options, "escape");
    hints->comment = hint(options, "comment");
    if (escape_is_quote(hints))
        hints->escape = HR_NO_BYTE;
    uint64_t header = 0;
    const char *text = hr_options_get(options, "header");
    if (text && hr_option_parse(HR_OPTION_CHOICE, "auto|yes|no", text, &header))
        hints->header = headers[header];
    else
        hints->header = HR_DIALECT_AUTO;
    hints->preamble =
        hr_options_given(options, "skip_lines") ? (int64_t)hr_options_count(options, "skip_lines", 0) : HR_DIALECT_AUTO;
    const int bytes[] = {hints->delimiter, hints->quote, hints->escape, hints->comment};
    static const char *const names[] = {"delimiter", "quote", "escape", "comment"};
    if (hints->delimiter == HR_NO_BYTE)
        return hr_fail(err, HR_E_INVALID, "option delimiter cannot be none");
    for (size_t i = 0; i < HR_COUNT(bytes); i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] >= 0x80)
            return hr_fail(err, HR_E_INVALID, "option %s must be an ASCII byte other than a newline", names[i]);
        for (size_t j = 0; j < i; j++)
            if (bytes[i] >= 0 && bytes[i] == bytes[j])
                return hr_fail(err, HR_E_INVALID, "options %s and %s cannot be the same byte", names[j], names[i]);
    }
    return HR_OK;
}

static hr_status set_encoding(char **out, const hr_options *options, const char *key, hr_error *err)
{
    const char *text = hr_options_get(options, key);
    if (!text || !strcmp(text, "auto"))
        return HR_OK;
    const char *canonical = hr_encoding_canonical(text);
    if (!canonical)
        return hr_fail(err, HR_E_INVALID, "option %s: there is no encoding '%s'; 'headrace help encodings' lists them",
                       key, text);
    *out = hr_strdup(canonical);
    return *out ? HR_OK : hr_fail_memory(err, "keeping an option");
}

static hr_status set_nulls(hr_csv_config *config, const char *text, hr_error *err)
{
    if (!text)
        return HR_OK;
    size_t count = 1;
    for (const char *p = text; *p; p++)
        count += *p == ',';
    config->nulls = hr_calloc(count, sizeof *config->nulls);
    if (!config->nulls)
        return hr_fail_memory(err, "keeping an option");
    for (const char *p = text;; p++) {
        size_t size = strcspn(p, ",");
        config->nulls[config->null_count] = hr_strndup(p, size);
        if (!config->nulls[config->null_count])
            return hr_fail_memory(err, "keeping an option");
        config->null_count++;
        p += size;
        if (!*p)
            return HR_OK;
    }
}

hr_status hr_csv_config_set(hr_csv_config *config, const hr_options *options, hr_error *err)
{
    hr_csv_config made = {0};
    uint64_t ragged = 0;
    hr_status status = set_hints(&made.hints, options, err);
    if (status == HR_OK)
        status = set_encoding(&made.encoding, options, "encoding", err);
    if (status == HR_OK)
        status = set_encoding(&made.encoding_fallback, options, "encoding_fallback", err);
    if (status == HR_OK)
        status = set_nulls(&made, hr_options_get(options, "null"), err);
    if (status == HR_OK && hr_options_get(options, "columns")) {
        made.columns = hr_strdup(hr_options_get(options, "columns"));
        status = made.columns ? HR_OK : hr_fail_memory(err, "keeping an option");
    }
    if (status != HR_OK)
        goto out;
    const char *ragged_text = hr_options_get(options, "ragged");
    if (ragged_text)
        hr_option_parse(HR_OPTION_CHOICE, "reject|pad|truncate|both", ragged_text, &ragged);
    made.ragged = (hr_ragged)ragged;
    uint64_t format = 0, depth = hr_options_count(options, "limits.depth", 512);
    const char *format_text = hr_options_get(options, "format");
    if (format_text)
        hr_option_parse(HR_OPTION_CHOICE, "auto|csv|ndjson", format_text, &format);
    made.format = (hr_input_format)format;
    const char *members = hr_options_get(options, "members");
    made.strict_members = members && strcmp(members, "reject") == 0;
    made.members_given = hr_options_given(options, "members");
    made.depth_limit = (unsigned)(depth < UINT32_MAX ? depth : UINT32_MAX);
    uint64_t threads = hr_options_count(options, "threads", 1);
    made.threads = (unsigned)(threads <= THREADS_MAX ? threads : THREADS_MAX + 1);
    made.strict = hr_options_bool(options, "strict", false);
    made.lenient = hr_options_bool(options, "lenient", false);
    made.offsets = hr_options_bool(options, "offsets", false);
    made.row_limit = (size_t)hr_options_count(options, "limits.row_bytes", (uint64_t)16 << 20);
    made.column_limit = (size_t)hr_options_count(options, "limits.columns", 131072);
    made.unique_limit = (size_t)hr_options_count(options, "limits.unique", (uint64_t)256 << 20);
    made.sample = (size_t)hr_options_count(options, "sample", (uint64_t)256 << 10);
    const char *kernel = hr_options_get(options, "kernel");
    made.kernels = hr_kernels_get(kernel);
    if (!made.kernels)
        status = hr_fail(err, HR_E_INVALID, "option kernel: this processor cannot run '%s'", kernel);
    else if (made.row_limit < 2 || made.row_limit > (size_t)1 << 30)
        status = hr_fail(err, HR_E_INVALID, "option limits.row_bytes must be between 2 bytes and 1 GiB");
    else if (made.column_limit < 1 || made.column_limit > (size_t)1 << 27)
        status = hr_fail(err, HR_E_INVALID, "option limits.columns must be between 1 and 134217728");
    else if (made.sample < 64 || made.sample > (size_t)16 << 20)
        status = hr_fail(err, HR_E_INVALID, "option sample must be between 64 bytes and 16 MiB");
    else if (made.depth_limit < 1 || made.depth_limit > DEPTH_MAX)
        status = hr_fail(err, HR_E_INVALID, "option limits.depth must be between 1 and %u", DEPTH_MAX);
    else if (made.threads < 1 || made.threads > THREADS_MAX)
        status = hr_fail(err, HR_E_INVALID, "option threads must be between 1 and %u", THREADS_MAX);
    else if (made.strict && made.lenient)
        status = hr_fail(err, HR_E_INVALID, "options strict and lenient exclude each other");
out:
    if (status == HR_OK)
        *config = made;
    else
        hr_csv_config_clear(&made);
    return status;
}

void hr_csv_config_clear(hr_csv_config *config)
{
    hr_free(config->columns);
    hr_free(config->wanted);
    hr_free(config->encoding);
    hr_free(config->encoding_fallback);
    for (size_t i = 0; i < config->null_count; i++)
        hr_free(config->nulls[i]);
    hr_free(config->nulls);
    *config = (hr_csv_config){0};
}
