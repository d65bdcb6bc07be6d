/* tables.h: the kernel tables of this build, and what the vector kernels take from the oracle. Private to simd/. */
#ifndef HR_SIMD_TABLES_H
#define HR_SIMD_TABLES_H

#include "simd/simd.h"

/* utf8_valid of the scalar table: vector kernels that found an error let it say where. */
size_t hr_scalar_utf8_valid(const uint8_t *data, size_t size);

/* The tables of this build; kernels.c knows which CPU may use which. */
extern const hr_kernels hr_kernels_scalar;
#if defined(__x86_64__)
extern const hr_kernels hr_kernels_sse42, hr_kernels_avx2, hr_kernels_avx512;
#elif defined(__aarch64__)
extern const hr_kernels hr_kernels_neon;
#endif

#endif
