/* replay.c: a main for a fuzz target without a fuzzer: gives it every file of the folders and files that are named, and
 * the empty input. So every finding stays found, with any compiler. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

static size_t replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "cannot open %s: %s\n", path, strerror(errno));
        return 1;
    }
    size_t size = 0, capacity = 1 << 16;
    uint8_t *data = malloc(capacity);
    while (data && !feof(file) && !ferror(file)) {
        if (size == capacity) {
            uint8_t *more = realloc(data, capacity *= 2);
            if (!more)
                free(data);
            data = more;
        }
        if (data)
            size += fread(data + size, 1, capacity - size, file);
    }
    int failed = !data || ferror(file);
    fclose(file);
    if (failed) {
        fprintf(stderr, "cannot read %s\n", path);
    } else {
        uint8_t *exact = malloc(size ? size : 1); /* of its very size, so that a read behind it is seen */
        if (exact) {
            memcpy(exact, data, size);
            printf("%s\n", path);
            fflush(stdout); /* the last line names the input that ended the process */
            LLVMFuzzerTestOneInput(exact, size);
            replayed++;
        }
        failed = !exact;
        free(exact);
    }
    free(data);
    return failed;
}

static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort), failed = count < 0;
    if (count < 0)
        fprintf(stderr, "cannot list %s: %s\n", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[4096];
        if (entries[i]->d_name[0] != '.') {
            if (snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) >= (int)sizeof path)
                failed = 1;
            else
                failed |= replay_file(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    uint8_t none = 0;
    LLVMFuzzerTestOneInput(&none, 0);
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info)) {
            fprintf(stderr, "no seeds: %s: %s\n", argv[i], strerror(errno));
            failed = 1;
        } else {
            failed |= S_ISDIR(info.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]);
        }
    }
    printf("%zu inputs replayed\n", replayed);
    return failed || !replayed;
}
