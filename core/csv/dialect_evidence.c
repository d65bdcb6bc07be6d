/* dialect_evidence.c: what is said about a detected dialect: evidence in sentences, confidence, newlines, names of
 * bytes. */
#include "core/csv/dialect_parts.h"

#include <stdio.h>

void hr_dialect_byte_text(int byte, char out[8])
{
    if (byte < 0) {
        snprintf(out, 8, "none");
    } else if (byte == '\t') {
        snprintf(out, 8, "\\t");
    } else if (byte < ' ' || byte > '~') {
        snprintf(out, 8, "0x%02X", (unsigned)byte & 0xFFu);
    } else {
        snprintf(out, 8, "%c", byte);
    }
}

void hr_dialect_find_newline(const hr_trial *trial, char out[8])
{
    size_t lf = 0, crlf = 0, cr = 0;
    for (size_t r = 0; r < trial->count; r++) {
        size_t end = trial->begins[trial->records[r + 1]] - 1u;
        if (end >= trial->size) {
            break;
        }
        if (trial->text[end] == '\r') {
            cr++;
        } else if (end > 0 && trial->text[end - 1] == '\r') {
            crlf++;
        } else {
            lf++;
        }
    }
    size_t kinds = (lf ? 1u : 0u) + (crlf ? 1u : 0u) + (cr ? 1u : 0u);
    snprintf(out, 8, "%s", kinds > 1 ? "mixed" : lf ? "lf" : crlf ? "crlf" : cr ? "cr" : "none");
}

static const char *visible(int byte, char out[8])
{
    hr_dialect_byte_text(byte, out);
    return out;
}

static void add(char *text, size_t room, const char *format, ...) HR_PRINTF(3, 4);
static void add(char *text, size_t room, const char *format, ...)
{
    size_t used = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + used, room - used, format, list);
    va_end(list);
}

void hr_dialect_write_evidence(const hr_dialect_detection *d, const hr_dialect_top *top, hr_dialect_guess *out)
{
    char byte[8];
    const hr_dialect_score *best = &d->best.score, *second = &d->second.score;
    char *text = out->evidence;
    size_t room = sizeof out->evidence;
    if (d->single) {
        add(text, room, "no delimiter divides the lines into columns, so there is one column and '%s' is assumed",
            visible(out->dialect.delimiter, byte));
    } else {
        add(text, room, "'%s'%s gives %u fields in %u of %u sampled records", visible(out->dialect.delimiter, byte),
            d->hints->delimiter == HR_DIALECT_AUTO ? "" : " (as given)", best->width, best->fitting, best->records);
    }
    if (!d->single && second->records) {
        add(text, room, "; '%s' gives %u in %u of %u", visible(d->second.syntax.delimiter, byte), second->width,
            second->fitting, second->records);
    }
    if (out->dialect.quote != '"' || best->quoted) {
        add(text, room, "; quote %s%s", visible(out->dialect.quote, byte), best->quoted ? " encloses fields" : "");
    }
    if (best->damaged) {
        add(text, room, "; damaged quotes in %u of them", best->damaged);
    }
    if (out->dialect.escape >= 0) {
        add(text, room, "; escape %s", visible(out->dialect.escape, byte));
    }
    if (out->dialect.comment >= 0) {
        add(text, room, "; lines that begin with %s are comments", visible(out->dialect.comment, byte));
    }
    if (out->preamble) {
        add(text, room, "; %llu line%s above the table %s not data", (unsigned long long)out->preamble,
            out->preamble == 1 ? "" : "s", out->preamble == 1 ? "is" : "are");
    }
    add(text, room, "; %s", top->why);
}

unsigned hr_dialect_confidence(const hr_dialect_detection *d, const hr_dialect_top *top)
{
    const hr_dialect_score *best = &d->best.score;
    if (!best->records) {
        return 0;
    }
    double value = d->single ? 0.4 : (double)best->fitting / (double)best->records;
    if (!d->single && d->hints->delimiter == HR_DIALECT_AUTO) {
        double rival = best->value > 0 ? d->second.score.value / best->value : 0;
        value *= 1.0 - 0.4 * rival * rival;
        value *= best->records < 3 ? 0.7 : 1.0;
    }
    value *= 1.0 - 0.5 * (double)best->damaged / (double)best->records;
    value *= 0.6 + 0.4 * (double)top->confidence / 100.0;
    return value <= 0 ? 0 : value >= 1 ? 100 : (unsigned)(value * 100.0 + 0.5);
}
