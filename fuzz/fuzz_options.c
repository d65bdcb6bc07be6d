/* fuzz_options.c: any text as options: refused with a text that names the key, or kept and given back; and whatever was
 * kept makes a reader or is refused by it. The input is lines of key=value. */
#include <string.h>

#include "core/base/base.h"
#include "core/reader/config.h"
#include "fuzz/fuzz.h"
#include "headrace/job.h"

static void set_line(hr_options *options, char *line)
{
    hr_error err;
    char *value = strchr(line, '=');
    if (!value)
        return;
    *value++ = '\0';
    hr_error_clear(&err);
    hr_status status = hr_options_set(options, line, value, &err);
    if (status == HR_OK) {
        PROMISE(hr_options_given(options, line));
        PROMISE(!strcmp(hr_options_get(options, line), value));
    } else {
        PROMISE(status == HR_E_INVALID && err.status == status && err.text[0]);
        PROMISE(strlen(line) > 100 || strstr(err.text, line));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_options *options;
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    if (size > 4096)
        return 0;
    char *text = hr_strndup((const char *)data, size);
    PROMISE(text && hr_options_new(table, count, &options, NULL) == HR_OK);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        set_line(options, line);
    hr_csv_config config = {0};
    hr_error err;
    hr_error_clear(&err);
    if (hr_csv_config_set(&config, options, &err) == HR_OK) {
        PROMISE(config.kernels && config.row_limit >= 2 && config.column_limit >= 1 && config.sample >= 64);
        PROMISE(config.hints.delimiter == HR_DIALECT_AUTO || config.hints.delimiter >= 0);
        hr_csv_config_clear(&config);
    } else {
        PROMISE(err.text[0]);
    }
    hr_options_free(options);
    hr_free(text);
    return 0;
}
