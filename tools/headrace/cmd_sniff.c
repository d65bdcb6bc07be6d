/* cmd_sniff.c: headrace sniff: what a file is taken for, why, and the flags that pin it. */
#include "core/reader/reader.h"
#include "tools/headrace/args.h"
#include "tools/headrace/print.h"
#include "tools/headrace/shell.h"

/* ASCII is what is known of a beginning without anything else; UTF-8 reads it as well, and a later surprise loudly. */
static const char *pinned_encoding(const hr_reader_facts *facts)
{
    return strcmp(facts->encoding->name, "ascii") == 0 ? "utf-8" : facts->encoding->name;
}

static bool add_byte_flag(hr_buffer *out, const char *flag, int byte)
{
    char text[8];
    hr_dialect_byte_text(byte, text);
    return hr_buffer_printf(out, " --%s ", flag) && hr_shell_word(out, text);
}

static bool is_ndjson(const hr_reader_facts *facts)
{
    return strcmp(facts->format, "ndjson") == 0;
}

/* The columns as a word for --columns: a name that holds a comma or begins with a quote stands in quotes. */
static bool add_columns(hr_buffer *out, const hr_reader_facts *facts)
{
    hr_buffer list = {0};
    bool good = true;
    for (size_t i = 0; good && i < facts->column_count; i++) {
        const char *name = facts->columns[i];
        bool quoted = name[0] == '"' || strchr(name, ',') != NULL;
        good = hr_buffer_text(&list, i > 0 ? "," : "") && (!quoted || hr_buffer_text(&list, "\""));
        for (; good && *name != '\0'; name++)
            good = hr_buffer_printf(&list, quoted && *name == '"' ? "\"%c" : "%c", *name);
        good = good && (!quoted || hr_buffer_text(&list, "\""));
    }
    good = good && hr_buffer_add(&list, "", 1) && hr_buffer_text(out, " --columns ") &&
           hr_shell_word(out, (const char *)list.data);
    hr_buffer_free(&list);
    return good;
}

static bool pin_ndjson(hr_buffer *out, const hr_reader_facts *facts)
{
    return hr_buffer_printf(out, "--format ndjson --encoding %s", pinned_encoding(facts)) &&
           (facts->column_count == 0 || add_columns(out, facts));
}

static bool pin(hr_buffer *out, const hr_reader_facts *facts)
{
    if (is_ndjson(facts))
        return pin_ndjson(out, facts);
    const hr_dialect *dialect = &facts->dialect.dialect;
    return hr_buffer_printf(out, "--format csv --encoding %s", pinned_encoding(facts)) &&
           add_byte_flag(out, "delimiter", dialect->delimiter) && add_byte_flag(out, "quote", dialect->quote) &&
           add_byte_flag(out, "escape", dialect->escape) && add_byte_flag(out, "comment", dialect->comment) &&
           hr_buffer_printf(out, " --header %s --skip-lines %llu", facts->dialect.header ? "yes" : "no",
                            (unsigned long long)facts->dialect.preamble);
}

static void print_byte(const char *what, int byte)
{
    char text[8];
    hr_dialect_byte_text(byte, text);
    printf("  %-12s%s\n", what, text);
}

static void print_dialect(const hr_dialect_guess *guess)
{
    print_byte("delimiter", guess->dialect.delimiter);
    print_byte("quote", guess->dialect.quote);
    if (guess->dialect.escape != HR_NO_BYTE)
        print_byte("escape", guess->dialect.escape);
    if (guess->dialect.comment != HR_NO_BYTE)
        print_byte("comment", guess->dialect.comment);
    printf("  newline     %s\n  header      %s\n", guess->newline, guess->header ? "yes" : "no");
    if (guess->preamble > 0)
        printf("  preamble    %llu lines before the header\n", (unsigned long long)guess->preamble);
    printf("  dialect     confidence %u%%\n              ", guess->confidence);
    hr_print_text(stdout, guess->evidence);
}

static void print_facts(const char *file, const hr_reader_facts *facts)
{
    const hr_dialect_guess *guess = &facts->dialect;
    hr_print_text(stdout, file);
    printf("\n  compression %s\n", hr_compression_name(facts->compression));
    printf("  encoding    %s, %s %u%%", facts->encoding->name,
           facts->encoding->pinned ? "pinned, confidence" : "confidence", facts->encoding->confidence);
    if (facts->encoding->bom > 0)
        printf(", a byte-order mark of %u bytes", facts->encoding->bom);
    printf("\n              ");
    hr_print_text(stdout, facts->encoding->evidence);
    printf("\n  format      %s\n", facts->format);
    if (is_ndjson(facts)) {
        printf("              ");
        hr_print_text(stdout, guess->evidence);
        printf("\n  newline     %s", guess->newline);
    } else {
        print_dialect(guess);
    }
    printf("\n  columns     %zu\n", facts->column_count);
    for (size_t i = 0; i < facts->column_count; i++) {
        printf("  %10zu  ", i + 1);
        hr_print_text(stdout, facts->columns[i]);
        putchar('\n');
    }
}

static bool print_pin(const char *file, const hr_reader_facts *facts)
{
    hr_buffer line = {0};
    bool good = hr_buffer_text(&line, "headrace check ") && pin(&line, facts) &&
                hr_buffer_text(&line, file[0] == '-' ? " -- " : " ") && hr_shell_word(&line, file);
    if (good) {
        fputs("  pinned by   ", stdout);
        hr_print_safe(stdout, line.data, line.size);
        putchar('\n');
    } else {
        hr_message("out of memory while writing the flags");
    }
    hr_buffer_free(&line);
    return good;
}

static void json_byte(hr_line *json, const char *key, int byte)
{
    char one = (char)byte;
    if (byte == HR_NO_BYTE)
        hr_line_text(json, key, NULL);
    else
        hr_line_bytes(json, key, &one, 1);
}

static void json_dialect(hr_line *json, const hr_dialect_guess *guess)
{
    json_byte(json, "delimiter", guess->dialect.delimiter);
    json_byte(json, "quote", guess->dialect.quote);
    json_byte(json, "escape", guess->dialect.escape);
    json_byte(json, "comment", guess->dialect.comment);
    hr_line_text(json, "newline", guess->newline);
    hr_line_bool(json, "header", guess->header);
    hr_line_number(json, "skip_lines", guess->preamble);
    hr_line_number(json, "dialect_confidence", guess->confidence);
    hr_line_text(json, "dialect_evidence", guess->evidence);
}

static bool print_json(const char *file, const hr_reader_facts *facts)
{
    hr_line json = {0};
    hr_buffer line = {0};
    const hr_dialect_guess *guess = &facts->dialect;
    hr_line_open(&json, NULL, '{');
    hr_line_text(&json, "file", file);
    hr_line_text(&json, "compression", hr_compression_name(facts->compression));
    hr_line_text(&json, "encoding", facts->encoding->name);
    hr_line_number(&json, "encoding_confidence", facts->encoding->confidence);
    hr_line_bool(&json, "encoding_pinned", facts->encoding->pinned);
    hr_line_text(&json, "encoding_evidence", facts->encoding->evidence);
    hr_line_number(&json, "bom", facts->encoding->bom);
    hr_line_text(&json, "format", facts->format);
    if (is_ndjson(facts)) {
        hr_line_text(&json, "newline", guess->newline);
        hr_line_text(&json, "format_evidence", guess->evidence);
    } else {
        json_dialect(&json, guess);
    }
    hr_line_open(&json, "columns", '[');
    for (size_t i = 0; i < facts->column_count; i++)
        hr_line_text(&json, NULL, facts->columns[i]);
    hr_line_close(&json, ']');
    if (pin(&line, facts))
        hr_line_bytes(&json, "flags", line.data, line.size);
    else
        json.failed = true;
    hr_line_close(&json, '}');
    bool good = hr_line_print(&json, stdout);
    hr_line_free(&json);
    hr_buffer_free(&line);
    return good;
}

static int sniff_file(const hr_args *args, const char *file)
{
    hr_reader *reader = NULL;
    hr_reader_facts facts;
    hr_error err;
    const char *const *names;
    size_t count;
    int exit = HR_EXIT_DONE;
    hr_status status = hr_reader_open(file, hr_args_library(args), &reader, &err);
    if (status == HR_OK)
        status = hr_reader_columns(reader, &names, &count, &err);
    if (status == HR_OK)
        status = hr_reader_describe(reader, &facts, &err);
    if (status != HR_OK) {
        hr_error_origin(&err, file);
        hr_print_error(&err);
        exit = hr_exit_of(&err);
    } else if (hr_args_bool(args, "json")) {
        exit = print_json(file, &facts) ? HR_EXIT_DONE : HR_EXIT_FAILED;
    } else {
        print_facts(file, &facts);
        exit = print_pin(file, &facts) ? HR_EXIT_DONE : HR_EXIT_FAILED;
    }
    hr_reader_close(reader);
    return exit;
}

static int run(const hr_args *args)
{
    int exit = HR_EXIT_DONE;
    for (size_t i = 0; i < args->operand_count; i++) {
        int one = sniff_file(args, args->operands[i]);
        exit = one != HR_EXIT_DONE ? one : exit;
    }
    return exit;
}

static const hr_option flags[] = {HR_FLAG_JSON("Print one JSON object a file.")};

static const hr_example examples[] = {
    {"headrace sniff orders.csv", "what the file is taken for, the evidence, and the flags that pin it"},
    {"headrace sniff --json in/*.csv.gz", "one object a file, for a program"},
    {"headrace sniff --encoding windows-1252 orders.csv", "what the rest looks like when the encoding is known"},
};

const hr_command hr_command_sniff = {
    .name = "sniff",
    .group = "Work on files",
    .summary = "show what a file is taken for, why, and the flags that pin it",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = HR_ANY_OPERANDS,
    .details =
        "Looks at the beginning of each file: compression, encoding, whether it is CSV or NDJSON, delimiter, quote, "
        "header, columns. Detection "
        "only proposes: it never drops a row, and any of it can be pinned with the flags that are printed last.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
