/* dialect_header.c: whether a record names the columns of the records below it, column by column. */
#include "core/csv/dialect_parts.h"

#include <stdio.h>

#define COLUMNS_MAX 256u
#define RECORDS_MAX 1000u
#define CUSTOM 0.3 /* most files have a header: it takes a little to say no */

typedef struct column {
    uint32_t kinds[HR_CELL_KINDS];
    uint32_t filled;          /* neither empty nor null */
    uint32_t years;           /* whole numbers from 1900 to 2100 */
    uint32_t same;            /* equal to the cell of the candidate */
    uint32_t firsts;          /* classes of first bytes: bits of class_of */
    size_t shortest, longest; /* of the filled */
} column;

typedef struct votes {
    double yes, no;
    uint32_t types_yes, types_no; /* columns that voted by type */
    uint32_t first_yes, first_no; /* the first of them, from 1 */
    uint32_t repeated;            /* columns where the value comes again */
    uint32_t years;               /* header cells that are years over other numbers */
} votes;

static uint32_t whole_number(const uint8_t *data, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] < '0' || data[i] > '9' || value > 100000000u) {
            return 0;
        }
        value = value * 10 + (uint32_t)(data[i] - '0');
    }
    return value;
}

static bool is_year(const uint8_t *data, size_t size)
{
    uint32_t value = whole_number(data, size);
    return size == 4 && value >= 1900 && value <= 2100;
}

static uint32_t class_of(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? 1u : c >= 'A' && c <= 'Z' ? 2u : c >= '0' && c <= '9' ? 4u : 8u;
}

static void see(column *seen, const hr_trial *trial, size_t field, const uint8_t *head, size_t head_size)
{
    const uint8_t *data;
    size_t size;
    hr_trial_value(trial, field, &data, &size);
    hr_cell cell = hr_cell_classify(data, size);
    seen->kinds[cell]++;
    if (cell == HR_CELL_EMPTY || cell == HR_CELL_NULL) {
        return;
    }
    seen->filled++;
    seen->firsts |= size ? class_of(data[0]) : 0u;
    seen->years += is_year(data, size);
    seen->same += size == head_size && memcmp(data, head, size) == 0;
    seen->shortest = seen->filled == 1 || size < seen->shortest ? size : seen->shortest;
    seen->longest = size > seen->longest ? size : seen->longest;
}

/* Share of the filled cells that belong to the family of `cell`. */
static double family_share(const column *seen, hr_cell cell)
{
    uint32_t count = seen->kinds[cell];
    if (cell == HR_CELL_INTEGER || cell == HR_CELL_DECIMAL) {
        count = seen->kinds[HR_CELL_INTEGER] + seen->kinds[HR_CELL_DECIMAL];
    }
    return seen->filled ? (double)count / (double)seen->filled : 0;
}

static bool column_typed(const column *seen)
{
    return family_share(seen, HR_CELL_DECIMAL) >= 0.8 || family_share(seen, HR_CELL_DATE) >= 0.8 ||
           family_share(seen, HR_CELL_BOOLEAN) >= 0.8 || family_share(seen, HR_CELL_LINK) >= 0.8;
}

/* Words that name columns everywhere. */
static bool is_usual_name(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "id",         "name",      "date",     "time",        "year",      "month",   "code",     "type",
        "value",      "title",     "city",     "state",       "country",   "address", "email",    "phone",
        "price",      "amount",    "status",   "description", "key",       "count",   "number",   "url",
        "first_name", "last_name", "latitude", "longitude",   "timestamp", "comment", "category", "currency",
        "quantity",   "nom",       "nombre",   "nome",        "datum",     "titel",   "fecha",    "codigo"};
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        size_t at = 0;
        while (at < size && names[i][at] && (data[at] | 0x20) == (uint8_t)(names[i][at] | 0x20)) {
            at++;
        }
        if (at == size && !names[i][at]) {
            return true;
        }
    }
    return false;
}

/* A header cell of text over a column of text: only length, repetition and the word itself can tell. */
static void vote_text(const column *seen, const uint8_t *head, size_t size, votes *out)
{
    if (seen->same && seen->filled >= 3) {
        out->no += seen->filled < 5 ? 0.2 : seen->same > 1 ? 1.0 : 0.5;
        out->repeated++;
    } else if (is_usual_name(head, size)) {
        out->yes += 0.6;
    } else if (seen->filled >= (seen->longest <= 16 ? 4u : 10u) && seen->shortest == seen->longest) {
        if (size == seen->longest && (seen->firsts & class_of(head[0]))) {
            out->no += 0.5;
        } else {
            out->yes += 0.4;
        }
    }
}

static void vote(const column *seen, uint32_t number, const uint8_t *head, size_t size, bool edge, votes *out)
{
    hr_cell cell = hr_cell_classify(head, size);
    if (cell == HR_CELL_TEXT) {
        if (seen->filled && column_typed(seen) && !seen->same) {
            out->yes += 1.5;
            out->first_yes = out->types_yes++ ? out->first_yes : number;
        } else {
            vote_text(seen, head, size, out);
        }
    } else if (hr_cell_typed(cell) && seen->filled) {
        bool like = family_share(seen, cell) >= 0.7;
        if (is_year(head, size) && seen->years * 5 < seen->filled && number > 1) {
            out->yes += 0.6;
            out->years++;
        } else if (like) {
            out->no += 1;
            out->first_no = out->types_no++ ? out->first_no : number;
        } else if (column_typed(seen)) {
            out->yes += 0.5;
        } else {
            out->no += 0.3;
        }
    } else if (cell == HR_CELL_NULL) {
        out->no += seen->kinds[HR_CELL_NULL] ? 0.7 : 0.3;
    } else if (cell == HR_CELL_EMPTY && seen->filled && !edge) {
        out->no += 0.2;
    }
}

static void explain(const votes *sum, bool header, size_t records, char why[240])
{
    if (!records) {
        snprintf(why, 240,
                 header ? "the only record holds no number or date, so it is taken as a header"
                        : "the only record holds numbers or dates, so it is data");
    } else if (header && sum->types_yes) {
        snprintf(
            why, 240,
            "the first record is text while %u column%s below it (%u first) hold%s numbers, dates, yes/no or links",
            sum->types_yes, sum->types_yes == 1 ? "" : "s", sum->first_yes, sum->types_yes == 1 ? "s" : "");
    } else if (header && sum->years) {
        snprintf(why, 240, "the first record holds years over columns of other numbers");
    } else if (header) {
        snprintf(why, 240, "%s",
                 sum->yes > 0 ? "the first record differs from the values below it"
                              : "nothing tells the first record from the others; it is a header by custom");
    } else if (sum->types_no) {
        snprintf(why, 240, "the first record has values like those below it in %u column%s (%u first)", sum->types_no,
                 sum->types_no == 1 ? "" : "s", sum->first_no);
    } else {
        snprintf(why, 240, "%s",
                 sum->repeated ? "values of the first record come again below it"
                               : "the first record looks like those below it");
    }
}

/* The record stands alone: only its own cells can tell. */
static bool alone(const hr_trial *trial, size_t record)
{
    for (size_t f = trial->records[record]; f < trial->records[record + 1]; f++) {
        const uint8_t *data;
        size_t size;
        hr_trial_value(trial, f, &data, &size);
        if (hr_cell_typed(hr_cell_classify(data, size))) {
            return false;
        }
    }
    return true;
}

static bool is_data(const hr_trial *trial, size_t record, uint32_t width)
{
    return !hr_trial_blank(trial, record) && !(trial->flags[record] & (HR_TRIAL_COMMENT | HR_TRIAL_UNCLOSED)) &&
           !(hr_trial_hash(trial, record) && hr_trial_width(trial, record) != width);
}

static bool same_record(const hr_trial *trial, size_t a, size_t b)
{
    const uint8_t *left, *right;
    size_t left_size, right_size;
    hr_trial_raw(trial, a, &left, &left_size);
    hr_trial_raw(trial, b, &right, &right_size);
    return left_size == right_size && memcmp(left, right, left_size) == 0;
}

/* The candidate comes again, whole, but seldom: files that were put one behind the other, each with its header. */
static bool comes_again(const hr_trial *trial, size_t record)
{
    size_t all = 0, same = 0;
    for (size_t r = record + 1; r < trial->count && all < RECORDS_MAX; r++) {
        if (is_data(trial, r, hr_trial_width(trial, record))) {
            all++;
            same += same_record(trial, record, r);
        }
    }
    return same > 0 && same * 3 <= all;
}

bool hr_dialect_header(const hr_trial *trial, size_t record, double *evidence, char why[240])
{
    column columns[COLUMNS_MAX] = {0};
    uint32_t width = hr_trial_width(trial, record);
    uint32_t judged = width < COLUMNS_MAX ? width : COLUMNS_MAX;
    size_t records = 0, first = trial->records[record];
    bool again = comes_again(trial, record);
    votes sum = {0};
    const uint8_t *head;
    size_t size;
    for (size_t r = record + 1; r < trial->count && records < RECORDS_MAX; r++) {
        if (!is_data(trial, r, width) || (again && same_record(trial, record, r))) {
            continue;
        }
        records++;
        for (uint32_t c = 0; c < judged && c < hr_trial_width(trial, r); c++) {
            hr_trial_value(trial, first + c, &head, &size);
            see(&columns[c], trial, trial->records[r] + c, head, size);
        }
    }
    for (uint32_t c = 0; c < judged; c++) {
        hr_trial_value(trial, first + c, &head, &size);
        vote(&columns[c], c + 1, head, size, c == 0 || c + 1 == width, &sum);
    }
    bool header = records ? sum.yes + CUSTOM >= sum.no : alone(trial, record);
    *evidence = records ? sum.yes - sum.no : 0;
    explain(&sum, header, records, why);
    return header;
}
