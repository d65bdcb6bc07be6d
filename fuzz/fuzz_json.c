/* fuzz_json.c: lines of JSON through every table of kernels that this CPU can run, against the exact walk. The first
 * byte chooses the columns, the second how far the text is from the start of a block. */
#include "fuzz/fuzz.h"
#include "tests/kernels/json_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_bench benches[8];
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    if (size < 2)
        return 0;
    size_t plan = data[0] % JSON_PLANS, shift = data[1] % 80;
    uint8_t *text = malloc(shift + size);
    if (text == NULL)
        return 0;
    memset(text, ' ', shift);
    memcpy(text + shift, data + 2, size - 2);
    for (size_t i = 0; i < count; i++) {
        if (!hr_kernels_usable(all[i]))
            continue;
        if (benches[i].kernels == NULL)
            benches[i] = json_bench_new(all[i]);
        const char *wrong = check_json(&benches[i], plan, text, shift + size - 2);
        if (wrong != NULL)
            fprintf(stderr, "%s\n", wrong);
        PROMISE(wrong == NULL);
    }
    free(text);
    return 0;
}
