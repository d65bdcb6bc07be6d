/* tables.h: the kernel tables of this build, and what the vector kernels take from the oracle. Private to simd/. */
#ifndef HR_SIMD_TABLES_H
#define HR_SIMD_TABLES_H

#include "simd/simd.h"

/* utf8_valid of the scalar table: vector kernels that found an error let it say where. */
size_t hr_scalar_utf8_valid(const uint8_t *data, size_t size);

/* scalar_decode.c */
size_t hr_scalar_decode_single(const uint16_t high[128], const uint8_t *in, size_t size, uint8_t *out, size_t capacity,
                               size_t *got);
size_t hr_scalar_decode_utf16(const uint8_t *in, size_t size, bool big_endian, uint8_t *out, size_t capacity,
                              size_t *got);

/* scalar_rows.c */
size_t hr_scalar_csv_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out);
size_t hr_scalar_json_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out);
size_t hr_scalar_copy_rows(const hr_rows *job, size_t from, size_t to, uint8_t **out);
/* -?(0|[1-9][0-9]*)(\.[0-9]+)? and nothing else: a number of RFC 8259 without exponent. */
bool hr_scalar_plain_number(const uint8_t *data, size_t size);
/* What stands for a byte in a JSON string: up to 6 bytes, their number in the last one; 0: it stands for itself. */
extern const uint8_t hr_json_escapes[256][8];
/* The letter behind the backslash of a byte in COPY; 0: it stands for itself. NUL has one, which is none. */
extern const uint8_t hr_copy_letters[256];

/* The tables of this build; kernels.c knows which CPU may use which. */
extern const hr_kernels hr_kernels_scalar;
#if defined(__x86_64__)
extern const hr_kernels hr_kernels_sse42, hr_kernels_avx2, hr_kernels_avx512;
#elif defined(__aarch64__)
extern const hr_kernels hr_kernels_neon;
#endif

#endif
