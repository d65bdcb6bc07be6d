/* exact.c: the oracle of JSON lines: one line, byte by byte, in plain C. What it says is the language. */
#include "core/json/plan.h"

const char *hr_json_fault_text(hr_json_fault fault)
{
    switch (fault) {
    case HR_JSON_SOUND: return "nothing is wrong";
    case HR_JSON_SYNTAX: return "not JSON";
    case HR_JSON_UTF8: return "bytes that are not UTF-8";
    case HR_JSON_CONTROL: return "a control character in a string";
    case HR_JSON_ESCAPE: return "an escape that JSON does not have, or half a surrogate pair";
    case HR_JSON_UNCLOSED: return "a string, object or array that does not end on its line";
    case HR_JSON_TRAILING: return "something behind the end of the value";
    case HR_JSON_TOO_DEEP: return "objects and arrays within each other beyond the depth limit";
    case HR_JSON_NO_OBJECT: return "no object that could have the columns";
    case HR_JSON_STRANGER: return "a member that is not among the columns";
    }
    return "unknown";
}

/* An object or array that lies on the way to a column, or is one. */
typedef struct step {
    uint32_t place, begin;
    uint32_t next_index; /* in an array: the place with the next index that is wanted */
    uint64_t index;      /* in an array: of the element that comes */
} step;

typedef struct walker {
    const hr_json_plan *plan;
    const uint8_t *data;
    uint32_t at, end;
    hr_span *cells;
    uint64_t repeated;
    uint32_t depth;
    uint32_t followed; /* steps in use; equal to depth while we are inside wanted places */
    uint32_t child;    /* the place of the value that comes */
    uint32_t stranger; /* offset of the first one, or HR_JSON_NOWHERE */
    hr_json_fault fault;
    uint32_t fault_at;
    step steps[HR_JSON_STEPS_MAX + 1];
    uint64_t objects[HR_JSON_DEPTH_MAX / 64]; /* bit d: what opened depth d + 1 is an object */
} walker;

static bool fail_at(walker *w, hr_json_fault fault, uint32_t at)
{
    w->fault = fault;
    w->fault_at = at;
    return false;
}

/* The line ends, or goes on with what cannot stand here. */
static bool fail_here(walker *w)
{
    return fail_at(w, w->at == w->end && w->depth > 0 ? HR_JSON_UNCLOSED : HR_JSON_SYNTAX, w->at);
}

static void skip_white(walker *w)
{
    while (w->at < w->end && (w->data[w->at] == ' ' || w->data[w->at] == '\t' || w->data[w->at] == '\r'))
        w->at++;
}

static bool in_object(const walker *w)
{
    return w->objects[(w->depth - 1) / 64] >> ((w->depth - 1) % 64) & 1;
}

/* ---- scalars -------------------------------------------------------------------------------------------------- */

/* Four hexadecimal digits at `from`: 1, with their value; 0 when they are none, -1 when the line ends among them. */
static int hex_four(const walker *w, uint32_t from, uint32_t *out)
{
    uint32_t value = 0;
    for (uint32_t i = from; i < from + 4; i++) {
        if (i >= w->end)
            return -1;
        uint8_t c = w->data[i], letter = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value << 4 | (uint32_t)(letter - 'a' + 10);
        else
            return 0;
    }
    *out = value;
    return 1;
}

/* The length of the escape at w->at, 0 when it is none, -1 when the line ends within it. */
static int escape_length(const walker *w)
{
    uint32_t left = w->end - w->at, high, low;
    const uint8_t *p = w->data + w->at;
    if (left < 2)
        return -1;
    if (p[1] != 'u')
        return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
    int is = hex_four(w, w->at + 2, &high);
    if (is != 1 || high < 0xD800 || high > 0xDFFF)
        return is == 1 ? 6 : is;
    if (high >= 0xDC00)
        return 0;
    if (left < 8)
        return left == 6 || (left == 7 && p[6] == '\\') ? -1 : 0;
    if (p[6] != '\\' || p[7] != 'u')
        return 0;
    is = hex_four(w, w->at + 8, &low);
    if (is != 1)
        return is;
    return low >= 0xDC00 && low <= 0xDFFF ? 12 : 0;
}

/* From the opening quote to behind the closing one. */
static bool string(walker *w, bool *escaped)
{
    uint32_t begin = w->at++;
    *escaped = false;
    while (w->at < w->end) {
        uint8_t c = w->data[w->at];
        if (c == '"') {
            w->at++;
            return true;
        }
        if (c < 0x20)
            return fail_at(w, HR_JSON_CONTROL, w->at);
        if (c == '\\') {
            int length = escape_length(w);
            if (length <= 0)
                return length < 0 ? fail_at(w, HR_JSON_UNCLOSED, begin) : fail_at(w, HR_JSON_ESCAPE, w->at);
            *escaped = true;
            w->at += (uint32_t)length;
        } else {
            w->at++;
        }
    }
    return fail_at(w, HR_JSON_UNCLOSED, begin);
}

static bool is_digit(const walker *w)
{
    return w->at < w->end && w->data[w->at] >= '0' && w->data[w->at] <= '9';
}

static bool digits(walker *w)
{
    if (!is_digit(w))
        return fail_here(w);
    while (is_digit(w))
        w->at++;
    return true;
}

static bool number(walker *w)
{
    w->at += w->data[w->at] == '-';
    if (w->at < w->end && w->data[w->at] == '0')
        w->at++;
    else if (!digits(w))
        return false;
    if (w->at < w->end && w->data[w->at] == '.') {
        w->at++;
        if (!digits(w))
            return false;
    }
    if (w->at < w->end && (w->data[w->at] | 0x20) == 'e') {
        w->at++;
        if (w->at < w->end && (w->data[w->at] == '+' || w->data[w->at] == '-'))
            w->at++;
        return digits(w);
    }
    return true;
}

static bool literal(walker *w, const char *text)
{
    for (; *text != '\0'; text++, w->at++)
        if (w->at == w->end || w->data[w->at] != (uint8_t)*text)
            return fail_here(w);
    return true;
}

static bool scalar(walker *w)
{
    bool escaped;
    switch (w->data[w->at]) {
    case '"': return string(w, &escaped);
    case 't': return literal(w, "true");
    case 'f': return literal(w, "false");
    case 'n': return literal(w, "null");
    case '-': return number(w);
    default: return is_digit(w) ? number(w) : fail_here(w);
    }
}

/* ---- objects and arrays --------------------------------------------------------------------------------------- */

/* The step that we are in, or NULL outside of all wanted places. */
static step *current_step(walker *w)
{
    return w->followed == w->depth && w->depth > 0 ? &w->steps[w->depth - 1] : NULL;
}

/* What stands below `here` comes: finds its place. */
static void element(walker *w)
{
    step *here = current_step(w);
    w->child = HR_JSON_NOWHERE;
    if (!here)
        return;
    if (here->next_index != HR_JSON_NOWHERE && w->plan->places[here->next_index].index == here->index) {
        w->child = here->next_index;
        here->next_index = w->plan->places[w->child].next;
    }
    here->index++;
}

/* The name of a member and its colon; w->at is where it should begin. */
static bool key(walker *w)
{
    if (w->at == w->end || w->data[w->at] != '"')
        return fail_here(w);
    uint32_t begin = w->at;
    bool escaped;
    if (!string(w, &escaped))
        return false;
    uint32_t size = w->at - begin - 2;
    skip_white(w);
    if (w->at == w->end || w->data[w->at] != ':')
        return fail_here(w);
    w->at++;
    const step *here = current_step(w);
    w->child = HR_JSON_NOWHERE;
    if (!here)
        return true;
    w->child = hr_json_plan_member(w->plan, here->place, w->data + begin + 1, size, escaped);
    if (w->child != HR_JSON_NOWHERE)
        w->repeated += hr_json_plan_empty(w->plan, w->child, w->cells);
    else if (here->place == 0 && w->stranger == HR_JSON_NOWHERE)
        w->stranger = begin;
    return true;
}

static bool open_container(walker *w, bool object)
{
    if (w->depth == w->plan->depth_limit)
        return fail_at(w, HR_JSON_TOO_DEEP, w->at);
    if (w->child != HR_JSON_NOWHERE) { /* only while followed == depth */
        uint32_t at_index = object ? HR_JSON_NOWHERE : w->plan->places[w->child].at_index;
        w->steps[w->followed++] = (step){.place = w->child, .begin = w->at, .next_index = at_index};
    }
    uint64_t bit = UINT64_C(1) << (w->depth % 64), *word = &w->objects[w->depth / 64];
    if (w->depth % 64 == 0)
        *word = 0;
    *word = object ? *word | bit : *word & ~bit;
    w->depth++;
    w->at++;
    return true;
}

static void close_container(walker *w)
{
    w->at++;
    const step *here = current_step(w);
    w->depth--;
    if (here) {
        w->followed--;
        hr_json_plan_found(w->plan, here->place, w->cells, here->begin, w->at - here->begin);
    }
}

/* A value is due. Takes it, or the opening of it: *whole says which. */
static bool value(walker *w, bool *whole)
{
    uint32_t begin = w->at;
    uint8_t c = w->at < w->end ? w->data[w->at] : 0;
    *whole = c != '{' && c != '[';
    if (*whole) {
        if (w->at == w->end || !scalar(w))
            return w->at == w->end && w->fault == HR_JSON_SOUND ? fail_here(w) : false;
        if (w->child != HR_JSON_NOWHERE)
            hr_json_plan_found(w->plan, w->child, w->cells, begin, w->at - begin);
        return true;
    }
    if (!open_container(w, c == '{'))
        return false;
    skip_white(w);
    if (w->at < w->end && w->data[w->at] == (c == '{' ? '}' : ']')) {
        close_container(w);
        *whole = true;
        return true;
    }
    if (c == '{')
        return key(w);
    element(w);
    return true;
}

/* Behind a value: closes what ends here. *more: a comma came, and what follows it is due. */
static bool behind(walker *w, bool *more)
{
    *more = false;
    while (w->depth > 0 && !*more) {
        skip_white(w);
        uint8_t c = w->at < w->end ? w->data[w->at] : 0;
        if (c == ',') {
            w->at++;
            *more = true;
        } else if (w->at < w->end && c == (in_object(w) ? '}' : ']')) {
            close_container(w);
        } else {
            return fail_here(w);
        }
    }
    if (!*more)
        return true;
    if (in_object(w)) {
        skip_white(w);
        return key(w);
    }
    element(w);
    return true;
}

static bool document(walker *w)
{
    bool whole, more = true;
    while (more) {
        skip_white(w);
        if (!value(w, &whole))
            return false;
        if (whole && !behind(w, &more))
            return false;
    }
    skip_white(w);
    return w->at == w->end || fail_at(w, HR_JSON_TRAILING, w->at);
}

/* What columns ask for beyond the language. */
static void judge_record(walker *w, uint32_t begin)
{
    uint8_t first = w->data[begin];
    if (w->plan->columns == 0)
        return;
    if (first != '{' && (first != '[' || w->plan->names_wanted))
        fail_at(w, HR_JSON_NO_OBJECT, begin);
    else if (w->plan->refuse_strangers && w->stranger != HR_JSON_NOWHERE)
        fail_at(w, HR_JSON_STRANGER, w->stranger);
}

void hr_json_line_exact(const hr_json_plan *plan, const uint8_t *data, size_t size, hr_json_line *line, hr_span *cells,
                        uint64_t *repeated)
{
    walker w; /* not cleared as a whole: it is large, and the line may be short */
    w.plan = plan;
    w.data = data;
    w.at = 0;
    w.end = (uint32_t)size;
    w.cells = cells;
    w.repeated = 0;
    w.depth = w.followed = 0;
    w.child = plan->columns > 0 ? 0 : HR_JSON_NOWHERE;
    w.stranger = HR_JSON_NOWHERE;
    w.fault = HR_JSON_SOUND;
    w.fault_at = 0;
    if (plan->columns > 0)
        memset(cells, 0, plan->columns * sizeof *cells);
    skip_white(&w);
    line->begin = w.at == w.end ? 0 : w.at;
    while (w.end > w.at && (data[w.end - 1] == ' ' || data[w.end - 1] == '\t' || data[w.end - 1] == '\r'))
        w.end--;
    line->size = w.end - w.at;
    line->at = 0;
    line->fault = HR_JSON_SOUND;
    if (line->size == 0)
        return;
    uint32_t begin = w.at;
    size_t sound = hr_kernels_get("scalar")->utf8_valid(data, size);
    if (sound < size)
        fail_at(&w, HR_JSON_UTF8, (uint32_t)sound);
    else if (document(&w))
        judge_record(&w, begin);
    line->fault = w.fault;
    line->at = w.fault_at;
    if (w.fault == HR_JSON_SOUND)
        *repeated += w.repeated;
}
