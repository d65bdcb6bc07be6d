/* options.c: sets of option values over a table, checked when they are set. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/base/base.h"

struct hr_options {
    const hr_option *table;
    size_t count;
    char *values[]; /* [count], NULL: not given */
};

hr_status hr_options_new(const hr_option *table, size_t count, hr_options **out, hr_error *err)
{
    hr_options *options = hr_calloc(1, sizeof *options + count * sizeof options->values[0]);
    if (!options)
        return hr_fail_memory(err, "making a set of options");
    options->table = table;
    options->count = count;
    *out = options;
    return HR_OK;
}

void hr_options_free(hr_options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < options->count; i++)
        hr_free(options->values[i]);
    hr_free(options);
}

const hr_option *hr_options_rows(const hr_options *options, size_t *count)
{
    *count = options ? options->count : 0;
    return options ? options->table : NULL;
}

static size_t find(const hr_options *options, const char *key)
{
    size_t i = 0;
    while (options && i < options->count && strcmp(options->table[i].key, key))
        i++;
    return options ? i : 0;
}

/* One byte as people write it: itself, \t, \n, \\, \0, 0x1F, a name, or none. */
static bool parse_byte(const char *text, int *byte)
{
    static const struct {
        const char *name;
        int byte;
    } names[] = {{"\\t", '\t'},  {"tab", '\t'},      {"\\\\", '\\'}, {"\\0", 0},           {"space", ' '},
                 {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'},  {"none", HR_NO_BYTE}, {"", HR_NO_BYTE}};
    for (size_t i = 0; i < HR_COUNT(names); i++)
        if (!strcasecmp(text, names[i].name)) {
            *byte = names[i].byte;
            return true;
        }
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && isxdigit((unsigned char)text[2])) {
        char *end;
        unsigned long value = strtoul(text + 2, &end, 16);
        *byte = (int)value;
        return !*end && value <= 0xFF;
    }
    *byte = (unsigned char)text[0];
    return text[0] && !text[1];
}

static bool parse_scaled(const char *text, bool time, uint64_t *number)
{
    static const struct {
        const char *suffix;
        uint64_t factor;
    } sizes[] = {{"", 1},
                 {"k", 1000},
                 {"m", 1000000},
                 {"g", 1000000000},
                 {"t", 1000000000000},
                 {"ki", 1ull << 10},
                 {"mi", 1ull << 20},
                 {"gi", 1ull << 30},
                 {"ti", 1ull << 40}},
      times[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    if (!isdigit((unsigned char)text[0]))
        return false;
    uint64_t value = 0;
    const char *p = text;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
    char suffix[8];
    snprintf(suffix, sizeof suffix, "%s", p);
    size_t length = strlen(suffix);
    if (!time && length && tolower((unsigned char)suffix[length - 1]) == 'b')
        suffix[length - 1] = '\0';
    for (size_t i = 0; i < (time ? HR_COUNT(times) : HR_COUNT(sizes)); i++)
        if (!strcasecmp(suffix, time ? times[i].suffix : sizes[i].suffix))
            return !__builtin_mul_overflow(value, time ? times[i].factor : sizes[i].factor, number);
    return false;
}

static bool parse_bool(const char *text, uint64_t *number)
{
    bool yes = !strcasecmp(text, "yes") || !strcasecmp(text, "true") || !strcmp(text, "1") || !strcasecmp(text, "on");
    bool no = !strcasecmp(text, "no") || !strcasecmp(text, "false") || !strcmp(text, "0") || !strcasecmp(text, "off");
    *number = yes;
    return yes || no;
}

static bool parse_choice(const char *choices, const char *text, uint64_t *number)
{
    size_t size = strlen(text);
    uint64_t index = 0;
    for (const char *p = choices; *p; index++) {
        size_t length = strcspn(p, "|");
        if (length == size && !memcmp(p, text, size)) {
            *number = index;
            return true;
        }
        p += length + (p[length] == '|');
    }
    return false;
}

bool hr_option_parse(hr_option_type type, const char *choices, const char *text, uint64_t *number)
{
    uint64_t value = 0;
    int byte;
    bool ok = true;
    switch (type) {
    case HR_OPTION_TEXT: break;
    case HR_OPTION_BYTE: ok = parse_byte(text, &byte); break;
    case HR_OPTION_CHOICE: ok = choices && parse_choice(choices, text, &value); break;
    case HR_OPTION_COUNT:
    case HR_OPTION_SIZE: ok = parse_scaled(text, false, &value); break;
    case HR_OPTION_TIME: ok = parse_scaled(text, true, &value); break;
    case HR_OPTION_BOOL: ok = parse_bool(text, &value); break;
    }
    if (ok && number)
        *number = value;
    return ok;
}

static const char *expectation(const hr_option *option)
{
    switch (option->type) {
    case HR_OPTION_TEXT: return "text";
    case HR_OPTION_BYTE: return "one byte: a character, \\t, 0x1F, or none";
    case HR_OPTION_CHOICE: return option->choices;
    case HR_OPTION_COUNT: return "a whole number, such as 100 or 5k";
    case HR_OPTION_SIZE: return "a size, such as 64MiB";
    case HR_OPTION_TIME: return "a time, such as 30s";
    case HR_OPTION_BOOL: return "yes or no";
    }
    return "";
}

hr_status hr_options_set(hr_options *options, const char *key, const char *value, hr_error *err)
{
    size_t i = find(options, key);
    if (i == options->count)
        return hr_fail(err, HR_E_INVALID, "there is no option '%s'", key);
    const hr_option *option = &options->table[i];
    if (!hr_option_parse(option->type, option->choices, value, NULL))
        return hr_fail(err, HR_E_INVALID, "option '%s' takes %s, not '%s'", key, expectation(option),
                       option->secret ? "what was given" : value);
    char *copy = hr_strdup(value);
    if (!copy)
        return hr_fail_memory(err, "keeping an option");
    hr_free(options->values[i]);
    options->values[i] = copy;
    return HR_OK;
}

const char *hr_options_get(const hr_options *options, const char *key)
{
    size_t i = find(options, key);
    if (!options || i == options->count)
        return NULL;
    return options->values[i] ? options->values[i] : options->table[i].initial;
}

bool hr_options_given(const hr_options *options, const char *key)
{
    size_t i = find(options, key);
    return options && i < options->count && options->values[i];
}

uint64_t hr_options_count(const hr_options *options, const char *key, uint64_t otherwise)
{
    size_t i = find(options, key);
    if (!options || i == options->count)
        return otherwise;
    const char *text = hr_options_get(options, key);
    uint64_t number;
    return text && hr_option_parse(options->table[i].type, options->table[i].choices, text, &number) ? number
                                                                                                     : otherwise;
}

bool hr_options_bool(const hr_options *options, const char *key, bool otherwise)
{
    return hr_options_count(options, key, otherwise) != 0;
}

int hr_options_byte(const hr_options *options, const char *key, int otherwise)
{
    const char *text = hr_options_get(options, key);
    int byte;
    return text && parse_byte(text, &byte) ? byte : otherwise;
}
