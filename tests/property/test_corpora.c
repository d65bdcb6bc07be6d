/* test_corpora.c: published files, cut at every byte in two and at random in many, with every kernel: each says what
 * the reference says of the file, read the way that detection proposes for it. */
#include <dirent.h>
#include <sys/stat.h>

#include "core/input/encoding.h"
#include "tests/property/documents.h"
#include "tests/property/promise.h"

#define EVERY_CUT_MOST 4096u /* longer files are cut at random */
#define SEEN_ROOM 8192u

typedef struct run {
    size_t files, cuts, large;
    uint64_t seen[SEEN_ROOM]; /* hashes of the files that were read */
    size_t seen_count;
    uint64_t seed;
} run;

static hr_buffer read_file(const char *path)
{
    hr_buffer made = {0};
    FILE *file = fopen(path, "rb");
    size_t got = 1;
    while (file && got) {
        uint8_t *room = hr_buffer_room(&made, 65536);
        REQUIRE(room);
        got = fread(room, 1, 65536, file);
        made.size += got;
    }
    REQUIRE(file && !ferror(file));
    fclose(file);
    return made;
}

/* What the raw bytes behind the mark mean, character by character. */
static sheet sheet_decoded(const uint8_t *raw, size_t size, const char *encoding, size_t mark)
{
    hr_decoder *decoder;
    REQUIRE(hr_decoder_new(encoding, &decoder, NULL) == HR_OK);
    uint8_t *text = malloc(size * 4 + 16);
    size_t *raw_of = malloc((size * 4 + 17) * sizeof *raw_of), to = 0;
    REQUIRE(text && raw_of);
    for (size_t at = mark; at < size;) {
        size_t used = 0, made = 0;
        for (size_t n = 1; !used && n <= size - at; n++) {
            if (hr_decoder_stateless(decoder))
                hr_decoder_reset(decoder);
            hr_decoder_run(decoder, raw + at, n, n == size - at, &used, text + to, 16, &made);
        }
        REQUIRE(used);
        for (size_t i = 0; i < made; i++)
            raw_of[to + i] = at;
        at += used;
        to += made;
    }
    raw_of[to] = size;
    hr_decoder_free(decoder);
    return (sheet){text, to, raw, size, raw_of, 0};
}

/* As detection proposes; false when there is nothing to compare (compressed, or of an encoding with shifts). */
static bool propose(const sheet *raw, setup *s, size_t *mark)
{
    hr_options *options;
    size_t count;
    const hr_option *table = hr_reader_options(&count);
    hr_reader *reader;
    hr_reader_facts facts;
    const char *const *names;
    REQUIRE(hr_options_new(table, count, &options, NULL) == HR_OK);
    REQUIRE(hr_reader_new(options, &reader, NULL) == HR_OK);
    REQUIRE(hr_reader_feed(reader, raw->raw, raw->raw_size, NULL) == HR_OK);
    REQUIRE(hr_reader_finish(reader, NULL) == HR_OK);
    bool good = hr_reader_columns(reader, &names, &count, NULL) == HR_OK &&
                hr_reader_describe(reader, &facts, NULL) == HR_OK && facts.compression == HR_COMPRESSION_NONE;
    if (good) {
        const hr_dialect *d = &facts.dialect.dialect;
        const char *encoding = hr_encoding_canonical(facts.encoding->name);
        *s = (setup){.csv = {d->delimiter, d->quote, d->escape, d->comment, facts.dialect.header,
                             facts.dialect.preamble, 0, false, false, false, false, NULL, 1u << 20, 131072, 0},
                     .offsets = true,
                     .encoding = encoding,
                     .sample = "64"};
        good = strcmp(encoding, "iso-2022-jp") != 0 && strcmp(encoding, "hz-gb-2312") != 0;
        *mark = facts.encoding->bom;
    }
    hr_reader_close(reader);
    hr_options_free(options);
    return good;
}

static bool cut_ways(run *r, const sheet *doc, const setup *s)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    way w = {"scalar", FED_WHOLE, 0, 0, 0, 0};
    transcript got, expected;
    reference_result result;
    transcript_read(doc, s, &w, NULL, NULL, &got);
    transcript_expect(doc, s, &got, &result, &expected);
    bool good = transcript_same(&got, &expected, "whole");
    transcript_free(&got);
    bool every = doc->raw_size <= FEWER(EVERY_CUT_MOST);
    size_t cuts = every ? doc->raw_size + 3 : 4;
    for (size_t k = 0; good && k < count; k++) {
        for (size_t cut = 1; good && cut < cuts; cut++) {
            bool two = every && cut < doc->raw_size;
            w = (way){kernels[k], two ? FED_AT : FED_CUTS, r->seed++, two ? cut : every ? 20 : 5000, 0, 0};
            transcript_read(doc, s, &w, NULL, NULL, &got);
            good = transcript_same(&got, &expected, "cut") &&
                   (result.failure || transcript_places(&got, &result, doc, "cut"));
            transcript_free(&got);
            r->cuts++;
        }
    }
    if (!good)
        transcript_show(doc, s, &w);
    transcript_free(&expected);
    reference_free(&result);
    return good;
}

static bool is_new(run *r, const hr_buffer *bytes)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t i = 0; i < bytes->size; i++)
        hash = (hash ^ bytes->data[i]) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < r->seen_count; i++)
        if (r->seen[i] == hash)
            return false;
    REQUIRE(r->seen_count < SEEN_ROOM);
    r->seen[r->seen_count++] = hash;
    return true;
}

static bool check_file(run *r, const char *path)
{
    hr_buffer bytes = read_file(path);
    sheet raw = {bytes.data, bytes.size, bytes.data, bytes.size, NULL, 0};
    setup s;
    size_t mark = 0;
    bool good = true;
    if (bytes.size && bytes.size < (4u << 20) && is_new(r, &bytes) && propose(&raw, &s, &mark)) {
        bool same = !strcmp(s.encoding, "utf-8") || !strcmp(s.encoding, "ascii");
        sheet doc = raw;
        if (same)
            doc = (sheet){bytes.data + mark, bytes.size - mark, bytes.data, bytes.size, NULL, mark};
        else
            doc = sheet_decoded(bytes.data, bytes.size, s.encoding, mark);
        good = cut_ways(r, &doc, &s);
        r->files++;
        r->large += bytes.size > EVERY_CUT_MOST;
        if (!same) {
            free((void *)(uintptr_t)doc.text);
            free((void *)(uintptr_t)doc.raw_of);
        }
    }
    hr_buffer_free(&bytes);
    if (!good)
        fprintf(stderr, "  %s\n", path);
    return good;
}

static bool check_folder(run *r, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    bool good = count >= 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat info;
        if (good && entries[i]->d_name[0] != '.') {
            REQUIRE(snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path);
            if (!stat(path, &info))
                good = S_ISDIR(info.st_mode) ? check_folder(r, path) : check_file(r, path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

static char corpora[3000];

static bool check_all(const char *name, uint64_t seed)
{
    run *r = calloc(1, sizeof *r);
    char folder[4096];
    REQUIRE(r);
    r->seed = seed;
    snprintf(folder, sizeof folder, "%s/%s", corpora, name);
    bool good = check_folder(r, folder) && r->files;
    printf("        %zu different files (%zu of more than %u bytes), %zu readings\n", r->files, r->large,
           EVERY_CUT_MOST, r->cuts);
    free(r);
    return good;
}

static bool conformance_files_cut_anywhere(uint64_t seed, size_t times)
{
    (void)times;
    return check_all("csv-conformance", seed);
}

static bool real_files_cut_anywhere(uint64_t seed, size_t times)
{
    (void)times;
    return check_all("csv-real", seed);
}

static bool transcoded_files_cut_anywhere(uint64_t seed, size_t times)
{
    (void)times;
    return check_all("csv-transcoded", seed);
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"conformance_files_cut_anywhere", conformance_files_cut_anywhere},
        {"real_files_cut_anywhere", real_files_cut_anywhere},
        {"transcoded_files_cut_anywhere", transcoded_files_cut_anywhere},
    };
    const char *given = getenv("HEADRACE_CORPORA");
    snprintf(corpora, sizeof corpora, "%s", given ? given : HR_SHARED_CORPORA);
    struct stat info;
    if (stat(corpora, &info) || !S_ISDIR(info.st_mode)) {
        printf("no folder %s (set HEADRACE_CORPORA)\n", corpora);
        return 77;
    }
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
