/* fuzz_position.c: any bytes as the position and the facts of a job: refused, or a reader begins there and, in a small
 * input, ends without touching what is not there. The first byte says how long the position is. */
#include <string.h>

#include "core/job/work.h"
#include "core/reader/reader.h"
#include "fuzz/fuzz.h"

static const char text[] = "id,name\n1,a\n2,\"b\nc\"\n3,d\n4,\"e\"\"f\"\n5,\xC3\xA9\n";

static void read_all(hr_reader *reader)
{
    hr_batch *batch;
    uint64_t read = 0;
    PROMISE(hr_reader_feed(reader, text, sizeof text - 1, NULL) == HR_OK);
    PROMISE(hr_reader_finish(reader, NULL) == HR_OK);
    while (hr_reader_next(reader, &batch, NULL) == HR_OK) {
        PROMISE(batch->read == batch->rows + batch->rejected + batch->skipped);
        read += batch->read;
        hr_position at;
        hr_reader_position(reader, &at);
        PROMISE(at.size > 0 && at.size < HR_POSITION_MAX);
        hr_batch_release(batch);
    }
    PROMISE(read <= sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096)
        return 0;
    size_t length = data[0] < size - 1 ? data[0] : size - 1;
    hr_position position = {.size = (uint32_t)length}, inner;
    memcpy(position.bytes, data + 1, length);
    uint64_t stored;
    uint8_t digest[32];
    if (hr_place_read(&position, &inner, &stored, digest)) {
        PROMISE(inner.size <= position.size);
        position = inner;
    }
    hr_facts facts = {0};
    char *lines = hr_strndup((const char *)data + 1 + length, size - 1 - length);
    PROMISE(lines);
    bool known = hr_facts_read(lines, &facts, NULL) == HR_OK;
    hr_dialect_guess guess = {.dialect = {',', '"', HR_NO_BYTE, HR_NO_BYTE}, .header = true};
    const char *names[] = {"id", "name"};
    hr_reader *reader;
    PROMISE(hr_reader_new(NULL, &reader, NULL) == HR_OK);
    /* Facts come from our own ledger; only their names and counts are used here, the dialect being one a reader can
     * have. */
    hr_status status =
        known ? hr_reader_resume(reader, &position, &guess, (const char *const *)facts.names, facts.name_count, NULL)
              : hr_reader_resume(reader, &position, &guess, names, 2, NULL);
    if (status == HR_OK)
        read_all(reader);
    else
        PROMISE(status == HR_E_INVALID);
    hr_reader_close(reader);
    hr_facts_clear(&facts);
    hr_free(lines);
    return 0;
}
