/* fuzz_inflate.c: any bytes taken for gzip or zstd: no crash, and the same bytes and verdict under any split. The first
 * byte chooses the format, the second one the split and the room. */
#include <string.h>

#include "core/input/input.h"
#include "fuzz/fuzz.h"

#define OUTPUT_MAX ((size_t)1 << 20)

typedef struct result {
    uint8_t *raw;
    size_t size;
    hr_status status;
} result;

static result unpack(hr_compression compression, const uint8_t *data, size_t size, size_t split, size_t room)
{
    result out = {malloc(OUTPUT_MAX), 0, HR_OK};
    hr_inflate *inflate = NULL;
    hr_error err;
    PROMISE(hr_inflate_new(compression, &inflate, &err) == HR_OK);
    size_t at = 0, idle = 0;
    while (out.status == HR_OK && out.size < OUTPUT_MAX) {
        size_t end = at < split ? split : size, used = 0, got = 0;
        size_t capacity = OUTPUT_MAX - out.size < room ? OUTPUT_MAX - out.size : room;
        out.status =
            hr_inflate_run(inflate, data + at, end - at, end == size, &used, out.raw + out.size, capacity, &got, &err);
        PROMISE(used <= end - at && got <= capacity);
        at += used;
        out.size += got;
        idle = used || got ? 0 : idle + 1;
        PROMISE(out.status != HR_OK || idle < 3);
        PROMISE(out.status <= HR_AGAIN || (err.status == out.status && err.offset == out.size && err.text[0]));
    }
    hr_inflate_free(inflate);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    hr_compression compression = data[0] % 3 == 0   ? HR_COMPRESSION_GZIP
                                 : data[0] % 3 == 1 ? HR_COMPRESSION_ZSTD
                                                    : HR_COMPRESSION_NONE;
    size_t split = data[1] % (size - 1), room = 1 + data[1] * 5u;
    result whole = unpack(compression, data + 2, size - 2, 0, OUTPUT_MAX);
    result parts = unpack(compression, data + 2, size - 2, split, room);
    PROMISE(whole.status == parts.status && whole.size == parts.size && !memcmp(whole.raw, parts.raw, whole.size));
    free(whole.raw);
    free(parts.raw);
    return 0;
}
