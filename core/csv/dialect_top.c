/* dialect_top.c: where the table begins: which lines above it are no data, and whether its first record names the
 * columns.
 *
 * Lines are a preamble only when all of this holds, because a row that is wrongly taken for one is lost:
 *   - they are the first lines: at most 20, and at most a tenth of the sample (half of a sample of up to 200 lines);
 *   - each is blank, or has at most one filled field, which is no number or date, or is a "Name:" note, or begins with
 *     '#' and does not fit the table;
 *   - the next record has the table's width, fills at least two fields, and looks like a header;
 *   - from there to the last record that fits, 90 % (80 % behind a blank line) and at least 3 have the table's width,
 *     which is two or more fields;
 *   - something tells the lines from a row with fields missing: one is blank, padded, begins with '#' or has three
 *     words, or the header stands above columns that have types.
 *
 * Blank lines and lines that begin with '#', alone, need less: half of the records, two of them, no header, and there
 * may be any number of them; but '#' lines that mostly have two fields or more are rows of something, and stay.
 *
 * So a change of width in the middle of data is never a preamble. In doubt there is none: what does not fit is
 * rejected, and listed. */
#include "core/csv/dialect_parts.h"

#include <stdio.h>

#define PREAMBLE_MAX 20u

typedef enum note_kind { NOTE_NOT, NOTE_BLANK, NOTE_TITLE, NOTE_WORDS, NOTE_HASH } note_kind;

static uint64_t lines_before(const hr_trial *trial, size_t record)
{
    size_t end = trial->begins[trial->records[record]];
    uint64_t lines = 0;
    for (size_t i = 0; i < end && i < trial->size; i++) {
        lines +=
            trial->text[i] == '\n' || (trial->text[i] == '\r' && !(i + 1 < trial->size && trial->text[i + 1] == '\n'));
    }
    return lines;
}

/* What a record above a table may be, if it is not a row of it. */
static note_kind classify_note(const hr_trial *trial, size_t record, uint32_t width)
{
    const uint8_t *data;
    size_t size, filled = 0, words = 0;
    uint32_t fields = hr_trial_width(trial, record);
    bool typed = false, colon = false;
    if (trial->flags[record] & HR_TRIAL_COMMENT) {
        return NOTE_HASH;
    }
    if (hr_trial_hash(trial, record) && fields != width) {
        return NOTE_HASH;
    }
    for (uint32_t c = 0; c < fields; c++) {
        hr_trial_value(trial, trial->records[record] + c, &data, &size);
        hr_cell cell = hr_cell_classify(data, size);
        if (cell == HR_CELL_EMPTY) {
            continue;
        }
        filled++;
        typed = typed || (filled == 1 && cell != HR_CELL_TEXT);
        colon = colon || (c == 0 && size > 1 && data[size - 1] == ':');
        for (size_t i = 1; i + 1 < size; i++) {
            words += data[i] == ' ' && data[i + 1] != ' ' ? 1u : 0u;
        }
    }
    if (!filled) {
        return NOTE_BLANK;
    }
    if (typed || (filled > 1 && !(colon && fields <= 2 && width > 3))) {
        return NOTE_NOT;
    }
    return words > 1 || colon || (fields == width && fields > 2) ? NOTE_WORDS : NOTE_TITLE;
}

static uint32_t filled_fields(const hr_trial *trial, size_t record)
{
    uint32_t filled = 0;
    for (size_t f = trial->records[record]; f < trial->records[record + 1]; f++) {
        const uint8_t *data;
        size_t size;
        hr_trial_value(trial, f, &data, &size);
        filled += hr_cell_classify(data, size) != HR_CELL_EMPTY;
    }
    return filled;
}

/* `percent` of the records from `first` to the last that fits, and `least` of them, have the width. Notes below a table
 * are as frequent as above it. */
static bool table_below(const hr_trial *trial, size_t first, uint32_t width, size_t percent, size_t least)
{
    size_t fit = 0, all = 0, until_fit = 0;
    for (size_t r = first; r < trial->count; r++) {
        if (!hr_trial_blank(trial, r) && !(trial->flags[r] & HR_TRIAL_COMMENT)) {
            bool fits = hr_trial_width(trial, r) == width;
            fit += fits;
            all += fits || !hr_trial_hash(trial, r);
            until_fit = fits ? all : until_fit;
        }
    }
    return fit >= least && fit * 100 >= until_fit * percent;
}

bool hr_trial_hash_rows(const hr_trial *trial, uint32_t width)
{
    size_t all = 0, divided = 0;
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_hash(trial, r) && hr_trial_width(trial, r) != width) {
            all++;
            divided += hr_trial_width(trial, r) >= 2;
        }
    }
    return divided >= 3 && divided * 2 > all;
}

/* The record where the table begins, behind a preamble as described above, or `otherwise`. */
static size_t behind_preamble(const hr_trial *trial, const hr_dialect_score *score, size_t otherwise)
{
    size_t first = 0, notes = 0;
    bool told = false, apart = false;
    char why[240];
    for (; first < trial->count; first++) {
        note_kind kind = classify_note(trial, first, score->width);
        if (kind == NOTE_NOT) {
            break;
        }
        notes += kind == NOTE_TITLE || kind == NOTE_WORDS;
        told = told || kind != NOTE_TITLE;
        apart = kind == NOTE_BLANK;
    }
    if (first == trial->count || first <= otherwise || score->width < 2 ||
        hr_trial_width(trial, first) != score->width || filled_fields(trial, first) < 2 ||
        (trial->flags[first] & HR_TRIAL_UNCLOSED)) {
        return otherwise;
    }
    if (hr_trial_hash_rows(trial, score->width)) {
        return otherwise;
    }
    if (!notes) {
        return table_below(trial, first, score->width, 50, 2) ? first : otherwise;
    }
    if (!table_below(trial, first, score->width, apart ? 80 : 90, 3)) {
        return otherwise;
    }
    uint64_t lines = lines_before(trial, first), all = lines_before(trial, trial->count);
    double evidence;
    bool header = hr_dialect_header(trial, first, &evidence, why);
    if (lines > PREAMBLE_MAX || (all > 200 ? lines * 10 > all : lines * 2 > all) || !header ||
        (!told && evidence <= 0)) {
        return otherwise;
    }
    return first;
}

void hr_dialect_find_top(const hr_trial *trial, const hr_dialect_score *score, const hr_dialect_hints *hints,
                         hr_dialect_top *out)
{
    size_t first = 0;
    memset(out, 0, sizeof *out);
    while (first < trial->count && (hr_trial_blank(trial, first) || (trial->flags[first] & HR_TRIAL_COMMENT))) {
        first++;
    }
    if (first == trial->count) {
        out->header = hints->header != 0;
        snprintf(out->why, sizeof out->why, "there are no records");
        return;
    }
    if (hints->preamble == HR_DIALECT_AUTO) {
        first = behind_preamble(trial, score, first);
        out->lines = lines_before(trial, first);
    }
    out->first = first;
    if (hints->header != HR_DIALECT_AUTO) {
        out->header = hints->header != 0;
        out->confidence = 100;
        snprintf(out->why, sizeof out->why, "%s, as given", out->header ? "a header" : "no header");
        return;
    }
    double evidence;
    out->header = hr_dialect_header(trial, first, &evidence, out->why);
    double sure = evidence < 0 ? -evidence : evidence;
    out->confidence = (unsigned)(60.0 + 40.0 * (sure > 2 ? 1.0 : sure / 2));
}
