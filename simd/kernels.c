/* kernels.c: which kernel tables there are, which of them this CPU can run, and which one it should. */
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "simd/tables.h"

#if defined(__x86_64__)

/* Each list names exactly what the TARGET of its file allows. The compiler's run time asks CPUID, and XCR0 whether the
 * operating system keeps the wide registers. */
static bool can_sse42(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
}

/* LZCNT, for which gcc 12 and clang 14 have no name. Without it the instruction silently means BSR. */
static bool has_lzcnt(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000001u, &a, &b, &c, &d) != 0 && (c & (1u << 5)) != 0;
}

static bool can_avx2(void)
{
    return can_sse42() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && has_lzcnt();
}

static bool can_avx512(void)
{
    return can_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq") &&
           __builtin_cpu_supports("vpclmulqdq");
}

/* Whether using AVX-512 for short stretches between other work is a good trade. On Intel's generations before Sapphire
 * Rapids that have VBMI2, 512-bit registers may change the frequency of the whole core. */
static bool should_avx512(void)
{
    static const uint8_t early[] = {
        0x6A, 0x6C, /* Ice Lake, servers */
        0x7D, 0x7E, /* Ice Lake */
        0x8C, 0x8D, /* Tiger Lake */
        0xA7,       /* Rocket Lake */
    };
    unsigned a, b, c, d;
    if (!__builtin_cpu_is("intel") || __get_cpuid(1, &a, &b, &c, &d) == 0 || ((a >> 8) & 0xF) != 6)
        return true;
    return memchr(early, (int)((a >> 12 & 0xF0) | (a >> 4 & 0xF)), sizeof early) == NULL;
}
#endif

void hr_csv_cuts_set(hr_csv_cuts *cuts)
{
    if (cuts->columns > HR_CUTS_DENSE)
        return;
    bool wanted[HR_CUTS_DENSE] = {false};
    const uint32_t last = cuts->columns - 1;
    for (uint32_t i = 0; i < cuts->count; i++)
        wanted[cuts->at[i] - 1] = true;
    wanted[last] = true;
    for (uint32_t first = 0; first <= last; first++) {
        cuts->wanted[first] = cuts->ends[first] = 0;
        for (uint32_t bit = 0; bit < 64; bit++) {
            uint32_t ordinal = (first + bit) % cuts->columns;
            cuts->wanted[first] |= (uint64_t)wanted[ordinal] << bit;
            cuts->ends[first] |= (uint64_t)(ordinal == last) << bit;
        }
    }
}

static bool always(void)
{
    return true;
}

/* Best first. */
static const struct choice {
    const hr_kernels *kernels;
    bool (*can)(void);
    bool (*should)(void);
} choices[] = {
#if defined(__x86_64__)
    {&hr_kernels_avx512, can_avx512, should_avx512},
    {&hr_kernels_avx2, can_avx2, always},
    {&hr_kernels_sse42, can_sse42, always},
#elif defined(__aarch64__)
    {&hr_kernels_neon, always, always},
#endif
    {&hr_kernels_scalar, always, always},
};

static const hr_kernels *const tables[] = {
#if defined(__x86_64__)
    &hr_kernels_avx512,
    &hr_kernels_avx2,
    &hr_kernels_sse42,
#elif defined(__aarch64__)
    &hr_kernels_neon,
#endif
    &hr_kernels_scalar,
};

enum { CHOICE_COUNT = sizeof choices / sizeof choices[0] };
_Static_assert(CHOICE_COUNT == sizeof tables / sizeof tables[0], "every table has a row");

const hr_kernels *const *hr_kernels_all(size_t *count)
{
    *count = CHOICE_COUNT;
    return tables;
}

bool hr_kernels_usable(const hr_kernels *kernels)
{
    for (size_t i = 0; i < CHOICE_COUNT; i++)
        if (choices[i].kernels == kernels)
            return choices[i].can();
    return false;
}

const hr_kernels *hr_kernels_get(const char *name)
{
    bool automatic = name == NULL || strcmp(name, "auto") == 0;
    for (size_t i = 0; i < CHOICE_COUNT; i++)
        if (automatic ? choices[i].can() && choices[i].should() : strcmp(choices[i].kernels->name, name) == 0)
            return choices[i].can() ? choices[i].kernels : NULL;
    return NULL;
}
