/* test_recovery.c: recovery is per record: a file with damaged rows, read with these ignored, gives the rows of the
 * file without their lines. */
#include "tests/property/documents.h"
#include "tests/property/promise.h"

typedef struct table {
    hr_buffer damaged, clean;
    size_t lines; /* damaged ones */
} table;

static const char *const good_fields[] = {
    "a",   "",         "12",        "\"\"", "\"x,y\"", "\"two\r\nlines, of a field\"", "\"an \"\"inner\"\" quote\"",
    "é€😀", "\"\n\n\"", "12\" pipe", "a b",  "#"};

static void put_good(uint64_t *seed, size_t columns, hr_buffer *out)
{
    for (size_t i = 0; i < columns; i++)
        REQUIRE((i == 0 || hr_buffer_text(out, ",")) &&
                hr_buffer_text(out, i ? good_fields[random_below(seed, HR_COUNT(good_fields))] : "good"));
}

/* A line that is no good row, and does not reach into the next one; without its newline. */
static void put_damage(uint64_t *seed, size_t columns, hr_buffer *out)
{
    size_t kind = random_below(seed, 6), fields = kind == 0   ? columns + 1 + random_below(seed, 3)
                                                  : kind == 1 ? columns - 1
                                                              : columns;
    size_t where = random_below(seed, fields);
    for (size_t i = 0; i < fields; i++) {
        static const char *const damages[] = {"x", "x", "\"closed\"and more", "\"a\" \"b\"", "b\xFFx", "\"bad \xC3(\""};
        REQUIRE(i == 0 || hr_buffer_text(out, ","));
        REQUIRE(hr_buffer_text(out, i == where ? damages[kind] : "x"));
    }
}

static void put_newline(uint64_t *seed, size_t style, hr_buffer *out)
{
    static const char *const newlines[] = {"\n", "\r\n", "\r"};
    REQUIRE(hr_buffer_text(out, newlines[style == 3 ? random_below(seed, 3) : style]));
}

static void make(uint64_t *seed, size_t rows, table *out)
{
    *out = (table){0};
    size_t columns = 2 + random_below(seed, 5), style = random_below(seed, 4), rare = 1 + random_below(seed, 8);
    for (size_t i = 0; i < rows; i++) {
        hr_buffer row = {0};
        bool bad = i && random_below(seed, rare) == 0;
        if (bad)
            put_damage(seed, columns, &row);
        else
            put_good(seed, columns, &row);
        put_newline(seed, style, &row);
        REQUIRE(hr_buffer_add(&out->damaged, row.data, row.size));
        REQUIRE(bad || hr_buffer_add(&out->clean, row.data, row.size));
        out->lines += bad;
        hr_buffer_free(&row);
    }
}

/* Values only: numbers and offsets differ. */
static bool same_values(const transcript *got, const transcript *expected)
{
    return got->status == HR_END && expected->status == HR_END && got->rows.size == expected->rows.size &&
           (!got->rows.size || !memcmp(got->rows.data, expected->rows.data, got->rows.size));
}

/* Rows of a transcript without their numbers: "row N[" -> "row [". */
static void drop_numbers(transcript *t)
{
    size_t to = 0;
    bool line_start = true;
    for (size_t i = 0; i < t->rows.size; i++) {
        if (line_start && t->rows.size - i > 4 && !memcmp(t->rows.data + i, "row ", 4)) {
            memcpy(t->rows.data + to, "row ", 4);
            to += 4;
            i += 4;
            while (t->rows.data[i] >= '0' && t->rows.data[i] <= '9')
                i++;
        }
        line_start = t->rows.data[i] == '\n' || t->rows.data[i] == '\r';
        t->rows.data[to++] = t->rows.data[i];
    }
    t->rows.size = to;
}

static bool recovers(uint64_t *seed, const table *t, const setup *s)
{
    size_t count;
    const char *const *kernels = kernel_names(&count);
    sheet damaged = {t->damaged.data, t->damaged.size, t->damaged.data, t->damaged.size, NULL, 0};
    sheet clean = {t->clean.data, t->clean.size, t->clean.data, t->clean.size, NULL, 0};
    bool good = true;
    for (size_t k = 0; good && k < count; k++) {
        way w = {kernels[k], random_below(seed, 2) ? FED_WHOLE : FED_CUTS, *seed, 200, 0, 0};
        transcript got, expected;
        transcript_read(&damaged, s, &w, NULL, NULL, &got);
        transcript_read(&clean, s, &w, NULL, NULL, &expected);
        drop_numbers(&got);
        drop_numbers(&expected);
        good = same_values(&got, &expected) && got.rejected == t->lines && expected.rejected == 0;
        if (!good) {
            fprintf(stderr, "%zu damaged lines, %llu rejects\n", t->lines, (unsigned long long)got.rejected);
            transcript_same(&got, &expected, "with the damaged lines, against without them");
            transcript_show(&damaged, s, &w);
        }
        transcript_free(&got);
        transcript_free(&expected);
    }
    return good;
}

static const setup plain = {.csv = {',', '"', -1, -1, true, 0, 0, false, false, false, false, NULL, 1u << 20, 1000, 0},
                            .encoding = "utf-8",
                            .sample = "64"};

static bool damaged_lines_cost_themselves_alone(uint64_t seed, size_t times)
{
    for (size_t round = 0; round < FEWER(700) * times; round++) {
        table t;
        make(&seed, 1 + random_below(&seed, round % 50 ? 40 : 8000), &t);
        bool good = recovers(&seed, &t, &plain);
        hr_buffer_free(&t.damaged);
        hr_buffer_free(&t.clean);
        if (!good) {
            fprintf(stderr, "  in round %zu\n", round);
            return false;
        }
    }
    return true;
}

/* A quote that opens and never closes: no quote may follow it up to the end, or up to limits.row_bytes. */
static bool an_unclosed_quote_costs_its_line_alone(uint64_t seed, size_t times)
{
    for (size_t round = 0; round < FEWER(700) * times; round++) {
        setup s = plain;
        table t = {.lines = 1};
        size_t before = random_below(&seed, 20), after = random_below(&seed, round % 40 ? 20 : 20000);
        bool limited = random_below(&seed, 2);
        put_good(&seed, 3, &t.clean);
        put_newline(&seed, 0, &t.clean);
        for (size_t i = 0; i < before; i++) {
            put_good(&seed, 3, &t.clean);
            put_newline(&seed, 3, &t.clean);
        }
        REQUIRE(hr_buffer_add(&t.damaged, t.clean.data, t.clean.size) && hr_buffer_text(&t.damaged, "x,\"opens,z"));
        put_newline(&seed, 3, &t.damaged);
        hr_buffer rest = {0};
        for (size_t i = 0; i < after; i++)
            REQUIRE(hr_buffer_text(&rest, "plain,row") && hr_buffer_text(&rest, i % 3 ? ",\xC3\xA9\n" : ",\r\n"));
        if (limited) { /* quotes again, behind the limit */
            s.csv.row_bytes = rest.size + 60;
            for (size_t i = 0; i < 60; i++)
                REQUIRE(hr_buffer_text(&rest, "p,q,r\n"));
            for (size_t i = 0; i < 5; i++)
                REQUIRE(hr_buffer_text(&rest, "\"a\",\"b\nc\",d\r\n"));
        }
        REQUIRE(hr_buffer_add(&t.damaged, rest.data, rest.size) && hr_buffer_add(&t.clean, rest.data, rest.size));
        bool good = recovers(&seed, &t, &s);
        hr_buffer_free(&rest);
        hr_buffer_free(&t.damaged);
        hr_buffer_free(&t.clean);
        if (!good) {
            fprintf(stderr, "  in round %zu\n", round);
            return false;
        }
    }
    return true;
}

/* A quote that opens and meets the opening quote of a later row: that row begins with letters. */
static bool a_quote_that_meets_another_costs_its_line_alone(uint64_t seed, size_t times)
{
    for (size_t round = 0; round < FEWER(700) * times; round++) {
        table t = {0};
        put_good(&seed, 3, &t.clean);
        put_newline(&seed, 0, &t.clean);
        REQUIRE(hr_buffer_add(&t.damaged, t.clean.data, t.clean.size));
        size_t rows = 1 + random_below(&seed, round % 40 ? 60 : 20000);
        for (size_t i = 0; i < rows; i++) {
            const char *row = "plain,row,x\n";
            switch (random_below(&seed, 8)) {
            case 0:
                t.lines++;
                REQUIRE(hr_buffer_text(&t.damaged, i % 2 ? "x,\"opens,z\n" : "x,y,\"opens\r\n"));
                /* The next quote must not be the pair of a good row's: a row with a quote in front of letters follows.
                 */
                row = "p,\"a, b\",\"c\"\n";
                break;
            case 1: row = "\"two\nlines\",of,one\r\n"; break;
            case 2: row = "say \"no\",\"\",\"he said \"\"x\"\"\"\n"; break;
            default: break;
            }
            REQUIRE(hr_buffer_text(&t.damaged, row) && hr_buffer_text(&t.clean, row));
        }
        bool good = recovers(&seed, &t, &plain);
        hr_buffer_free(&t.damaged);
        hr_buffer_free(&t.clean);
        if (!good) {
            fprintf(stderr, "  in round %zu\n", round);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static const promise promises[] = {
        {"damaged_lines_cost_themselves_alone", damaged_lines_cost_themselves_alone},
        {"an_unclosed_quote_costs_its_line_alone", an_unclosed_quote_costs_its_line_alone},
        {"a_quote_that_meets_another_costs_its_line_alone", a_quote_that_meets_another_costs_its_line_alone},
    };
    return keep_promises(promises, HR_COUNT(promises), argc, argv);
}
