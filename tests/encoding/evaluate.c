/* evaluate.c: how often hr_encoding_detect is right on the labelled texts of a corpora folder, beside uchardet alone.
 *
 *     evaluate CORPORA [-v]
 *
 * Right: decoded by the answer, the sample gives the same text as decoded by the label. Samples are prefixes of 60, 250, 1000, 4000
 * bytes and the whole, and for the lengths also up to eight windows that begin at lines with bytes above 0x7f. */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <uchardet.h>

#include "core/input/encoding.h"

enum { SOURCES = 3, LENGTHS = 5, BUCKETS = 11 };
static const size_t lengths[LENGTHS] = {60, 250, 1000, 4000, 0};
static const char *const source_names[SOURCES] = {"real CSV", "transcoded CSV", "running text"};

typedef struct tally {
    unsigned samples, ours, theirs;
} tally;
static tally prefixes[SOURCES][LENGTHS], windows[SOURCES][LENGTHS];
static unsigned sure_count[BUCKETS], sure_right[BUCKETS];
static bool verbose;
static char misses[400000];

static uint8_t *load(const char *folder, const char *name, size_t *size) {
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    *size = fread(data, 1, *size, file);
    data[*size] = 0;
    fclose(file);
    return data;
}

/* Decodes whole characters; *used says up to where. */
static size_t by_iconv(const char *name, const uint8_t *in, size_t size, bool last, size_t *used, uint8_t *out) {
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) {
        *used = 0;
        return SIZE_MAX;
    }
    char *from = (char *)in, *to = (char *)out;
    size_t left = size, room = size * 4 + 64;
    while (left > 0 && iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
        if (!last && left < 4) {
            break;
        }
        *to++ = (char)0xFF;
        from++;
        left--;
    }
    iconv(converter, NULL, NULL, &to, &room);
    iconv_close(converter);
    *used = size - left;
    return (size_t)(to - (char *)out);
}

static size_t decode(const char *name, const uint8_t *in, size_t size, bool last, size_t *used, uint8_t *out) {
    const char *canonical = hr_encoding_canonical(name);
    hr_decoder *decoder = NULL;
    if (!canonical || hr_decoder_new(canonical, &decoder, NULL) != HR_OK) {
        return by_iconv(name, in, size, last, used, out);
    }
    size_t got = 0;
    hr_decoder_run(decoder, in, size, last, used, out, size * 4 + 64, &got);
    hr_decoder_free(decoder);
    return got;
}

/* Whether `answer` reads the sample as `label` does. */
static bool right(const char *answer, const char *label, const uint8_t *sample, size_t size) {
    uint8_t *expected = malloc(size * 4 + 64), *got = malloc(size * 4 + 64);
    size_t used = 0, other = 0;
    size_t expected_size = decode(label, sample, size, false, &used, expected);
    size_t got_size = answer && *answer ? decode(answer, sample, used, true, &other, got) : SIZE_MAX;
    bool same = got_size == expected_size && !memcmp(got, expected, got_size);
    free(expected);
    free(got);
    return same;
}

static void ask_uchardet(const uint8_t *sample, size_t size, char out[64]) {
    uchardet_t detector = uchardet_new();
    uchardet_handle_data(detector, (const char *)sample, size);
    uchardet_data_end(detector);
    snprintf(out, 64, "%s", uchardet_get_charset(detector));
    uchardet_delete(detector);
}

static void try_sample(tally *sum, const char *path, const char *label, const uint8_t *sample, size_t size, bool whole) {
    hr_encoding_guess guess;
    char theirs[64];
    hr_encoding_detect(sample, size, whole, &guess);
    ask_uchardet(sample, size, theirs);
    bool our_right = right(guess.name, label, sample, size), their_right = right(theirs, label, sample, size);
    sum->samples++;
    sum->ours += our_right;
    sum->theirs += their_right;
    sure_count[guess.confidence / 10]++;
    sure_right[guess.confidence / 10] += our_right;
    if (verbose && !our_right) {
        printf("MISS %s at %zu: %s, ours %s (%u), uchardet %s | %s\n", path, size, label, guess.name, guess.confidence, theirs, guess.evidence);
    } else if (!our_right && whole) {
        size_t end = strlen(misses);
        snprintf(misses + end, sizeof misses - end, "  %s: is %s, ours %s (%u), uchardet %s%s\n", path, label, guess.name,
                 guess.confidence, theirs, their_right ? " (right)" : "");
    }
}

static bool high_line(const uint8_t *data, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        if (data[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

static void try_windows(size_t source, size_t length, const char *path, const char *label, const uint8_t *data, size_t size) {
    if (!strncasecmp(label, "utf-16", 6) || !strncasecmp(label, "utf-32", 6)) {
        return;
    }
    size_t room = lengths[length], next = 0, done = 0;
    for (size_t line = 0; line < size && done < 8;) {
        const uint8_t *newline = memchr(data + line, '\n', size - line);
        size_t end = newline ? (size_t)(newline - data) + 1 : size;
        if (line >= next && line + room <= size && high_line(data, line, end < line + room ? end : line + room)) {
            try_sample(&windows[source][length], path, label, data + line, room, false);
            done++;
            next = line + (size / 8 > room ? size / 8 : room);
        }
        line = end;
    }
}

static void try_file(size_t source, const char *folder, const char *path, const char *label) {
    size_t size = 0;
    uint8_t *data = load(folder, path, &size);
    char name[64];
    snprintf(name, sizeof name, "%s", label);
    if (!data) {
        printf("missing: %s\n", path);
        return;
    }
    if (strstr(name, "+BOM")) {
        *strstr(name, "+BOM") = 0;
    }
    if (!strcmp(name, "UTF-16")) { /* with a mark, whose order decides */
        snprintf(name, sizeof name, "UTF-16%s", data[0] == 0xFF ? "LE" : "BE");
    }
    for (size_t i = 0; i < LENGTHS; i++) {
        if (lengths[i] == 0) {
            try_sample(&prefixes[source][i], path, name, data, size, true);
        } else if (size > lengths[i]) {
            try_sample(&prefixes[source][i], path, name, data, lengths[i], false);
            try_windows(source, i, path, name, data, size);
        }
    }
    free(data);
}

/* Each line of `table`: a path, tab, a label. */
static void try_table(size_t source, const char *corpora, const char *table, const char *subfolder) {
    size_t size = 0;
    char *text = (char *)load(corpora, table, &size), *state = NULL;
    if (!text) {
        printf("missing: %s\n", table);
        return;
    }
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/%s", corpora, subfolder);
    strtok_r(text, "\n", &state);
    for (char *line = strtok_r(NULL, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        char path[512], label[64];
        if (sscanf(line, "%511[^\t]\t%63[^\t]", path, label) == 2 && strncmp(path, "encoding_rs/", 12) != 0) {
            /* one file of the collection has a big-endian mark in front of little-endian text: no label can be right */
            if (strcmp(path, "node-chardet/utf16be") != 0) {
                try_file(source, folder, path, label);
            }
        }
    }
    free(text);
}

static void print_table(const char *title, const tally table[SOURCES][LENGTHS]) {
    printf("\n%s\n%-16s %8s %8s %14s %14s\n", title, "", "bytes", "samples", "ours right", "uchardet right");
    for (size_t length = 0; length < LENGTHS; length++) {
        tally sum = {0, 0, 0};
        char bytes[16];
        snprintf(bytes, sizeof bytes, "%zu", lengths[length]);
        for (size_t source = 0; source <= SOURCES; source++) {
            const tally *t = source < SOURCES ? &table[source][length] : &sum;
            if (t->samples > 0) {
                printf("%-16s %8s %8u %5u  %5.1f %% %5u  %5.1f %%\n", source < SOURCES ? source_names[source] : "all",
                       lengths[length] ? bytes : "whole", t->samples, t->ours, 100.0 * t->ours / t->samples, t->theirs,
                       100.0 * t->theirs / t->samples);
            }
            sum.samples += t->samples;
            sum.ours += t->ours;
            sum.theirs += t->theirs;
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: evaluate CORPORA [-v]\n");
        return 2;
    }
    verbose = argc > 2;
    try_table(0, argv[1], "CSV-ENCODINGS.tsv", ".");
    try_table(1, argv[1], "csv-transcoded/LABELS.tsv", "csv-transcoded");
    try_table(2, argv[1], "encodings/LABELS.tsv", "encodings");
    print_table("Prefixes and whole files", (const tally(*)[LENGTHS])prefixes);
    print_table("Windows that begin at lines with bytes above 0x7f", (const tally(*)[LENGTHS])windows);
    printf("\nconfidence  answers  right\n");
    for (size_t i = 0; i < BUCKETS; i++) {
        if (sure_count[i] > 0) {
            printf("%6zu-%-3zu %8u %5.1f %%\n", i * 10, i == 10 ? 100 : i * 10 + 9, sure_count[i], 100.0 * sure_right[i] / sure_count[i]);
        }
    }
    printf("\nwhole files that ours misses:\n%s", misses);
    return 0;
}
