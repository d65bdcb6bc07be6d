/* evaluate.c: how often hr_encoding_detect is right on the labelled texts of a corpora folder, beside uchardet alone.
 *
 *     encoding_evaluate CORPORA [-v]
 *
 * Exit status: 0 when ours is right more often than uchardet at every length, 1 when not, 77 without the corpora.
 * Right: decoded by the answer, the sample gives the same text as decoded by the label. Samples are prefixes of 60,
 * 250, 1000, 4000 bytes and the whole, and for the lengths also up to eight windows that begin at lines with bytes
 * above 0x7f. "Names of cities" are the cities of one country, written in the encodings that people use there; the
 * detection was not made by looking at them. */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <uchardet.h>

#include "core/input/encoding.h"

enum { SOURCES = 4, LENGTHS = 5, BUCKETS = 11 };
static const size_t lengths[LENGTHS] = {60, 250, 1000, 4000, 0};
static const char *const source_names[SOURCES] = {"real CSV", "transcoded CSV", "running text", "names of cities"};

typedef struct tally {
    unsigned samples, ours, theirs;
} tally;
static tally prefixes[SOURCES][LENGTHS], windows[SOURCES][LENGTHS];
static unsigned sure_count[BUCKETS], sure_right[BUCKETS];
static bool verbose;
static char misses[400000];

static uint8_t *load(const char *folder, const char *name, size_t *size)
{
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
static size_t by_iconv(const char *name, const uint8_t *in, size_t size, bool last, size_t *used, uint8_t *out)
{
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

static size_t decode(const char *name, const uint8_t *in, size_t size, bool last, size_t *used, uint8_t *out)
{
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
static bool right(const char *answer, const char *label, const uint8_t *sample, size_t size)
{
    uint8_t *expected = malloc(size * 4 + 64), *got = malloc(size * 4 + 64);
    size_t used = 0, other = 0;
    size_t expected_size = decode(label, sample, size, false, &used, expected);
    size_t got_size = answer && *answer ? decode(answer, sample, used, true, &other, got) : SIZE_MAX;
    bool same = got_size == expected_size && !memcmp(got, expected, got_size);
    free(expected);
    free(got);
    return same;
}

static void ask_uchardet(const uint8_t *sample, size_t size, char out[64])
{
    uchardet_t detector = uchardet_new();
    uchardet_handle_data(detector, (const char *)sample, size);
    uchardet_data_end(detector);
    snprintf(out, 64, "%s", uchardet_get_charset(detector));
    uchardet_delete(detector);
}

static void try_sample(tally *sum, const char *path, const char *label, const uint8_t *sample, size_t size, bool whole)
{
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
        printf("MISS %s at %zu: %s, ours %s (%u), uchardet %s | %s\n", path, size, label, guess.name, guess.confidence,
               theirs, guess.evidence);
    } else if (!our_right && whole) {
        size_t end = strlen(misses);
        snprintf(misses + end, sizeof misses - end, "  %s: is %s, ours %s (%u), uchardet %s%s\n", path, label,
                 guess.name, guess.confidence, theirs, their_right ? " (right)" : "");
    }
}

static bool high_line(const uint8_t *data, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (data[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

static void try_windows(size_t source, size_t length, const char *path, const char *label, const uint8_t *data,
                        size_t size)
{
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

static void try_bytes(size_t source, const char *path, const char *name, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < LENGTHS; i++) {
        if (lengths[i] == 0) {
            try_sample(&prefixes[source][i], path, name, data, size, true);
        } else if (size > lengths[i]) {
            try_sample(&prefixes[source][i], path, name, data, lengths[i], false);
            try_windows(source, i, path, name, data, size);
        }
    }
}

static void try_file(size_t source, const char *folder, const char *path, const char *label)
{
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
    try_bytes(source, path, name, data, size);
    free(data);
}

/* The lines of `text` that name `country` and that `label` can write, in that encoding. */
static size_t encode_lines(const char *text, const char *country, const char *label, uint8_t *out)
{
    iconv_t converter = iconv_open(label, "UTF-8");
    char field[64], *to = (char *)out;
    snprintf(field, sizeof field, ",%s,", country);
    for (const char *line = text; converter != (iconv_t)-1 && *line;) {
        const char *newline = strchr(line, '\n'), *found = strstr(line, field);
        size_t left = newline ? (size_t)(newline - line) + 1 : strlen(line), room = 4096;
        char *from = (char *)line, *start = to;
        if ((line == text || (found && found < line + left)) &&
            iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
            iconv(converter, NULL, NULL, NULL, NULL);
            to = start;
        }
        line = newline ? newline + 1 : line + strlen(line);
    }
    iconv_close(converter);
    return (size_t)(to - (char *)out);
}

static void try_cities(const char *corpora)
{
    static const char *const pairs[][5] = {
        {"Germany", "CP1252", "MACINTOSH", "IBM850", "ISO-8859-15"},
        {"France", "CP1252", "MACINTOSH", "IBM850", "ISO-8859-15"},
        {"Spain", "CP1252", "MACINTOSH", "IBM850"},
        {"Brazil", "CP1252", "MACINTOSH", "IBM850"},
        {"Mexico", "CP1252", "MACINTOSH"},
        {"Portugal", "CP1252", "MACINTOSH", "IBM860"},
        {"Sweden", "CP1252", "MACINTOSH", "IBM850"},
        {"Denmark", "CP1252", "IBM865"},
        {"Norway", "CP1252", "MACINTOSH"},
        {"Finland", "CP1252", "MACINTOSH"},
        {"Iceland", "CP1252", "MACINTOSH"},
        {"Poland", "CP1250", "ISO-8859-2", "IBM852", "MAC-CENTRALEUROPE"},
        {"Slovakia", "CP1250", "ISO-8859-2", "IBM852"},
        {"Czechia", "CP1250", "ISO-8859-2", "IBM852", "MAC-CENTRALEUROPE"},
        {"Hungary", "CP1250", "ISO-8859-2", "IBM852"},
        {"Romania", "CP1250", "ISO-8859-2", "IBM852"},
        {"Croatia", "CP1250", "ISO-8859-2", "IBM852"},
        {"Slovenia", "CP1250", "ISO-8859-2"},
        {"Lithuania", "CP1257", "ISO-8859-13"},
        {"Latvia", "CP1257", "ISO-8859-13", "ISO-8859-4"},
        {"Estonia", "CP1257", "CP1252"},
        {"Italy", "CP1252", "MACINTOSH"},
        {"Albania", "CP1252"},
        {"Switzerland", "CP1252"},
        {"Austria", "CP1252", "IBM850"},
    };
    size_t size = 0;
    char *text = (char *)load(corpora, "csv-real/datasets-org/data/world-cities.csv", &size);
    uint8_t *out = malloc(size * 4 + 4096);
    for (size_t i = 0; text && i < sizeof pairs / sizeof pairs[0]; i++) {
        for (size_t k = 1; k < 5 && pairs[i][k]; k++) {
            size_t got = encode_lines(text, pairs[i][0], pairs[i][k], out);
            if (high_line(out, 0, got)) {
                try_bytes(3, pairs[i][0], pairs[i][k], out, got);
            }
        }
    }
    free(text);
    free(out);
}

/* Each line of `table`: a path, tab, a label. */
static void try_table(size_t source, const char *corpora, const char *table, const char *subfolder)
{
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
        /* encoding_rs: lists of all characters of an encoding rather than text */
        if (sscanf(line, "%511[^\t]\t%63[^\t]", path, label) == 2 && strncmp(path, "encoding_rs/", 12) != 0) {
            /* one file of the collection has a big-endian mark in front of little-endian text: no label can be right */
            if (strcmp(path, "node-chardet/utf16be") != 0) {
                try_file(source, folder, path, label);
            }
        }
    }
    free(text);
}

/* Prints it; true when ours is right more often than uchardet at every length. */
static bool print_table(const char *title, const tally table[SOURCES][LENGTHS])
{
    printf("\n%s\n%-16s %8s %8s %14s %14s\n", title, "", "bytes", "samples", "ours right", "uchardet right");
    bool better = true;
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
            if (source < SOURCES) {
                sum.samples += t->samples;
                sum.ours += t->ours;
                sum.theirs += t->theirs;
            }
        }
        better &= sum.samples == 0 || sum.ours > sum.theirs;
    }
    return better;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: encoding_evaluate CORPORA [-v]\n");
        return 2;
    }
    verbose = argc > 2;
    size_t size = 0;
    uint8_t *present = load(argv[1], "CSV-ENCODINGS.tsv", &size);
    free(present);
    if (!present) {
        printf("no corpora in %s\n", argv[1]);
        return 77;
    }
    try_table(0, argv[1], "CSV-ENCODINGS.tsv", ".");
    try_table(1, argv[1], "csv-transcoded/LABELS.tsv", "csv-transcoded");
    try_table(2, argv[1], "encodings/LABELS.tsv", "encodings");
    try_cities(argv[1]);
    bool better = print_table("Prefixes and whole files", (const tally(*)[LENGTHS])prefixes);
    better &= print_table("Windows that begin at lines with bytes above 0x7f", (const tally(*)[LENGTHS])windows);
    printf("\nconfidence  answers  right\n");
    for (size_t i = 0; i < BUCKETS; i++) {
        if (sure_count[i] > 0) {
            printf("%6zu-%-3zu %8u %5.1f %%\n", i * 10, i == 10 ? 100 : i * 10 + 9, sure_count[i],
                   100.0 * sure_right[i] / sure_count[i]);
        }
    }
    printf("\nwhole files that ours misses:\n%s", misses);
    return better ? 0 : 1;
}
