/* detect.c: whether a text is NDJSON rather than CSV. */
#include <stdio.h>

#include "core/json/rows.h"

#define LINES_MOST 64u
/* No line of CSV that has a delimiter in it is a JSON object by accident, so one in two may be damaged where there are
 * objects, but only one in four where there are arrays: "[1]" may be a field. */
#define OBJECT_SHARE 2u
#define ARRAY_SHARE 4u

typedef struct tally {
    size_t lines, objects, arrays;
} tally;

static size_t skip_space(const uint8_t *text, size_t size, size_t at)
{
    while (at < size && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
        at++;
    return at;
}

/* Of a first line that is longer than the sample: it begins as an object with a member does. */
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
}

static void say_why(const tally *seen, char why[HR_LANGUAGE_WHY])
{
    size_t json = seen->objects + seen->arrays;
    const char *what = !seen->arrays ? "JSON objects" : !seen->objects ? "JSON arrays" : "JSON objects and arrays";
    if (seen->lines == 1)
        snprintf(why, HR_LANGUAGE_WHY, "the first line is a JSON %s", seen->objects ? "object" : "array");
    else if (json == seen->lines)
        snprintf(why, HR_LANGUAGE_WHY, "the first %zu lines are %s", seen->lines, what);
    else
        snprintf(why, HR_LANGUAGE_WHY, "%zu of the first %zu lines are %s", json, seen->lines, what);
}

/* A text whose first line begins as no object or array is none: what CSV has there is a name or a quote. */
hr_status hr_json_detect(const uint8_t *text, size_t size, bool whole, bool *is, char why[HR_LANGUAGE_WHY],
                         hr_error *err)
{
    size_t first = skip_space(text, size, 0);
    tally seen = {0};
    *is = false;
    if (first == size || (text[first] != '{' && text[first] != '['))
        return HR_OK;
    hr_json_plan_options options = {.depth_limit = 0};
    hr_json_plan *plan;
    hr_status status = hr_json_plan_new(&options, &plan, err);
    if (status != HR_OK)
        return status;
    for (size_t at = first; at < size && seen.lines < LINES_MOST;) {
        const uint8_t *lf = memchr(text + at, '\n', size - at);
        size_t end = lf ? (size_t)(lf - text) : size;
        if (lf || whole)
            look_at(plan, text + at, end - at, &seen);
        at = end + 1;
    }
    hr_json_plan_free(plan);
    size_t json = seen.objects + seen.arrays;
    size_t share = seen.arrays > seen.objects ? ARRAY_SHARE : OBJECT_SHARE;
    *is = json > 0 && (seen.lines - json) * share <= seen.lines;
    if (*is) {
        say_why(&seen, why);
    } else if (seen.lines == 0 && begins_object(text, size, first)) {
        *is = true;
        snprintf(why, HR_LANGUAGE_WHY, "the first line begins as a JSON object and is longer than the sample");
    }
    return HR_OK;
}
