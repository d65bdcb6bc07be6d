/* detect.c: whether a text is NDJSON rather than CSV, or a JSON document, which is neither. */
#include <stdio.h>

#include "core/json/rows.h"

#define LINES_MOST 64u
/* No line of CSV that has a delimiter in it is a JSON object by accident, so one in two may be damaged where there are
 * objects, but only one in four where there are arrays: "[1]" may be a field. */
#define OBJECT_SHARE 2u
#define ARRAY_SHARE 4u

typedef struct tally {
    size_t lines, objects, arrays;
    size_t begun; /* lines that are objects, or begin as one does */
} tally;

static size_t skip_space(const uint8_t *text, size_t size, size_t at)
{
    while (at < size && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
        at++;
    return at;
}

/* Of a line that is damaged, or longer than the sample: it begins as an object with a member does. */
static bool begins_object(const uint8_t *text, size_t size, size_t at)
{
    if (at == size || text[at] != '{')
        return false;
    at = skip_space(text, size, at + 1);
    if (at == size || text[at++] != '"')
        return false;
    while (at < size && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    at = at < size ? skip_space(text, size, at + 1) : size;
    return at < size && text[at] == ':';
}

static void look_at(const hr_json_plan *plan, const uint8_t *text, size_t size, tally *seen)
{
    hr_json_line line = {0};
    uint64_t repeated = 0;
    hr_json_line_exact(plan, text, size, &line, NULL, &repeated);
    if (line.fault == HR_JSON_SOUND && line.size == 0)
        return;
    bool json = line.fault == HR_JSON_SOUND || line.fault == HR_JSON_TOO_DEEP;
    size_t begin = skip_space(text, size, 0);
    seen->lines++;
    seen->objects += json && text[begin] == '{';
    seen->arrays += json && text[begin] == '[';
    /* What stands behind an object may be the other columns of CSV. */
    seen->begun += (json && text[begin] == '{') || (line.fault != HR_JSON_TRAILING && begins_object(text, size, begin));
}

static void say_why(const tally *seen, char why[HR_LANGUAGE_WHY])
{
    size_t json = seen->objects + seen->arrays;
    const char *what = !seen->arrays ? "JSON objects" : !seen->objects ? "JSON arrays" : "JSON objects and arrays";
    if (seen->objects == 0 && seen->arrays == 0)
        snprintf(why, HR_LANGUAGE_WHY, "all lines begin as JSON objects");
    else if (seen->lines == 1)
        snprintf(why, HR_LANGUAGE_WHY, "the first line is a JSON %s", seen->objects ? "object" : "array");
    else if (json == seen->lines)
        snprintf(why, HR_LANGUAGE_WHY, "the first %zu lines are %s", seen->lines, what);
    else
        snprintf(why, HR_LANGUAGE_WHY, "%zu of the first %zu lines are %s", json, seen->lines, what);
}

/* ---- documents ------------------------------------------------------------------------------------------------- */

/* A copy in which newlines between values are blanks, so that a document over many lines reads as one line. *comma is
 * where the last comma between values stands, SIZE_MAX when there is none. */
static uint8_t *unfold(const uint8_t *text, size_t size, size_t *comma)
{
    uint8_t *out = hr_malloc(size + 1);
    bool quoted = false;
    *comma = SIZE_MAX;
    for (size_t i = 0; out && i < size; i++) {
        out[i] = !quoted && text[i] == '\n' ? ' ' : text[i];
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted && text[i] == '\\' && i + 1 < size)
            out[i + 1] = text[i + 1], i++;
        else if (!quoted && text[i] == ',')
            *comma = i;
    }
    return out;
}

/* It is the beginning of an object or array that does not end on its first line. What the sample has cut in two is left
 * out: it is read up to its last comma. */
static hr_status is_document(const hr_json_plan *plan, const uint8_t *text, size_t size, bool whole, bool *is,
                             hr_error *err)
{
    size_t comma;
    *is = false;
    uint8_t *copy = unfold(text, size, &comma);
    if (!copy)
        return hr_fail_memory(err, "detecting the format of an input");
    size_t end = whole ? size : comma == SIZE_MAX ? 0 : comma;
    hr_json_line value = {0};
    uint64_t repeated = 0;
    hr_json_line_exact(plan, copy, end, &value, NULL, &repeated);
    const uint8_t *lf = memchr(text, '\n', size);
    size_t first = lf ? (size_t)(lf - text) : size, behind = value.at; /* the end of the first line, and of the value */
    while (value.fault == HR_JSON_TRAILING && behind > 0 && skip_space(copy, behind, behind - 1) == behind)
        behind--;
    if (value.fault == HR_JSON_SOUND)
        *is = value.size > 0 && first < value.begin + value.size;
    else if (value.fault == HR_JSON_UNCLOSED || value.fault == HR_JSON_TOO_DEEP)
        *is = !whole || first < size;
    else if (value.fault == HR_JSON_TRAILING) /* another document follows */
        *is = first < behind && (copy[value.at] == '{' || copy[value.at] == '[');
    hr_free(copy);
    return HR_OK;
}

static hr_status refuse_document(bool array, hr_error *err)
{
    return hr_fail(err, HR_E_UNSUPPORTED,
                   "this is a JSON document that does not end on its first line, or not within the sample: neither "
                   "NDJSON, which has one value a line, nor CSV; jq -c '%s' makes lines of it; option format, csv or "
                   "ndjson, has it read as such all the same",
                   array ? ".[]" : ".");
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static void look_at_lines(const hr_json_plan *plan, const uint8_t *text, size_t size, bool whole, tally *seen)
{
    for (size_t at = 0; at < size && seen->lines < LINES_MOST;) {
        const uint8_t *lf = memchr(text + at, '\n', size - at);
        size_t end = lf ? (size_t)(lf - text) : size;
        if (lf || whole)
            look_at(plan, text + at, end - at, seen);
        at = end + 1;
    }
}

/* Damage may have taken more than half of the objects, but their beginnings are there. */
static bool looks_damaged(const tally *seen)
{
    return seen->begun > 0 && seen->begun * OBJECT_SHARE >= seen->lines &&
           (seen->objects > 0 || seen->begun == seen->lines);
}

static hr_status judge(const hr_json_plan *plan, const uint8_t *text, size_t size, bool whole, bool *is,
                       char why[HR_LANGUAGE_WHY], hr_error *err)
{
    tally seen = {0};
    bool document = false;
    look_at_lines(plan, text, size, whole, &seen);
    size_t json = seen.objects + seen.arrays;
    size_t share = seen.arrays > seen.objects ? ARRAY_SHARE : OBJECT_SHARE;
    *is = json > 0 && (seen.lines - json) * share <= seen.lines;
    if (*is) {
        say_why(&seen, why);
        return HR_OK;
    }
    if (seen.lines == 0 && begins_object(text, size, 0)) {
        *is = true;
        snprintf(why, HR_LANGUAGE_WHY, "the first line begins as a JSON object and is longer than the sample");
        return HR_OK;
    }
    hr_status status = is_document(plan, text, size, whole, &document, err);
    if (status == HR_OK && document)
        return refuse_document(*text == '[', err);
    *is = looks_damaged(&seen);
    if (*is)
        say_why(&seen, why);
    return status;
}

/* A text whose first line begins as no object or array is none: what CSV has there is a name or a quote. */
hr_status hr_json_detect(const uint8_t *text, size_t size, bool whole, bool *is, char why[HR_LANGUAGE_WHY],
                         hr_error *err)
{
    size_t first = skip_space(text, size, 0);
    *is = false;
    if (first == size || (text[first] != '{' && text[first] != '['))
        return HR_OK;
    hr_json_plan_options options = {.depth_limit = 0};
    hr_json_plan *plan;
    hr_status status = hr_json_plan_new(&options, &plan, err);
    if (status == HR_OK) {
        status = judge(plan, text + first, size - first, whole, is, why, err);
        hr_json_plan_free(plan);
    }
    return status;
}
