/* help.c: help on a terminal: the overview of the commands, and each command by example. */
#include "tools/headrace/help.h"

const char *const hr_help_exit[6] = {
    "done",
    "failed",
    "wrong usage: a command, flag or value that cannot be",
    "done, and some rows were rejected",
    "nothing to do",
    ("try again later: interrupted and drained, a feed that somebody else is loading, or an error that may pass, "
     "such as a server that is not there"),
};

#define HELP_WIDTH 100u

/* Prints text broken at spaces, the first line beginning at column `at`, the others at `indent`. */
static void print_wrapped(FILE *to, const char *text, size_t at, size_t indent)
{
    while (*text != '\0') {
        size_t word = strcspn(text, " \n");
        if (at > indent && at + word > HELP_WIDTH) {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
        }
        fwrite(text, 1, word, to);
        at += word;
        text += word;
        if (*text == '\n') {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
            text++;
        } else if (*text == ' ') {
            if (at + 1 + strcspn(text + 1, " \n") <= HELP_WIDTH) {
                fputc(' ', to);
                at++;
            } else {
                fprintf(to, "\n%*s", (int)indent, "");
                at = indent;
            }
            text++;
        }
    }
    fputc('\n', to);
}

void hr_help_wrapped(FILE *to, const char *text, size_t indent, const char *initial)
{
    char whole[1200];
    snprintf(whole, sizeof whole, "%s%s%s%s", text, initial != NULL ? " Default: " : "", initial != NULL ? initial : "",
             initial != NULL ? "." : "");
    print_wrapped(to, whole, indent, indent);
}

void hr_help_overview(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    fprintf(to, "headrace %s: brings CSV, NDJSON, tables and topics where they belong, each row exactly once.\n",
            hr_version());
    const char *group = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(group, commands[i]->group) != 0)
            fprintf(to, "\n%s\n", commands[i]->group);
        group = commands[i]->group;
        fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nTry: headrace sniff FILE, headrace check FILE, headrace ingest FILE --to FOLDER\n"
          "Each command explains itself by example: headrace COMMAND --help\n"
          "Databases and brokers: headrace help postgres, headrace help kafka\n",
          to);
}

/* ---- flags by group ---------------------------------------------------------------------------------------- */

static bool in_table(const hr_option *table, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].key, key) == 0)
            return true;
    return false;
}

/* The job's table holds the reader's: those flags stand under a heading of their own, and last, for they are many. */
void hr_help_flags(const hr_command *command, void (*each)(void *context, const char *group, const hr_option *option),
                   void *context)
{
    hr_flag_set sets[HR_FLAG_SETS];
    size_t set_count = hr_command_tables(command, sets), reader_count;
    const hr_option *reader = hr_reader_options(&reader_count);
    static const char *const groups[] = {"Flags", "The job", "Reading"};
    for (size_t pass = 0; pass < 3; pass++)
        for (size_t s = 0; s < set_count; s++)
            for (size_t i = 0; i < sets[s].count; i++) {
                const hr_option *option = &sets[s].table[i];
                if (s > 0 && in_table(sets[0].table, sets[0].count, option->key))
                    continue;
                size_t group = s == 0 ? 0 : in_table(reader, reader_count, option->key) ? 2 : 1;
                if (group == pass)
                    each(context, groups[group], option);
            }
}

typedef struct printing {
    FILE *to;
    const char *group;
} printing;

static void print_flag(void *context, const char *group, const hr_option *option)
{
    printing *state = context;
    if (strcmp(state->group, group) != 0)
        fprintf(state->to, "\n%s\n", group);
    state->group = group;
    char name[64];
    hr_flag_name(option->key, name);
    const char *value = hr_flag_value(option);
    fprintf(state->to, "  --%s%s%s\n      ", name, value != NULL ? " " : "", value != NULL ? value : "");
    bool tell =
        option->initial != NULL && option->initial[0] != '\0' && option->type != HR_OPTION_BOOL && !option->secret;
    hr_help_wrapped(state->to, option->doc, 6, tell ? option->initial : NULL);
}

void hr_help_command(FILE *to, const hr_command *command)
{
    fprintf(to, "headrace %s: %s\n\n", command->name, command->summary);
    fprintf(to, "  headrace %s%s%s [FLAGS]\n", command->name, command->operands[0] != '\0' ? " " : "",
            command->operands);
    if (command->details != NULL) {
        fputc('\n', to);
        print_wrapped(to, command->details, 0, 0);
    }
    if (command->example_count > 0)
        fputs("\nExamples\n", to);
    for (size_t i = 0; i < command->example_count; i++)
        fprintf(to, "  %s\n      %s\n", command->examples[i].command, command->examples[i].meaning);
    printing state = {to, ""};
    hr_help_flags(command, print_flag, &state);
    fputs("\nExit status: 0 done, 1 failed, 2 usage, 3 done with rejected rows, 4 nothing to do, 5 try again later\n",
          to);
}
