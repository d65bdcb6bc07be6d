/* dialect_score.c: how well a syntax explains the sample: do its records have one width, do its fields look like
 * values?
 *
 * value = share of records of the most frequent width
 *       x regularity of the fields (numbers, dates, quoted and clean text against text that holds other delimiters)
 *       x what the width says (many columns do not agree by chance)
 *       x what broken and misplaced quotes say against it
 *       x 0.75 when the first record does not fit
 * After G. van den Burg, A. Nazabal, C. Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019),
 * who multiply a pattern score by a type score; the measures here are our own. */
#include "core/csv/dialect_parts.h"

#define WIDTHS 1024u     /* widths that are counted in a table; wider records are few and are compared one by one */
#define FIELDS_MAX 6000u /* fields whose looks are judged */
#define COLUMNS_MAX 64u  /* columns whose types are judged */

bool hr_trial_hash(const hr_trial *trial, size_t record)
{
    const uint8_t *data;
    size_t size;
    hr_trial_raw(trial, record, &data, &size);
    return size > 0 && data[0] == '#';
}

static uint32_t count_width(const hr_trial *trial, uint32_t width, bool hashes)
{
    uint32_t count = 0;
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_width(trial, r) == width && !hr_trial_blank(trial, r) && (hashes || !hr_trial_hash(trial, r)) &&
            !(trial->flags[r] & (HR_TRIAL_COMMENT | HR_TRIAL_UNCLOSED))) {
            count++;
        }
    }
    return count;
}

/* The most frequent width; of equals, that of the first record, else the widest. */
static void find_width(const hr_trial *trial, bool hashes, hr_dialect_score *score)
{
    uint32_t counts[WIDTHS] = {0}, first = 0;
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_blank(trial, r) || (trial->flags[r] & HR_TRIAL_COMMENT) || (!hashes && hr_trial_hash(trial, r))) {
            continue;
        }
        uint32_t width = hr_trial_width(trial, r);
        score->records++;
        score->damaged += (trial->flags[r] & (HR_TRIAL_AFTER_QUOTE | HR_TRIAL_UNCLOSED)) ? 1u : 0u;
        first = first ? first : width;
        if (width < WIDTHS && !(trial->flags[r] & HR_TRIAL_UNCLOSED)) {
            counts[width]++;
        } else if (width >= WIDTHS && width != score->width) {
            uint32_t count = count_width(trial, width, hashes);
            if (count > score->fitting || (count == score->fitting && width > score->width)) {
                score->width = width;
                score->fitting = count;
            }
        }
    }
    for (uint32_t width = 1; width < WIDTHS; width++) {
        if (counts[width] &&
            (counts[width] > score->fitting || (counts[width] == score->fitting && width > score->width))) {
            score->width = width;
            score->fitting = counts[width];
        }
    }
    if (first && first < WIDTHS && counts[first] == score->fitting) {
        score->width = first;
    }
    score->top = first == score->width;
}

/* How much unquoted text looks like one value rather than several, or a piece of one. */
static double text_looks(const uint8_t *data, size_t size, int delimiter)
{
    size_t strong = 0, commas = 0, quotes = 0, depth_open = 0, depth_close = 0;
    for (size_t i = 0; i < size; i++) {
        switch (data[i]) {
        case '\t':
        case ';':
        case '|':
        case 0x01:
        case 0x1F: strong++; break;
        case ',': commas += i + 1 < size && data[i + 1] != ' ' ? 1u : 0u; break;
        case '"': quotes++; break;
        case '(':
        case '[':
        case '{': depth_open++; break;
        case ')':
        case ']':
        case '}': depth_close++; break;
        default: break;
        }
    }
    bool piece = size && (data[size - 1] == ',' || data[size - 1] == ';');
    double looks = strong || piece ? 0.4 : commas ? 0.6 : 0.85;
    if (quotes % 2 || depth_open != depth_close) {
        looks *= 0.7;
    }
    return delimiter == ' ' ? looks * 0.9 : looks;
}

static double field_looks(const hr_trial *trial, size_t field, hr_cell *cell, uint32_t *quoted)
{
    const uint8_t *data;
    size_t size;
    bool in_quotes = hr_trial_value(trial, field, &data, &size);
    *cell = hr_cell_classify(data, size);
    if (in_quotes) {
        (*quoted)++;
        return 1.0;
    }
    switch (*cell) {
    case HR_CELL_EMPTY: return trial->syntax.delimiter == ' ' ? 0.0 : 0.9;
    case HR_CELL_TEXT: return text_looks(data, size, trial->syntax.delimiter);
    case HR_CELL_DECIMAL: /* 1,5 may be a number or two values */ return memchr(data, ',', size) ? 0.9 : 1.0;
    default: return 1.0;
    }
}

/* Mean looks of the fields of records of the usual width; counts typed columns on the way (80 % of what is not empty).
 */
static double all_looks(const hr_trial *trial, bool hashes, hr_dialect_score *score)
{
    uint32_t typed[COLUMNS_MAX] = {0}, filled[COLUMNS_MAX] = {0};
    double sum = 0;
    size_t judged = 0, seen = 0;
    for (size_t r = 0; r < trial->count && judged < FIELDS_MAX; r++) {
        if (hr_trial_width(trial, r) != score->width || hr_trial_blank(trial, r) ||
            (!hashes && hr_trial_hash(trial, r)) || (trial->flags[r] & (HR_TRIAL_COMMENT | HR_TRIAL_UNCLOSED))) {
            continue;
        }
        seen++;
        for (uint32_t c = 0; c < score->width && judged < FIELDS_MAX; c++) {
            hr_cell cell;
            sum += field_looks(trial, trial->records[r] + c, &cell, &score->quoted);
            judged++;
            if (c < COLUMNS_MAX && cell != HR_CELL_EMPTY && cell != HR_CELL_NULL && (seen > 1 || score->fitting < 2)) {
                filled[c]++;
                typed[c] += hr_cell_typed(cell) ? 1u : 0u;
            }
        }
    }
    for (uint32_t c = 0; c < score->width && c < COLUMNS_MAX; c++) {
        score->typed += filled[c] && typed[c] * 5 >= filled[c] * 4 ? 1u : 0u;
    }
    return judged ? sum / (double)judged : 0;
}

/* Records that begin with '#' are left out, as possible comments, unless they are all there is or most of them fit the
 * others. */
static bool hashes_fit(const hr_trial *trial, const hr_dialect_score *others)
{
    size_t all = 0, fit = 0;
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_hash(trial, r)) {
            all++;
            fit += hr_trial_width(trial, r) == others->width;
        }
    }
    return all > 0 && (!others->records || fit * 2 > all);
}

void hr_dialect_rate(const hr_trial *trial, hr_dialect_score *out)
{
    size_t full = 0, stray = 0;
    memset(out, 0, sizeof *out);
    for (size_t r = 0; r < trial->count; r++) {
        if (!hr_trial_blank(trial, r) && !(trial->flags[r] & HR_TRIAL_COMMENT)) {
            full++;
            stray += (trial->flags[r] & HR_TRIAL_STRAY_QUOTE) ? 1u : 0u;
        }
    }
    bool hashes = false;
    find_width(trial, hashes, out);
    if (hashes_fit(trial, out)) {
        hashes = true;
        memset(out, 0, sizeof *out);
        find_width(trial, hashes, out);
    }
    if (!out->records || !out->fitting) {
        return;
    }
    double looks = all_looks(trial, hashes, out);
    double share = (double)out->fitting / (double)out->records;
    double damage = (double)out->damaged / (double)out->records;
    double width = 1.0 - 0.5 / (double)out->width;
    out->value = share * looks * width * (1.0 - 0.8 * damage) * (1.0 - 0.4 * (double)stray / (double)full);
    out->value *= out->top ? 1.0 : 0.75;
    out->value *= out->records > 2 && out->damaged * 2 > out->records ? 0.5 : 1.0;
}
