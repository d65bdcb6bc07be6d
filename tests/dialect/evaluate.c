/* evaluate.c: compares what detection proposes for real files with tests/dialect/truth.tsv, written by people who
 * looked at them.
 *
 *     evaluate TRUTH CORPORA            prints each difference and the share that is right
 *     evaluate --show CORPORA < PATHS   prints what is proposed for each path
 *
 * Exit status 1 when less than 95 % of the files are wholly right, 77 (skipped) when the corpora are not there. */
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv/dialect.h"

#define LINE_MAX_BYTES 4096
#define SAMPLE (256u * 1024u)

static char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    char *data = NULL;
    size_t used = 0, room = 0, got;
    do {
        if (used == room) {
            room = room ? room * 2 : 65536;
            char *more = realloc(data, room);
            if (!more) {
                free(data);
                fclose(file);
                return NULL;
            }
            data = more;
        }
        got = fread(data + used, 1, room - used, file);
        used += got;
    } while (got);
    fclose(file);
    *size = used;
    return data;
}

/* Decodes to UTF-8; a byte that the encoding does not have becomes '?'. Takes `data`. */
static char *decode(char *data, size_t *size, const char *encoding)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    size_t room = *size * 4 + 16, left = room, in_left = *size;
    char *out = malloc(room), *to = out, *from = data;
    if (converter == (iconv_t)-1 || !out) {
        free(out);
        return data;
    }
    while (in_left && iconv(converter, &from, &in_left, &to, &left) == (size_t)-1 && errno != E2BIG) {
        from++;
        in_left--;
        *to++ = '?';
        left--;
    }
    iconv_close(converter);
    free(data);
    *size = room - left;
    return out;
}

static void encoding_of(const char *corpora, const char *path, char out[64])
{
    char name[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    out[0] = 0;
    snprintf(name, sizeof name, "%s/CSV-ENCODINGS.tsv", corpora);
    FILE *file = fopen(name, "r");
    while (file && fgets(line, sizeof line, file)) {
        char *tab = strchr(line, '\t');
        if (tab && (size_t)(tab - line) == strlen(path) && strncmp(line, path, strlen(path)) == 0) {
            snprintf(out, 64, "%.*s", (int)strcspn(tab + 1, "\t\n"), tab + 1);
        }
    }
    if (file) {
        fclose(file);
    }
}

static bool propose(const char *corpora, const char *path, hr_dialect_guess *out)
{
    char name[LINE_MAX_BYTES], encoding[64];
    size_t size = 0, skip = 0;
    snprintf(name, sizeof name, "%s/%s", corpora, path);
    char *data = read_whole(name, &size);
    if (!data) {
        return false;
    }
    encoding_of(corpora, path, encoding);
    if (encoding[0]) {
        data = decode(data, &size, encoding);
    }
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        skip = 3;
    }
    size -= skip;
    bool whole = size <= SAMPLE;
    hr_status status = hr_dialect_detect((const uint8_t *)data + skip, whole ? size : SAMPLE, whole, NULL, out, NULL);
    free(data);
    return status == HR_OK;
}

/* The seven facts as the truth table writes them. */
static void facts_of(const hr_dialect_guess *guess, char facts[6][32])
{
    hr_dialect_byte_text(guess->dialect.delimiter, facts[0]);
    hr_dialect_byte_text(guess->dialect.quote, facts[1]);
    hr_dialect_byte_text(guess->dialect.escape, facts[2]);
    snprintf(facts[3], 32, "%s", guess->header ? "yes" : "no");
    snprintf(facts[4], 32, "%llu", (unsigned long long)guess->preamble);
    snprintf(facts[5], 32, "%u", guess->columns);
}

static int show(const char *corpora)
{
    char path[LINE_MAX_BYTES];
    while (fgets(path, sizeof path, stdin)) {
        hr_dialect_guess guess;
        path[strcspn(path, "\n")] = 0;
        if (propose(corpora, path, &guess)) {
            char facts[6][32], comment[8];
            facts_of(&guess, facts);
            hr_dialect_byte_text(guess.dialect.comment, comment);
            printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t#%s %u%% %s: %s\n", path, facts[0], facts[1], facts[2], facts[3],
                   facts[4], facts[5], comment, guess.confidence, guess.newline, guess.evidence);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"delimiter", "quote", "escape", "header", "preamble", "columns"};
    char line[LINE_MAX_BYTES];
    size_t files = 0, right = 0, facts_all = 0, facts_right = 0, missing = 0;
    if (argc == 3 && strcmp(argv[1], "--show") == 0) {
        return show(argv[2]);
    }
    if (argc != 3) {
        fprintf(stderr, "usage: evaluate TRUTH CORPORA\n");
        return 2;
    }
    FILE *truth = fopen(argv[1], "r");
    if (!truth) {
        fprintf(stderr, "evaluate: cannot open %s\n", argv[1]);
        return 2;
    }
    while (fgets(line, sizeof line, truth)) {
        char *column[8] = {0}, *at = line, facts[6][32];
        hr_dialect_guess guess;
        line[strcspn(line, "\n")] = 0;
        for (size_t i = 0; i < 8 && at; i++) {
            column[i] = at;
            at = strchr(at, '\t');
            if (at) {
                *at++ = 0;
            }
        }
        if (!column[6] || strcmp(column[0], "path") == 0) {
            continue;
        }
        if (!propose(argv[2], column[0], &guess)) {
            missing++;
            continue;
        }
        facts_of(&guess, facts);
        bool good = true;
        for (size_t i = 0; i < 6; i++) {
            if (strcmp(column[i + 1], "?") == 0) {
                continue;
            }
            bool same = strcmp(column[i + 1], facts[i]) == 0;
            facts_all++;
            facts_right += same;
            good = good && same;
            if (!same) {
                printf("%s: %s is %s, proposed %s (%u %%; %s)\n", column[0], names[i], column[i + 1], facts[i],
                       guess.confidence, guess.evidence);
            }
        }
        files++;
        right += good;
    }
    fclose(truth);
    printf("%zu of %zu files wholly right (%.1f %%), %zu of %zu facts (%.2f %%), %zu files not there\n", right, files,
           files ? 100.0 * (double)right / (double)files : 0.0, facts_right, facts_all,
           facts_all ? 100.0 * (double)facts_right / (double)facts_all : 0.0, missing);
    return files == 0 ? 77 : right * 100 >= files * 95 ? 0 : 1;
}
