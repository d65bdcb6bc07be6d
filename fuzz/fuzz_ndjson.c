/* fuzz_ndjson.c: any bytes as NDJSON, by any options and cuts: what documents say of it is what the reader says, and a
 * reader that goes on at the end of a batch says the rest. The first four bytes choose. */
#include "fuzz/fuzz.h"
#include "tests/reference/transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = {NULL, "a", "a,b,/c/d", "/0,/1", "/a/b,a", "id,/a/0,name", "/,/x~1y", NULL};
    static const size_t limits[] = {16, 64, 1000, 1u << 20};
    if (size < 4 || size > 20000)
        return 0;
    if (size > 4 && data[4] != '{' && data[4] != '[' && data[4] != '"' && data[4] != ' ' && data[4] != '\n')
        return 0; /* it could begin like something packed, or with a mark */
    size_t count;
    const char *const *kernels = kernel_names(&count);
    setup s = {.encoding = "utf-8", .ndjson = true, .columns = columns[data[0] & 7], .offsets = data[0] & 8};
    s.csv = (reference_options){.delimiter = ',', .quote = '"', .escape = -1, .comment = -1, .header = true};
    s.csv.row_bytes = limits[data[0] >> 4 & 3];
    s.csv.column_limit = 131072;
    s.strict_members = data[0] & 64;
    s.depth = data[0] & 128 ? 3 : 512;
    s.sample = data[1] & 1 ? "64" : "4096";
    way w = {.kernel = kernels[data[1] / 2 % count],
             .how = data[2] & 1 ? FED_CUTS : PULLED,
             .seed = data[2],
             .piece = 1 + data[3] % 100u};
    if (data[2] & 2) {
        w.threads = 2;
        w.block = 1 + data[3] * 4u;
    }
    sheet doc = {.text = data + 4, .size = size - 4, .raw = data + 4, .raw_size = size - 4};
    transcript expected, got, tail;
    ndjson_place *places;
    size_t place_count;
    transcript_expect_ndjson(&doc, &s, &expected, &places, &place_count);
    transcript_read(&doc, &s, &w, NULL, NULL, &got);
    PROMISE(transcript_same(&got, &expected, "against the documents"));
    if (got.mark_count) {
        size_t m = data[3] % got.mark_count;
        transcript_read(&doc, &s, &w, &got.marks[m].position, &got, &tail);
        PROMISE(transcript_is_tail(&tail, &got, m, "resumed"));
        transcript_free(&tail);
    }
    transcript_free(&expected);
    transcript_free(&got);
    free(places);
    return 0;
}
