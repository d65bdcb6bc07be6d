/* fuzz_schema.c: any bytes as a schema file: refused with a place, or written and read back as the same. */
#include <string.h>

#include "core/base/base.h"
#include "fuzz/fuzz.h"
#include "headrace/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_schema *schema = NULL, *again;
    hr_error err;
    char *text, *second;
    hr_status status = hr_schema_parse(data, size, &schema, &err);
    if (status != HR_OK) {
        PROMISE(err.status == status && err.text[0] && !schema);
        return 0;
    }
    PROMISE(hr_schema_write(schema, &text, &err) == HR_OK);
    PROMISE(hr_schema_parse(text, strlen(text), &again, &err) == HR_OK);
    PROMISE(hr_schema_write(again, &second, &err) == HR_OK);
    PROMISE(!strcmp(text, second));
    hr_text_free(text);
    hr_text_free(second);
    hr_schema_free(schema);
    hr_schema_free(again);
    return 0;
}
