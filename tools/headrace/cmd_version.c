/* cmd_version.c: headrace version: what this build is and what it can do here. */
#include "connectors/registry.h"
#include "simd/simd.h"
#include "tools/headrace/args.h"
#include "tools/headrace/print.h"

static int run(const hr_args *args)
{
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    const hr_kernels *used = hr_kernels_get(NULL);
    bool good = true;
    if (hr_args_bool(args, "json")) {
        hr_line json = {0};
        hr_line_open(&json, NULL, '{');
        hr_line_text(&json, "version", hr_version());
        hr_line_text(&json, "kernel", used->name);
        hr_line_open(&json, "kernels", '[');
        for (size_t i = 0; i < count; i++)
            if (hr_kernels_usable(all[i]))
                hr_line_text(&json, NULL, all[i]->name);
        hr_line_close(&json, ']');
        hr_line_text(&json, "connectors", hr_registry_schemes());
        hr_line_close(&json, '}');
        good = hr_line_print(&json, stdout);
        hr_line_free(&json);
    } else {
        printf("headrace %s\nkernel %s of", hr_version(), used->name);
        for (size_t i = 0; i < count; i++)
            if (hr_kernels_usable(all[i]))
                printf(" %s", all[i]->name);
        printf("\nconnectors %s\n", hr_registry_schemes());
    }
    return good ? HR_EXIT_DONE : HR_EXIT_FAILED;
}

static const hr_option flags[] = {HR_FLAG_JSON("Print one JSON object.")};

static const hr_example examples[] = {
    {"headrace version", "the version, the kernel that this CPU uses of those it can, and the connectors"},
    {"headrace version --json", "the same for a program"},
};

const hr_command hr_command_version = {
    .name = "version",
    .group = "Help",
    .summary = "print the version, the kernels this CPU can run, and the connectors",
    .operands = "",
    .examples = examples,
    .example_count = HR_COUNT(examples),
    .flags = flags,
    .flag_count = HR_COUNT(flags),
    .run = run,
};
