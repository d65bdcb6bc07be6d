/* cmd_bench.c: headrace bench: what this machine does with a file, kernel by kernel, and from end to end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/reader/reader.h"
#include "tools/headrace/args.h"
#include "tools/headrace/bench.h"
#include "tools/headrace/print.h"

#define BLOCK ((size_t)256 << 10)
#define ROUNDS 3u

typedef struct measuring {
    const hr_args *args;
    const char *file;
    uint8_t *data;
    hr_bench_text text;
    const char *format; /* "csv" or "ndjson" */
    bool as_json;
    hr_table table; /* or, as JSON: */
    hr_line json;
} measuring;

/* ---- the text ---------------------------------------------------------------------------------------------------- */

typedef struct plain_file {
    int fd;
} plain_file;

static hr_status read_file(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    plain_file *file = state;
    ssize_t size;
    do
        size = read(file->fd, room, capacity);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return hr_fail(err, HR_E_IO, "reading: %s", strerror(errno));
    *got = (size_t)size;
    return size > 0 ? HR_OK : HR_END;
}

static void leave_file(void *state)
{
    (void)state;
}

static hr_status open_file(const char *path, plain_file *out, hr_error *err)
{
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (out->fd >= 0)
        return HR_OK;
    return hr_fail(err, errno == ENOENT ? HR_E_NOT_FOUND : HR_E_IO, "opening: %s", strerror(errno));
}

/* The beginning of the file as the parser sees it: unpacked, as UTF-8, up to `most` bytes. */
static hr_status load(measuring *work, const char *encoding, size_t most, hr_error *err)
{
    plain_file file = {-1};
    hr_stream stream = {.read = read_file, .interrupt = leave_file, .close = leave_file, .state = &file};
    hr_input_options options = {.encoding = encoding};
    hr_input *input = NULL;
    hr_status status = open_file(work->file, &file, err);
    if (status != HR_OK)
        return status;
    work->data = hr_malloc(most);
    status = work->data != NULL
                 ? hr_input_new(&stream, &options, &input, err)
                 : hr_fail(err, HR_E_MEMORY, "no memory for %zu bytes of text; --memory lowers it", most);
    while (status == HR_OK && most - work->text.size >= 64) {
        size_t got = 0;
        status = hr_input_read(input, work->data + work->text.size, most - work->text.size, &got, err);
        work->text.size += status == HR_OK ? got : 0;
    }
    hr_input_close(input);
    close(file.fd);
    work->text.data = work->data;
    return status == HR_END ? HR_OK : status;
}

/* ---- from end to end --------------------------------------------------------------------------------------------- */

typedef struct passing {
    const char *name;
    hr_status (*run)(const measuring *work, uint64_t *bytes, hr_error *err);
} passing;

static hr_status read_blocks(const measuring *work, uint64_t *bytes, hr_error *err)
{
    plain_file file = {-1};
    uint8_t *room = hr_malloc(BLOCK);
    hr_status status = room != NULL ? open_file(work->file, &file, err) : hr_fail_memory(err, "measuring");
    if (status == HR_OK) {
        size_t got = 0;
        while ((status = read_file(&file, room, BLOCK, &got, err)) == HR_OK)
            *bytes += got;
        close(file.fd);
    }
    hr_free(room);
    return status;
}

static hr_status count_records(const measuring *work, uint64_t *bytes, hr_error *err)
{
    hr_reader *reader = NULL;
    uint64_t records = 0, skipped = 0;
    hr_status status = hr_reader_open(work->file, hr_args_library(work->args), &reader, err);
    if (status == HR_OK)
        status = hr_reader_count(reader, &records, &skipped, err);
    if (status == HR_OK)
        *bytes = hr_input_stored(hr_reader_input(reader));
    hr_reader_close(reader);
    return status == HR_OK ? HR_END : status;
}

static hr_status read_batches(const measuring *work, uint64_t *bytes, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_batch *batch = NULL;
    hr_status status = hr_reader_open(work->file, hr_args_library(work->args), &reader, err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK)
        hr_batch_release(batch);
    if (status == HR_END)
        *bytes = hr_input_stored(hr_reader_input(reader));
    hr_reader_close(reader);
    return status;
}

static inline void look(void *context, size_t row, size_t column, const uint8_t *text, size_t size)
{
    uint64_t *seen = context;
    (void)row, (void)column;
    *seen += size + (size > 0 ? *text : 0u); /* behind the last field there may be nothing */
}

/* The text that the kernels had, as a program has it in memory. */
static hr_status visit_memory(const measuring *work, uint64_t *bytes, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_batch *batch = NULL;
    volatile uint64_t kept = 0; /* so that looking is not left out */
    hr_status status = hr_reader_open_memory(work->data, work->text.size, hr_args_library(work->args), &reader, err);
    while (status == HR_OK && (status = hr_reader_next(reader, &batch, err)) == HR_OK) {
        uint64_t seen = 0;
        hr_batch_visit(batch, look, &seen);
        kept += seen;
        hr_batch_release(batch);
    }
    if (status == HR_END)
        *bytes = work->text.size;
    hr_reader_close(reader);
    (void)kept;
    return status;
}

static const passing passes[] = {
    {"visit", visit_memory}, {"read", read_blocks}, {"count", count_records}, {"batches", read_batches}};

/* Stored bytes a second over the whole file, the best of some rounds: the first one may have to wait for the disk. */
static hr_status pass_rate(const measuring *work, const passing *pass, double *out, hr_error *err)
{
    double best = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t bytes = 0;
        int64_t begin = hr_clock_steady_ns();
        hr_status status = pass->run(work, &bytes, err);
        if (status != HR_END)
            return status;
        double rate = (double)bytes * 1e9 / (double)(hr_clock_steady_ns() - begin);
        best = rate > best ? rate : best;
    }
    *out = best;
    return HR_OK;
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static void add(measuring *work, const char *task, const char *kernel, double rate)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f", rate / 1e9);
    if (!work->as_json) {
        hr_table_add(&work->table, task);
        hr_table_add(&work->table, kernel != NULL ? kernel : "");
        hr_table_add(&work->table, text);
        return;
    }
    hr_line_open(&work->json, NULL, '{');
    hr_line_text(&work->json, "task", task);
    hr_line_text(&work->json, "kernel", kernel);
    hr_line_raw(&work->json, "gb_per_s", text);
    hr_line_close(&work->json, '}');
}

static hr_status measure_kernels(measuring *work, hr_error *err)
{
    size_t task_count, kernel_count;
    const hr_bench_task *tasks = hr_bench_tasks(&task_count);
    const hr_kernels *const *all = hr_kernels_all(&kernel_count);
    hr_status status = HR_OK;
    for (size_t i = 0; i < task_count; i++) {
        if (!(work->text.json ? tasks[i].json : tasks[i].csv))
            continue;
        for (size_t k = 0; k < kernel_count && status == HR_OK; k++) {
            double rate = 0;
            if (!hr_kernels_usable(all[k]))
                continue;
            status = hr_bench_rate(&tasks[i], &work->text, all[k], &rate, err);
            if (status == HR_OK)
                add(work, tasks[i].name, all[k]->name, rate);
        }
    }
    return status;
}

static hr_status measure_passes(measuring *work, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < HR_COUNT(passes) && status == HR_OK; i++) {
        double rate = 0;
        if (passes[i].run == visit_memory && hr_args_given(work->args, "encoding"))
            continue; /* which says what the file is in, and this is UTF-8 */
        status = pass_rate(work, &passes[i], &rate, err);
        if (status == HR_OK)
            add(work, passes[i].name, NULL, rate);
    }
    return status;
}

/* What the file is, its text, and all rates. */
static hr_status measure(measuring *work, hr_error *err)
{
    hr_reader *reader = NULL;
    hr_reader_facts facts;
    hr_status status = hr_reader_open(work->file, hr_args_library(work->args), &reader, err);
    if (status == HR_OK)
        status = hr_reader_columns(reader, &work->text.columns, &work->text.column_count, err);
    if (status == HR_OK)
        status = hr_reader_describe(reader, &facts, err);
    if (status == HR_OK) {
        const hr_dialect *dialect = &facts.dialect.dialect;
        bool known = strcmp(facts.encoding->name, "ascii") != 0;
        work->format = facts.format;
        work->text.json = strcmp(facts.format, "ndjson") == 0;
        work->text.syntax = (hr_csv_syntax){.delimiter = dialect->delimiter,
                                            .quote = dialect->quote,
                                            .escape = dialect->escape,
                                            .comment = dialect->comment,
                                            .strays = !hr_args_bool(work->args, "strict")};
        status = load(work, known ? facts.encoding->name : NULL, hr_args_number(work->args, "memory", 1 << 26), err);
    }
    if (status == HR_OK && work->text.size == 0)
        status = hr_fail(err, HR_E_NOT_FOUND, "there is nothing in the file to measure with");
    if (status == HR_OK)
        status = measure_kernels(work, err);
    if (status == HR_OK)
        status = measure_passes(work, err);
    hr_reader_close(reader);
    return status;
}

static int report(measuring *work, hr_status status, hr_error *err)
{
    int exit = HR_EXIT_DONE;
    if (status != HR_OK) {
        hr_error_origin(err, work->file);
        hr_print_error(err);
        exit = hr_exit_of(err);
    }
    if (work->as_json) {
        hr_line_close(&work->json, ']');
        hr_line_text(&work->json, "format", work->format);
        hr_line_number(&work->json, "text_bytes", work->text.size);
        hr_line_text(&work->json, "error", status != HR_OK ? err->text : NULL);
        hr_line_close(&work->json, '}');
        return hr_line_print(&work->json, stdout) ? exit : HR_EXIT_FAILED;
    }
    return hr_table_print(&work->table, stdout) ? exit : HR_EXIT_FAILED;
}

static int run(const hr_args *args)
{
    static const char *const headings[] = {"task", "kernel", ">GB/s"};
    measuring work = {.args = args, .file = args->operands[0], .as_json = hr_args_bool(args, "json")};
    work.table = (hr_table){.headings = headings, .columns = HR_COUNT(headings)};
    if (strcmp(work.file, "-") == 0)
        return hr_usage("bench reads its file several times; standard input can be read once");
    if (work.as_json) {
        hr_line_open(&work.json, NULL, '{');
        hr_line_text(&work.json, "file", work.file);
        hr_line_open(&work.json, "rates", '[');
    }
    hr_error err;
    hr_status status = measure(&work, &err);
    int exit = report(&work, status, &err);
    hr_line_free(&work.json);
    hr_free(work.data);
    return exit;
}

static const hr_option flags[] = {
    {"memory", HR_OPTION_SIZE, "64Mi", "SIZE", "How much of the file's beginning the kernels are given.", false},
    HR_FLAG_JSON("Print one JSON object."),
};

static const hr_example examples[] = {
    {"headrace bench orders.csv", "gigabytes a second, task by task and kernel by kernel"},
    {"headrace bench --threads 4 orders.csv", "the same, whole passes on four threads"},
    {"headrace bench --json --memory 1Gi orders.csv | jq .rates", "for a program, on more of the file"},
};

const hr_command hr_command_bench = {
    .name = "bench",
    .group = "Work on files",
    .summary = "measure what this machine does with a file",
    .operands = "FILE",
    .operands_least = 1,
    .operands_most = 1,
    .details =
        "First each kernel that this CPU can run, on the beginning of the file in memory (unpacked, as UTF-8), on one "
        "thread: \"count\" finds the records, \"index\" every field, \"fields\" also looks at the first byte and the "
        "length of each; of NDJSON \"validate\" takes no columns, the others two or all; \"utf-8\" and \"newlines\" are "
        "parts of these. \"visit\" gives the same memory to a reader and looks at every field of its batches (not with "
        "--encoding). Then whole passes over the file as it is stored: \"read\" takes its bytes from the system and "
        "does nothing with them, \"count\" is the command of that name, \"batches\" makes every row. The best of some "
        "rounds counts, in gigabytes (10^9 bytes) a second.",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .takes = HR_TAKES_READER,
    .run = run,
};
