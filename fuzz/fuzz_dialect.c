/* fuzz_dialect.c: any text gets a dialect; the same text the same one; never more preamble than lines; pinned parts
 * stay. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/csv/dialect.h"

static uint64_t lines_of(const uint8_t *text, size_t size)
{
    uint64_t lines = size && text[size - 1] != '\n' && text[size - 1] != '\r';
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n' || (text[i] == '\r' && !(i + 1 < size && text[i + 1] == '\n'));
    }
    return lines;
}

/* The first byte says what is pinned, the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_dialect_hints hints = {HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO,
                              HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO};
    hr_dialect_guess first, second;
    uint8_t choice = size ? data[0] : 0;
    const uint8_t *text = size ? data + 1 : data;
    size -= size ? 1u : 0u;
    if (choice & 0x80) {
        hints.delimiter = choice & 0x40 ? ';' : ',';
    }
    if (choice & 0x20) {
        hints.quote = choice & 0x10 ? '\'' : HR_NO_BYTE;
    }
    if (choice & 0x08) {
        hints.escape = '\\';
        hints.comment = '#';
    }
    if (choice & 0x04) {
        hints.preamble = choice & 3;
    }
    bool whole = choice & 1;
    PROMISE(hr_dialect_detect(text, size, whole, &hints, &first, NULL) == HR_OK);
    PROMISE(hr_dialect_detect(text, size, whole, &hints, &second, NULL) == HR_OK);
    PROMISE(first.dialect.delimiter == second.dialect.delimiter && first.dialect.quote == second.dialect.quote);
    PROMISE(first.dialect.escape == second.dialect.escape && first.dialect.comment == second.dialect.comment);
    PROMISE(first.header == second.header && first.preamble == second.preamble && first.columns == second.columns);
    PROMISE(first.confidence == second.confidence && first.confidence <= 100);
    PROMISE(strcmp(first.evidence, second.evidence) == 0 && strcmp(first.newline, second.newline) == 0);
    PROMISE(first.dialect.delimiter >= 0 && first.dialect.delimiter != first.dialect.quote);
    PROMISE(hints.delimiter == HR_DIALECT_AUTO || first.dialect.delimiter == hints.delimiter);
    PROMISE(hints.quote == HR_DIALECT_AUTO || first.dialect.quote == hints.quote);
    PROMISE(hints.escape == HR_DIALECT_AUTO || first.dialect.escape == hints.escape);
    PROMISE(hints.comment == HR_DIALECT_AUTO || first.dialect.comment == hints.comment);
    PROMISE(hints.preamble == HR_DIALECT_AUTO ? first.preamble == 0 || first.preamble < lines_of(text, size)
                                              : first.preamble == (uint64_t)hints.preamble);
    return 0;
}
