/* main.c: the checks of the kernels without a test framework, for emulated and foreign CPUs. Prints one line a check;
 * the exit status is the number of checks that failed. With an argument: the name that kernel selection must give. */
#include "tests/kernels/csv_checks.h"
#include "tests/kernels/json_texts.h"
#include "tests/kernels/rows_checks.h"
#include "tests/kernels/text_checks.h"

static int report(const char *kernels, const char *check, const char *text)
{
    printf("%s %s %s%s%s\n", text == NULL ? "ok  " : "FAIL", kernels, check, text == NULL ? "" : ": ",
           text == NULL ? "" : text);
    fflush(stdout);
    return text != NULL;
}

int main(int argc, char **argv)
{
    const char *selected = hr_kernels_get(NULL)->name;
    int failures = 0;
    printf("selected %s\n", selected);
    if (argc > 1 && strcmp(argv[1], selected) != 0)
        failures += report(selected, "selection", failed("expected %s", argv[1]));
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    for (size_t i = 0; i < count; i++) {
        const hr_kernels *kernels = all[i];
        if (!hr_kernels_usable(kernels))
            continue;
        failures += report(kernels->name, "small texts", check_small_texts(kernels, 4));
        failures += report(kernels->name, "borders", check_borders(kernels));
        failures += report(kernels->name, "random texts", check_random_texts(kernels, 3000));
        failures += report(kernels->name, "clean texts", check_clean_texts_need_no_help(kernels, 300));
        failures += report(kernels->name, "utf8 sequences", check_utf8_sequences(kernels));
        failures += report(kernels->name, "utf8 places", check_utf8_places(kernels));
        failures += report(kernels->name, "utf8 random", check_utf8_random(kernels, 3000));
        failures += report(kernels->name, "bytes", check_bytes(kernels, 3000));
        failures += report(kernels->name, "json changes", check_json_changes(kernels, 17));
        failures += report(kernels->name, "json cuts", check_json_cuts(kernels));
        failures += report(kernels->name, "json places", check_json_places(kernels));
        failures += report(kernels->name, "json random", check_json_random(kernels, 2000));
        failures += report(kernels->name, "json stretches", check_json_stretches(kernels));
        failures += report(kernels->name, "json not doubted", check_json_sound_is_not_doubted(kernels, 1000));
        failures += report(kernels->name, "decoding", check_decoding_random(kernels, 3000));
        failures += report(kernels->name, "rows", check_rows(kernels, 3000));
    }
    return failures;
}
