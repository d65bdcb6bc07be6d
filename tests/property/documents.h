/* documents.h: random CSV documents of every unpleasant kind, with random options to read them by, and their encodings
 * other than UTF-8. */
#ifndef HR_TESTS_PROPERTY_DOCUMENTS_H
#define HR_TESTS_PROPERTY_DOCUMENTS_H

#include "tests/reference/transcript.h"

/* What a document may be made of. */
typedef struct ink {
    const char *const *letters; /* characters of any length, NULL at the end */
    const char *const *bad;     /* bytes that are no characters, NULL at the end */
    bool nul;                   /* NUL bytes as well */
} ink;
extern const ink utf8_ink;

typedef enum code { CODE_WINDOWS_1252, CODE_SHIFT_JIS, CODE_UTF_16LE, CODE_UTF_16BE, CODE_COUNT } code;
const ink *code_ink(code c);
const char *code_name(code c);
/* The sheet of a text made with the ink of `c`, in that encoding (UTF-16 with a mark if `mark`). Its three arrays are
 * the caller's: sheet_free. */
sheet sheet_encoded(const uint8_t *text, size_t size, code c, bool mark);
/* The same in UTF-8. */
sheet sheet_utf8(const uint8_t *text, size_t size, bool mark);
void sheet_free(sheet *doc);

/* Random options; limits.row_bytes is small when `small`. */
setup random_setup(uint64_t *seed, bool small);
/* A document of about `size` bytes, to be read with `s`. Appends to `out`. */
void random_document(uint64_t *seed, const setup *s, const ink *with, size_t size, hr_buffer *out);

#endif
