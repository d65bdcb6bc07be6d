/* args.c: reads a command line by option tables, once for all commands. */
#include "tools/headrace/args.h"

#include "headrace/job.h"

void hr_flag_name(const char *key, char out[64])
{
    size_t i = 0;
    for (; key[i] != '\0' && i < 63; i++)
        out[i] = key[i] == '.' || key[i] == '_' ? '-' : key[i];
    out[i] = '\0';
}

const char *hr_flag_value(const hr_option *option)
{
    if (option->type == HR_OPTION_BOOL)
        return NULL;
    if (option->choices != NULL)
        return option->choices;
    switch (option->type) {
    case HR_OPTION_BYTE: return "CHAR";
    case HR_OPTION_COUNT: return "N";
    case HR_OPTION_SIZE: return "BYTES";
    case HR_OPTION_TIME: return "TIME";
    default: return "TEXT";
    }
}

/* ---- unknown flags ----------------------------------------------------------------------------------------- */

static hr_status fail_unknown(const hr_args *args, const char *flag, hr_error *err)
{
    char name[64], best[64] = "help";
    size_t least = hr_word_distance(flag, "help");
    for (size_t s = 0; s < args->set_count; s++)
        for (size_t i = 0; i < args->sets[s].count; i++) {
            hr_flag_name(args->sets[s].table[i].key, name);
            size_t distance = hr_word_distance(flag, name);
            if (distance < least) {
                least = distance;
                memcpy(best, name, sizeof best);
            }
        }
    if (hr_word_near(flag, least))
        return hr_fail(err, HR_E_INVALID, "%s has no flag --%s; did you mean --%s?", args->command->name, flag, best);
    return hr_fail(err, HR_E_INVALID, "%s has no flag --%s; see headrace %s --help", args->command->name, flag,
                   args->command->name);
}

/* ---- flags ------------------------------------------------------------------------------------------------- */

static bool has_choice(const char *choices, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = choices; at != NULL; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (strncmp(at, word, size) == 0 && (at[size] == '|' || at[size] == '\0'))
            return true;
    return false;
}

static const hr_option *find_flag(const hr_args *args, const char *flag, hr_options **options)
{
    char name[64];
    for (size_t s = 0; s < args->set_count; s++)
        for (size_t i = 0; i < args->sets[s].count; i++) {
            hr_flag_name(args->sets[s].table[i].key, name);
            if (strcmp(name, flag) == 0) {
                *options = args->sets[s].options;
                return &args->sets[s].table[i];
            }
        }
    return NULL;
}

/* One word that begins with "--". *next is the word behind it, or NULL; *took says that it was the value. */
static hr_status read_flag(hr_args *args, const char *word, const char *next, bool *took, hr_error *err)
{
    char flag[64];
    const char *value = strchr(word, '=');
    size_t size = value != NULL ? (size_t)(value - word) : strlen(word);
    if (size >= sizeof flag)
        return hr_fail(err, HR_E_INVALID, "%s has no flag as long as that; see headrace %s --help", args->command->name,
                       args->command->name);
    memcpy(flag, word, size);
    flag[size] = '\0';
    if (value != NULL)
        value++;
    if (strcmp(flag, "help") == 0) {
        args->help = true;
        return HR_OK;
    }
    hr_options *options = NULL;
    const hr_option *option = find_flag(args, flag, &options);
    if (option == NULL && strncmp(flag, "no-", 3) == 0) {
        option = find_flag(args, flag + 3, &options);
        bool can = option != NULL && (option->type == HR_OPTION_BOOL ||
                                      (option->type == HR_OPTION_CHOICE && has_choice(option->choices, "no")));
        if (can && value != NULL)
            return hr_fail(err, HR_E_INVALID, "--%s takes no value", flag);
        if (can)
            return hr_options_set(options, option->key, "no", err);
        option = NULL;
    }
    if (option == NULL)
        return fail_unknown(args, flag, err);
    if (value == NULL && option->type == HR_OPTION_BOOL)
        value = "yes";
    if (value == NULL) {
        if (next == NULL || (strncmp(next, "--", 2) == 0 && next[2] != '\0'))
            return hr_fail(err, HR_E_INVALID, "--%s needs a value: --%s %s%s", flag, flag, hr_flag_value(option),
                           next != NULL ? " (with = when it begins with --)" : "");
        value = next;
        *took = true;
    }
    return hr_options_set(options, option->key, value, err);
}

/* ---- the whole line ---------------------------------------------------------------------------------------- */

size_t hr_command_tables(const hr_command *command, hr_flag_set sets[HR_FLAG_SETS])
{
    size_t count = 0;
    sets[count++] = (hr_flag_set){command->flags, command->flag_count, NULL};
    if (command->takes & HR_TAKES_INGEST) {
        sets[count].table = hr_ingest_options(&sets[count].count);
        sets[count++].options = NULL;
    } else if (command->takes & HR_TAKES_READER) {
        sets[count].table = hr_reader_options(&sets[count].count);
        sets[count++].options = NULL;
    }
    return count;
}

static hr_status check_operands(const hr_args *args, hr_error *err)
{
    const hr_command *command = args->command;
    if (args->operand_count < command->operands_least)
        return hr_fail(err, HR_E_INVALID, "%s needs more: headrace %s %s", command->name, command->name,
                       command->operands);
    if (args->operand_count > command->operands_most)
        return hr_fail(err, HR_E_INVALID, "%s does not know what to do with '%s'; see headrace %s --help",
                       command->name, args->operands[command->operands_most], command->name);
    return HR_OK;
}

hr_status hr_args_parse(const hr_command *command, int count, char **words, hr_args *out, hr_error *err)
{
    memset(out, 0, sizeof *out);
    out->command = command;
    out->set_count = hr_command_tables(command, out->sets);
    for (size_t s = 0; s < out->set_count; s++) {
        hr_status status = hr_options_new(out->sets[s].table, out->sets[s].count, &out->sets[s].options, err);
        if (status != HR_OK)
            return status;
    }
    out->operands = hr_calloc((size_t)count + 1, sizeof *out->operands);
    if (out->operands == NULL)
        return hr_fail_memory(err, "reading the command line");
    bool flags = true;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (!flags || word[0] != '-' || word[1] == '\0') {
            out->operands[out->operand_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            flags = false;
        } else if (strcmp(word, "-h") == 0) {
            out->help = true;
        } else if (word[1] != '-') {
            return hr_fail(err, HR_E_INVALID, "flags have two dashes here, '%s' has one; see headrace %s --help", word,
                           command->name);
        } else {
            bool took = false;
            hr_status status = read_flag(out, word + 2, i + 1 < count ? words[i + 1] : NULL, &took, err);
            if (status != HR_OK)
                return status;
            i += took;
        }
        if (out->help)
            return HR_OK;
    }
    return check_operands(out, err);
}

void hr_args_clear(hr_args *args)
{
    for (size_t s = 0; s < args->set_count; s++)
        hr_options_free(args->sets[s].options);
    hr_free(args->operands);
    memset(args, 0, sizeof *args);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

static const hr_options *holder(const hr_args *args, const char *key)
{
    for (size_t s = 0; s < args->set_count; s++)
        for (size_t i = 0; i < args->sets[s].count; i++)
            if (strcmp(args->sets[s].table[i].key, key) == 0)
                return args->sets[s].options;
    return NULL;
}

const char *hr_args_text(const hr_args *args, const char *key)
{
    const hr_options *options = holder(args, key);
    return options != NULL ? hr_options_get(options, key) : NULL;
}

bool hr_args_bool(const hr_args *args, const char *key)
{
    const hr_options *options = holder(args, key);
    return options != NULL && hr_options_bool(options, key, false);
}

uint64_t hr_args_number(const hr_args *args, const char *key, uint64_t otherwise)
{
    const hr_options *options = holder(args, key);
    return options != NULL ? hr_options_count(options, key, otherwise) : otherwise;
}

bool hr_args_given(const hr_args *args, const char *key)
{
    const hr_options *options = holder(args, key);
    return options != NULL && hr_options_given(options, key);
}

hr_options *hr_args_library(const hr_args *args)
{
    return args->set_count > 1 ? args->sets[1].options : NULL;
}
