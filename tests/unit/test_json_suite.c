/* test_json_suite.c: JSONTestSuite as lines: what must be accepted (y_) and refused (n_), by the exact walk and by
 * every table of kernels. */
#include <criterion/criterion.h>
#include <dirent.h>

#include "tests/kernels/json_checks.h"

static size_t read_whole(const char *name, uint8_t *room, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, HR_TEST_DATA "/json/JSONTestSuite/test_parsing/%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    size_t got = fread(room, 1, size, file);
    fclose(file);
    return got;
}

Test(json_suite, take_the_suite_as_its_names_say)
{
    enum { ROOM = 1 << 18 };
    static uint8_t data[ROOM];
    DIR *folder = opendir(HR_TEST_DATA "/json/JSONTestSuite/test_parsing");
    cr_assert(folder != NULL, "no JSONTestSuite in " HR_TEST_DATA);
    json_bench benches[8];
    size_t tables, wanted = 0, refused = 0;
    const hr_kernels *const *all = hr_kernels_all(&tables);
    for (size_t t = 0; t < tables; t++)
        benches[t] = hr_kernels_usable(all[t]) ? json_bench_new(all[t]) : (json_bench){.kernels = NULL};
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strchr("yni", entry->d_name[0]) == NULL || entry->d_name[1] != '_')
            continue;
        size_t size = read_whole(entry->d_name, data, ROOM);
        bool broken = memchr(data, '\n', size) != NULL;
        if (broken && entry->d_name[0] == 'n')
            continue; /* a line feed may be what is wrong with it */
        for (size_t i = 0; i < size; i++)
            data[i] = data[i] == '\n' ? ' ' : data[i]; /* outside of strings, as the text is sound */
        hr_json_line line;
        uint64_t repeated = 0;
        hr_json_line_exact(benches[tables - 1].plans[0], data, size, &line, NULL, &repeated);
        bool sound = line.size > 0 && line.fault == HR_JSON_SOUND;
        cr_expect(entry->d_name[0] == 'i' || sound == (entry->d_name[0] == 'y'), "%s: %s", entry->d_name,
                  hr_json_fault_text(line.fault));
        wanted += entry->d_name[0] == 'y';
        refused += entry->d_name[0] == 'n';
        for (size_t t = 0; t < tables; t++)
            for (size_t plan = 0; plan < JSON_PLANS && benches[t].kernels != NULL; plan++) {
                const char *text = check_json(&benches[t], plan, data, size);
                cr_expect(text == NULL, "%s: %s", entry->d_name, text);
            }
    }
    closedir(folder);
    for (size_t t = 0; t < tables; t++)
        if (benches[t].kernels != NULL)
            json_bench_free(&benches[t]);
    cr_expect(wanted > 80 && refused > 150, "%zu to accept, %zu to refuse", wanted, refused);
}
