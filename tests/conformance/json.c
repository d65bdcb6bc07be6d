/* json.c: the published JSON suites: json RESULTS FOLDER... [--update]. Reads every .json, .ndjson and .jsonl file
 * below the folders as a document and, with every kernel, as NDJSON, and compares what came of it with the lines of
 * RESULTS: file, document, lines, why. What a name promises must hold: y_ and pass are accepted, n_ and fail are
 * refused, unless RESULTS says why not. --update writes the lines anew; the reasons are people's and stay. Exit status
 * 77: no files. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base.h"
#include "core/json/json.h"
#include "core/reader/reader.h"
#include "simd/simd.h"

#define FILES_MOST 1000u
#define SIZE_MOST ((size_t)64 << 20)

typedef struct result {
    char file[200], document[60], lines[200], why[200];
} result;

typedef struct results {
    result list[FILES_MOST];
    size_t count;
} results;

static struct {
    char *paths[FILES_MOST];
    size_t count;
} found; /* nftw has no context */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && !strcmp(text + size - end_size, end);
}

static int each_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    bool json = ends_with(path, ".json") || ends_with(path, "ndjson") || ends_with(path, "json.gz") ||
                ends_with(path, "jsonl") || ends_with(path, "jsonl.gz");
    if (type == FTW_F && json && found.count < FILES_MOST)
        found.paths[found.count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static uint8_t *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(SIZE_MOST);
    if (!file || !data) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    *size = fread(data, 1, SIZE_MOST, file);
    fclose(file);
    return data;
}

static bool as_document(const uint8_t *data, size_t size, char out[60])
{
    hr_json_document *document = NULL;
    hr_error err;
    hr_status status = hr_json_parse(data, size, NULL, &document, &err);
    if (status == HR_OK)
        snprintf(out, 60, "accepted");
    else
        snprintf(out, 60, "refused at %" PRIu64 "%s", err.offset, status == HR_E_LIMIT ? ": too deep" : "");
    hr_json_free(document);
    return status == HR_OK;
}

/* What a reader says of the file: rows, columns, and the kinds of its first rejects. */
static void as_lines(const char *path, const char *kernel, char out[200], uint64_t *rows, uint64_t *rejected)
{
    static const char *const values[][2] = {{"format", "ndjson"}, {"encoding", "utf-8"}};
    size_t count, names;
    const hr_option *table = hr_reader_options(&count);
    hr_options *options;
    hr_reader *reader;
    hr_batch *batch;
    const char *const *columns;
    char kinds[120] = "";
    hr_status status = hr_options_new(table, count, &options, NULL);
    for (size_t i = 0; status == HR_OK && i < HR_COUNT(values); i++)
        status = hr_options_set(options, values[i][0], values[i][1], NULL);
    if (status != HR_OK || hr_options_set(options, "kernel", kernel, NULL) != HR_OK ||
        hr_reader_open(path, options, &reader, NULL) != HR_OK ||
        hr_reader_columns(reader, &columns, &names, NULL) != HR_OK)
        exit(1);
    *rows = *rejected = 0;
    while ((status = hr_reader_next(reader, &batch, NULL)) == HR_OK) {
        for (uint64_t i = 0; i < batch->rejected && *rejected + i < 3; i++) {
            size_t used = strlen(kinds);
            snprintf(kinds + used, sizeof kinds - used, " %s@%" PRIu64, hr_reject_kind_name(batch->rejects[i].kind),
                     batch->rejects[i].at);
        }
        *rows += batch->rows;
        *rejected += batch->rejected;
        hr_batch_release(batch);
    }
    snprintf(out, 200, "%" PRIu64 " rows of %zu columns, %" PRIu64 " rejected%s%s", *rows, names, *rejected, kinds,
             status == HR_END ? "" : " and an error");
    hr_reader_close(reader);
    hr_options_free(options);
}

static bool one_line(const uint8_t *data, size_t size)
{
    while (size &&
           (data[size - 1] == '\n' || data[size - 1] == '\r' || data[size - 1] == ' ' || data[size - 1] == '\t'))
        size--;
    return !memchr(data, '\n', size);
}

static bool read_file(const char *path, const char *name, result *out)
{
    size_t size, kernels;
    uint8_t *data = load(path, &size);
    bool good = true, accepted = false;
    uint64_t rows, rejected;
    snprintf(out->file, sizeof out->file, "%s", name);
    if (ends_with(path, ".json") && !strstr(path, "/ndjson/"))
        accepted = as_document(data, size, out->document);
    else
        snprintf(out->document, sizeof out->document, "-");
    const hr_kernels *const *tables = hr_kernels_all(&kernels);
    as_lines(path, "scalar", out->lines, &rows, &rejected);
    for (size_t i = 0; i < kernels; i++) {
        char lines[200];
        if (!hr_kernels_usable(tables[i]))
            continue;
        as_lines(path, tables[i]->name, lines, &rows, &rejected);
        if (strcmp(lines, out->lines)) {
            fprintf(stderr, "%s: with kernel %s: %s, with scalar: %s\n", name, tables[i]->name, lines, out->lines);
            good = false;
        }
    }
    bool marked = size >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3); /* inputs may begin with a mark, documents not */
    if (out->document[0] != '-' && one_line(data, size) && !marked && accepted != (rows == 1 && rejected == 0)) {
        fprintf(stderr, "%s: as a document %s, as a line %s\n", name, out->document, out->lines);
        good = false;
    }
    free(data);
    return good;
}

/* ---- comparing -----------------------------------------------------------------------------------------------------
 */

static void stored(const char *path, results *out)
{
    char line[800];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) && out->count < FILES_MOST) {
        result *r = &out->list[out->count];
        char *fields[4] = {0}, *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < 4; i++)
            fields[i] = rest ? strsep(&rest, "\t") : "";
        if (!strcmp(fields[0], "file"))
            continue;
        snprintf(r->file, sizeof r->file, "%s", fields[0]);
        snprintf(r->document, sizeof r->document, "%s", fields[1]);
        snprintf(r->lines, sizeof r->lines, "%s", fields[2] ? fields[2] : "");
        snprintf(r->why, sizeof r->why, "%s", fields[3] ? fields[3] : "");
        out->count++;
    }
    if (file)
        fclose(file);
}

static result *find(results *all, const char *file)
{
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->list[i].file, file))
            return &all->list[i];
    return NULL;
}

/* What the name of the file says holds, or the results say why not. */
static bool keeps_name(const result *r)
{
    const char *slash = strrchr(r->file, '/'), *base = slash ? slash + 1 : r->file;
    bool accepted = !strcmp(r->document, "accepted");
    bool want = !strncmp(base, "y_", 2) || !strncmp(base, "pass", 4);
    bool refuse = !strncmp(base, "n_", 2) || !strncmp(base, "fail", 4);
    bool decided = !strncmp(base, "i_", 2);
    if (r->document[0] == '-')
        return true;
    if (r->why[0] == '\0' && ((want && !accepted) || (refuse && accepted) || decided)) {
        fprintf(stderr, "%s: %s, and the results do not say why\n", r->file, r->document);
        return false;
    }
    return true;
}

static bool compare(results *known, result *now)
{
    const result *before = find(known, now->file);
    if (before)
        snprintf(now->why, sizeof now->why, "%s", before->why);
    bool same = before && !strcmp(before->document, now->document) && !strcmp(before->lines, now->lines);
    if (!same)
        fprintf(stderr, "%s: is '%s', '%s', was '%s', '%s'\n", now->file, now->document, now->lines,
                before ? before->document : "", before ? before->lines : "");
    return same;
}

static void write_results(const char *path, results *known)
{
    FILE *file = fopen(path, "w");
    if (!file)
        exit(1);
    fprintf(file, "file\tdocument\tlines\twhy\n");
    for (size_t i = 0; i < known->count; i++)
        fprintf(file, "%s\t%s\t%s\t%s\n", known->list[i].file, known->list[i].document, known->list[i].lines,
                known->list[i].why);
    fclose(file);
}

int main(int argc, char **argv)
{
    static results known;
    bool update = argc > 1 && !strcmp(argv[argc - 1], "--update"), good = true;
    if (argc < 3)
        return 2;
    stored(argv[1], &known);
    size_t files = 0;
    for (int i = 2; i < argc - update; i++) {
        const char *slash = strrchr(argv[i], '/');
        size_t prefix = slash ? (size_t)(slash + 1 - argv[i]) : 0;
        found.count = 0;
        nftw(argv[i], each_file, 16, FTW_PHYS);
        qsort(found.paths, found.count, sizeof *found.paths, by_name);
        files += found.count;
        for (size_t f = 0; f < found.count; f++) {
            result now = {0}, *place;
            good = read_file(found.paths[f], found.paths[f] + prefix, &now) && good;
            bool same = compare(&known, &now);
            place = find(&known, now.file);
            place = place ? place : &known.list[known.count++];
            *place = now;
            good = (same || update) && keeps_name(&now) && good;
            free(found.paths[f]);
        }
    }
    if (update)
        write_results(argv[1], &known);
    if (!files)
        return 77;
    printf("%zu files %s\n", files, good ? "as pinned" : "with differences");
    return !good;
}
