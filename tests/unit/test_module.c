/* test_module.c: connectors are loaded from where they are, and refused with a reason when they do not fit. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "connectors/module.h"
#include "connectors/registry.h"

static hr_module_folders folders(const char *first, const char *second)
{
    hr_module_folders out = {.count = second ? 2 : 1};
    snprintf(out.paths[0], sizeof out.paths[0], "%s", first);
    snprintf(out.paths[1], sizeof out.paths[1], "%s", second ? second : "");
    return out;
}

static void expect_refusal(const char *name, const char *text)
{
    hr_module_folders where = folders(HR_TEST_MODULES, NULL);
    const hr_connector_module *module = NULL;
    hr_error err = {0};
    cr_assert_eq(hr_module_load(name, &where, &module, &err), HR_E_UNSUPPORTED);
    cr_assert_null(module);
    cr_assert(strstr(err.text, text), "\"%s\" is not in: %s", text, err.text);
}

Test(module, is_loaded_from_the_first_folder_that_has_it)
{
    hr_module_folders where = folders("/nonexistent", HR_TEST_MODULES);
    const hr_connector_module *module = NULL, *again = NULL;
    hr_error err = {0};
    cr_assert_eq(hr_module_load("sample", &where, &module, &err), HR_OK, "%s", err.text);
    cr_assert_str_eq(module->drops[0]->scheme, "sample");
    cr_assert_null(module->drops[1]);
    cr_assert_eq(hr_module_load("sample", &where, &again, &err), HR_OK);
    cr_assert_eq(module, again);
}

Test(module, of_another_release_is_refused)
{
    expect_refusal("sample_release", "belongs to headrace 0.0.0, and this is headrace " HR_VERSION);
}

Test(module, of_another_contract_is_refused)
{
    expect_refusal("sample_contract", "install both from one release");
}

Test(module, without_the_entry_is_refused)
{
    expect_refusal("sample_stranger", "is not a connector of headrace");
}

Test(module, that_is_not_there_is_told_with_the_folders)
{
    expect_refusal("nothing", "there is no headrace-nothing.so in " HR_TEST_MODULES);
}

Test(module, that_is_damaged_is_told)
{
    char path[] = "/tmp/headrace-module.XXXXXX", file[80];
    cr_assert(mkdtemp(path));
    snprintf(file, sizeof file, "%s/headrace-damaged.so", path);
    FILE *out = fopen(file, "w");
    cr_assert(out && fputs("not a library", out) >= 0 && !fclose(out));
    hr_module_folders where = folders(path, HR_TEST_MODULES);
    const hr_connector_module *module = NULL;
    hr_error err = {0};
    cr_expect_eq(hr_module_load("damaged", &where, &module, &err), HR_E_UNSUPPORTED);
    cr_expect(strstr(err.text, "headrace-damaged.so"), "%s", err.text);
    remove(file);
    remove(path);
}

static void *load_often(void *context)
{
    hr_module_folders where = folders(HR_TEST_MODULES, NULL);
    const hr_connector_module **out = context;
    for (int i = 0; i < 200; i++)
        if (hr_module_load("sample", &where, out, NULL) != HR_OK)
            *out = NULL;
    return NULL;
}

Test(module, may_be_loaded_by_threads_at_once)
{
    pthread_t threads[8];
    const hr_connector_module *seen[8] = {NULL};
    for (int i = 0; i < 8; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, load_often, &seen[i]), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 8; i++)
        cr_assert(seen[i] && seen[i] == seen[0]);
}

Test(module, is_looked_for_beside_the_program_first)
{
    static hr_module_folders where;
    char own[4096];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    cr_assert_gt(size, 0);
    own[size] = '\0';
    *strrchr(own, '/') = '\0';
    hr_module_places(&where);
    cr_assert_eq(where.count, 4);
    cr_assert_eq(strncmp(where.paths[0], own, strlen(own)), 0);
    cr_assert_str_eq(where.paths[0] + strlen(own), "/modules");
    cr_assert_eq(where.paths[3][0], '/');
}

Test(registry, says_of_a_scheme_that_it_knows_what_is_missing)
{
    hr_error err = {0};
    if (!strstr(hr_registry_schemes(), "kafka")) {
        cr_assert_null(hr_registry_sink("kafka://broker/topic", &err));
        cr_assert(strstr(err.text, "HR_WITH_KAFKA"), "%s", err.text);
    }
    cr_assert_null(hr_registry_source("nowhere://x", &err));
    cr_assert_eq(err.status, HR_E_INVALID);
    cr_assert(strstr(err.text, "no source of this kind"), "%s", err.text);
}
