/* generate.h: what the generators of benchmark data share: a sequence of pseudo-random numbers, and a line to write to.
 */
#ifndef HR_BENCH_GENERATE_H
#define HR_BENCH_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest record of any shape. */
#define HR_LINE_MAX 16384

typedef struct hr_maker {
    uint64_t seed; /* of the sequence, never 0 */
    uint64_t row;  /* number of the record that is being made, from 1 */
    uint64_t keys; /* cities: how many keys were given out */
    size_t size;   /* bytes of `line` that are set */
    char line[HR_LINE_MAX];
} hr_maker;

/* A shape of data: `header` (with its newline) may be NULL, `record` appends one record with its newline. */
typedef struct hr_shape {
    const char *name;
    const char *extension;
    void (*header)(hr_maker *maker);
    void (*record)(hr_maker *maker);
} hr_shape;

/* 64 pseudo-random bits, and a number below `end`. */
uint64_t hr_maker_bits(hr_maker *maker);
uint64_t hr_maker_below(hr_maker *maker, uint64_t end);
/* Appends a byte, a text, a number, a number with leading zeros. */
void hr_put_byte(hr_maker *maker, char byte);
void hr_put_text(hr_maker *maker, const char *text);
void hr_put_number(hr_maker *maker, uint64_t number);
void hr_put_digits(hr_maker *maker, uint64_t number, int digits);
/* Appends hundredths as "12.34". */
void hr_put_hundredths(hr_maker *maker, uint64_t number);
/* Appends a date, and a date with a time of day, `gap` between them, of so many seconds since 1970. */
void hr_put_date(hr_maker *maker, uint64_t seconds);
void hr_put_time(hr_maker *maker, uint64_t seconds, char gap);
/* Appends a word of the English language. */
void hr_put_word(hr_maker *maker);

extern const hr_shape hr_shapes_csv[5];
extern const hr_shape hr_shapes_ndjson[3];
extern const hr_shape hr_shapes_sales[2];

#endif
