/* config.c: the option table of readers, and its values as a struct. */
#include "core/csv/config.h"

#include "core/input/encoding.h"

static const hr_option table[] = {
    {"delimiter", HR_OPTION_BYTE, NULL, "BYTE", "What stands between fields: a character, tab, 0x1F ... (detected when not given).", false},
    {"quote", HR_OPTION_BYTE, NULL, "BYTE", "What encloses fields that hold delimiters or newlines, or none (detected when not given).", false},
    {"escape", HR_OPTION_BYTE, NULL, "BYTE", "A byte that makes the next one data, as \\ in some files, or none (detected when not given).", false},
    {"comment", HR_OPTION_BYTE, NULL, "BYTE", "Records that begin with this byte are skipped, and counted as skipped, or none (detected when not given).", false},
    {"header", HR_OPTION_CHOICE, "auto", "auto|yes|no", "Whether the first record holds the names of the columns.", false},
    {"skip_lines", HR_OPTION_COUNT, NULL, "N", "Lines before the header that are not data; counted as skipped (detected when not given).", false},
    {"encoding", HR_OPTION_TEXT, NULL, "NAME", "Character encoding of the input, such as utf-8, windows-1252, shift_jis (detected when not given).", false},
    {"encoding_fallback", HR_OPTION_TEXT, NULL, "NAME", "Decode rows of a UTF-8 input that are not UTF-8 with this encoding, instead of rejecting them; counted and reported.", false},
    {"ragged", HR_OPTION_CHOICE, "reject", "reject|pad|truncate|both", "Rows with fewer or more fields than the header: reject them, pad missing fields with null, truncate extra ones, or both.", false},
    {"strict", HR_OPTION_BOOL, "no", NULL, "Also reject rows with a quote inside an unquoted field.", false},
    {"lenient", HR_OPTION_BOOL, "no", NULL, "Accept bytes between a closing quote and the next delimiter: they are appended to the field.", false},
    {"null", HR_OPTION_TEXT, NULL, "TEXT,...", "Further spellings of null, comma-separated, such as NULL,\\N,NA; an unquoted empty field always is null.", false},
    {"limits.row_bytes", HR_OPTION_SIZE, "16Mi", "SIZE", "Longest record; a longer one is rejected.", false},
    {"limits.columns", HR_OPTION_COUNT, "131072", "N", "Most fields in a record; a record with more is rejected.", false},
    {"sample", HR_OPTION_SIZE, "256Ki", "SIZE", "How much of the beginning detection looks at.", false},
    {"offsets", HR_OPTION_BOOL, "no", NULL, "Give the byte offset of every row, also where it costs time (transcoded input).", false},
    {"kernel", HR_OPTION_CHOICE, "auto", "auto|scalar|sse42|avx2|avx512|neon", "Instruction set of the parser; the answer is the same with each.", false},
    {"threads", HR_OPTION_COUNT, "1", "N", "Threads that parse one input.", false},
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

static hr_status set_hints(hr_dialect_hints *hints, const hr_options *options, hr_error *err)
{
    static const int headers[] = {HR_DIALECT_AUTO, 1, 0};
    hints->delimiter = hint(options, "delimiter");
    hints->quote = hint(options, "quote");
    hints->escape = hint(options, "escape");
    hints->comment = hint(options, "comment");
    uint64_t header = 0;
    const char *text = hr_options_get(options, "header");
    if (text && hr_option_parse(HR_OPTION_CHOICE, "auto|yes|no", text, &header, NULL))
        hints->header = headers[header];
    else
        hints->header = HR_DIALECT_AUTO;
    hints->preamble = hr_options_given(options, "skip_lines") ? (int64_t)hr_options_count(options, "skip_lines", 0)
                                                              : HR_DIALECT_AUTO;
    const int bytes[] = {hints->delimiter, hints->quote, hints->escape, hints->comment};
    static const char *const names[] = {"delimiter", "quote", "escape", "comment"};
    if (hints->delimiter == HR_NO_BYTE)
        return hr_fail(err, HR_E_INVALID, "option delimiter cannot be none");
    for (size_t i = 0; i < HR_COUNT(bytes); i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] >= 0x80)
            return hr_fail(err, HR_E_INVALID, "option %s must be an ASCII byte other than a newline", names[i]);
        for (size_t j = 0; j < i; j++)
            if (bytes[i] >= 0 && bytes[i] == bytes[j] && !(i == 2 && j == 1))
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
        return hr_fail(err, HR_E_INVALID, "option %s: there is no encoding '%s'; 'headrace help encodings' lists them", key, text);
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
    if (status != HR_OK)
        goto out;
    const char *ragged_text = hr_options_get(options, "ragged");
    if (ragged_text)
        hr_option_parse(HR_OPTION_CHOICE, "reject|pad|truncate|both", ragged_text, &ragged, NULL);
    made.ragged = (hr_ragged)ragged;
    made.strict = hr_options_bool(options, "strict", false);
    made.lenient = hr_options_bool(options, "lenient", false);
    made.offsets = hr_options_bool(options, "offsets", false);
    made.row_limit = (size_t)hr_options_count(options, "limits.row_bytes", (uint64_t)16 << 20);
    made.column_limit = (size_t)hr_options_count(options, "limits.columns", 131072);
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
    hr_free(config->encoding);
    hr_free(config->encoding_fallback);
    for (size_t i = 0; i < config->null_count; i++)
        hr_free(config->nulls[i]);
    hr_free(config->nulls);
    *config = (hr_csv_config){0};
}
