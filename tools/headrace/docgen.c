/* docgen.c: the reference in Markdown and the manual page, made from the same tables as the help. */
#include "tools/headrace/help.h"

/* Of the manual page: the last time that its frame below was changed. */
#define PAGE_DATE "2026-11-22"

static bool is_reading(const char *group)
{
    return strcmp(group, "Reading") == 0;
}

/* Calls `each` for the flags of reading, which many commands share and which are written down once. */
static void reading_flags(void (*each)(void *context, const char *group, const hr_option *option), void *context)
{
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    for (size_t i = 0; i < count; i++)
        each(context, "Reading", &table[i]);
}

/* ---- Markdown ---------------------------------------------------------------------------------------------- */

static void put_cell(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
}

static void markdown_flag(FILE *to, const hr_option *option)
{
    char name[64];
    hr_flag_name(option->key, name);
    const char *value = hr_flag_value(option);
    fprintf(to, "| `--%s` | ", name);
    if (value != NULL)
        put_cell(to, value);
    fputs(" | ", to);
    if (option->initial != NULL && option->initial[0] != '\0')
        put_cell(to, option->initial);
    fputs(" | ", to);
    put_cell(to, option->doc);
    fputs(" |\n", to);
}

static const char table_head[] = "\n| flag | value | default | meaning |\n|---|---|---|---|\n";

typedef struct section {
    FILE *to;
    bool begun, reading;
} section;

static void markdown_own(void *context, const char *group, const hr_option *option)
{
    section *state = context;
    if (is_reading(group)) {
        state->reading = true;
        return;
    }
    if (!state->begun)
        fputs(table_head, state->to);
    state->begun = true;
    markdown_flag(state->to, option);
}

static void markdown_reading(void *context, const char *group, const hr_option *option)
{
    (void)group;
    markdown_flag(context, option);
}

static void markdown_command(FILE *to, const hr_command *command)
{
    fprintf(to, "\n## headrace %s%s%s\n\n", command->name, command->operands[0] != '\0' ? " " : "", command->operands);
    fprintf(to, "%c%s.", command->summary[0] - 'a' + 'A', command->summary + 1);
    if (command->details != NULL)
        fprintf(to, " %s", command->details);
    fputs("\n\n```sh\n", to);
    for (size_t i = 0; i < command->example_count; i++)
        fprintf(to, "# %s\n%s\n", command->examples[i].meaning, command->examples[i].command);
    fputs("```\n", to);
    section state = {to, false, false};
    hr_help_flags(command, markdown_own, &state);
    if (state.reading)
        fputs("\nAnd the [flags for reading](#flags-for-reading).\n", to);
}

static void markdown_role(void *context, const char *title, const hr_option *options, size_t count)
{
    FILE *to = context;
    fprintf(to, "\n### %s\n\n| option | value | default | meaning |\n|---|---|---|---|\n", title);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "| `%s` | ", options[i].key);
        put_cell(to, hr_help_uri_value(&options[i]));
        fputs(" | ", to);
        put_cell(to, options[i].initial != NULL ? options[i].initial : "");
        fputs(" | ", to);
        put_cell(to, options[i].doc);
        fputs(" |\n", to);
    }
}

void hr_docgen_markdown(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    fputs("# Commands and flags\n\nThis page is what `headrace help --markdown` prints. A flag is given as `--flag "
          "value` or\n"
          "`--flag=value`; one without a value as `--flag`, or `--no-flag` to say no. `--` ends the flags, `-` is "
          "standard input or\n"
          "output. Sizes and counts take the suffixes k M G and Ki Mi Gi, times ms s m h d.\n",
          to);
    for (size_t i = 0; i < count; i++)
        markdown_command(to, commands[i]);
    fprintf(to, "\n## Flags for reading\n%s", table_head);
    reading_flags(markdown_reading, to);
    fputs(
        "\n## Databases and brokers\n\nOptions of a source or destination that has a URI are values of its query: "
        "`scheme://...?key=value&key=value`.\nThose that are flags of `headrace ingest` as well may be given as such. "
        "`%XX` stands for special characters, and\n`${file:PATH}` for the first line of a file.\n",
        to);
    hr_help_connectors(markdown_role, to);
    fputs("\n## Exit status\n\n| status | meaning |\n|---|---|\n", to);
    for (size_t i = 0; i < HR_COUNT(hr_help_exit); i++)
        fprintf(to, "| %zu | %s |\n", i, hr_help_exit[i]);
}

/* ---- manual page ------------------------------------------------------------------------------------------- */

/* Text of a line: a dot or quote in front would be a request, and a dash is to be copied as one. */
static void put_roff(FILE *to, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", to);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '-')
            fputs("\\-", to);
        else if (*text == '\'')
            fputs("\\(aq", to);
        else if (*text == '"')
            fputs("\\(dq", to);
        else
            fputc(*text, to);
    }
}

static void put_roff_line(FILE *to, const char *text)
{
    put_roff(to, text);
    fputc('\n', to);
}

static void man_flag(FILE *to, const hr_option *option)
{
    char name[64];
    hr_flag_name(option->key, name);
    const char *value = hr_flag_value(option);
    fputs(".TP\n\\fB\\-\\-", to);
    put_roff(to, name);
    fputs("\\fR", to);
    if (value != NULL) {
        fputs(" \\fI", to);
        put_roff(to, value);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    put_roff(to, option->doc);
    if (option->initial != NULL && option->initial[0] != '\0' && option->type != HR_OPTION_BOOL) {
        fputs(" Default: ", to);
        put_roff(to, option->initial);
        fputc('.', to);
    }
    fputc('\n', to);
}

static void man_own(void *context, const char *group, const hr_option *option)
{
    section *state = context;
    if (is_reading(group))
        state->reading = true;
    else
        man_flag(state->to, option);
}

static void man_reading(void *context, const char *group, const hr_option *option)
{
    (void)group;
    man_flag(context, option);
}

static void man_command(FILE *to, const hr_command *command)
{
    fprintf(to, ".SS headrace %s", command->name);
    if (command->operands[0] != '\0') {
        fputc(' ', to);
        put_roff(to, command->operands);
    }
    fprintf(to, "\n%c", command->summary[0] - 'a' + 'A');
    put_roff(to, command->summary + 1);
    fputs(".\n", to);
    if (command->details != NULL)
        put_roff_line(to, command->details);
    section state = {to, false, false};
    hr_help_flags(command, man_own, &state);
    if (state.reading)
        fputs(".PP\nAnd the flags for reading, below.\n", to);
    for (size_t i = 0; i < command->example_count; i++) {
        fputs(".PP\n", to);
        const char *meaning = command->examples[i].meaning;
        fputc(meaning[0] >= 'a' && meaning[0] <= 'z' ? meaning[0] - 'a' + 'A' : meaning[0], to);
        put_roff(to, meaning + 1);
        fputs(":\n.PP\n.nf\n.RS\n", to);
        put_roff_line(to, command->examples[i].command);
        fputs(".RE\n.fi\n", to);
    }
}

static void man_role(void *context, const char *title, const hr_option *options, size_t count)
{
    FILE *to = context;
    fprintf(to, ".SS %s\n", title);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n\\fB", to);
        put_roff(to, options[i].key);
        fputs("\\fR=\\fI", to);
        put_roff(to, hr_help_uri_value(&options[i]));
        fputs("\\fR\n", to);
        put_roff(to, options[i].doc);
        if (options[i].initial != NULL && options[i].initial[0] != '\0') {
            fputs(" Default: ", to);
            put_roff(to, options[i].initial);
            fputc('.', to);
        }
        fputc('\n', to);
    }
}

void hr_docgen_man(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    fprintf(
        to,
        ".TH HEADRACE 1 %s \"headrace %s\"\n.SH NAME\nheadrace \\- bring files, tables and topics where they belong, every row exactly once\n",
        PAGE_DATE, hr_version());
    fputs(".SH SYNOPSIS\n.B headrace\n.I command\n.RI [ flags ]\n.RI [ operands ]\n", to);
    fputs(
        ".SH DESCRIPTION\nReads CSV and NDJSON from files and pipes, compressed or not and in many encodings, tables of "
        "PostgreSQL and topics of Kafka, checks every row, and lands each of them exactly once in a folder, a table or a "
        "topic, or says which one it did not land and why. The last line of a job accounts for every row.\n"
        ".PP\nA flag is given as \\-\\-flag value or \\-\\-flag=value; one without a value as \\-\\-flag, or "
        "\\-\\-no\\-flag to say no. "
        "\\-\\- ends the flags, \\- is standard input or output. Sizes and counts take the suffixes k M G and Ki Mi "
        "Gi, times ms s m h d.\n"
        ".SH COMMANDS\n",
        to);
    for (size_t i = 0; i < count; i++)
        man_command(to, commands[i]);
    fputs(".SH FLAGS FOR READING\n", to);
    reading_flags(man_reading, to);
    fputs(".SH DATABASES AND BROKERS\nOptions of a source or destination that has a URI are values of its query, "
          "scheme://...?key=value&key=value. Those that are flags of headrace ingest as well may be given as such.\n",
          to);
    hr_help_connectors(man_role, to);
    fputs(".SH EXIT STATUS\n", to);
    for (size_t i = 0; i < HR_COUNT(hr_help_exit); i++)
        fprintf(to, ".TP\n%zu\n%s\n", i, hr_help_exit[i]);
    fputs(".SH FILES\n.TP\n$XDG_STATE_HOME/headrace/ledger.db, else ~/.local/state/headrace/ledger.db\n"
          "The ledger: jobs, rejected rows, files, positions.\n"
          ".SH ENVIRONMENT\n.TP\n.B XDG_STATE_HOME\nWhere the ledger is kept when \\-\\-ledger is not given.\n",
          to);
}
