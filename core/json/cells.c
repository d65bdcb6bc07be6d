/* cells.c: finds the wanted members of sound lines among the tokens of a window. */
#include "core/json/cells.h"

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Where the value ends that ends in front of token `next`. */
static uint32_t value_end(const hr_json_window *w, uint32_t next)
{
    uint32_t end = w->index->offsets[next];
    while (is_white(w->data[end - 1]))
        end--;
    return end;
}

static bool is_open(uint8_t kind)
{
    return kind == '{' || kind == '[';
}

/* The token behind the bracket that closes the one at `token`. */
static uint32_t behind_container(const hr_json_window *w, uint32_t token)
{
    const uint8_t *kinds = w->index->kinds;
    uint32_t depth = 0;
    do {
        uint8_t lower = kinds[token++] | 0x20; /* brackets and braces are 0x7B and 0x7D then; no other token is */
        depth += lower == '{';
        depth -= lower == '}';
    } while (depth > 0);
    return token;
}

/* What stands between the quotes of the name at `token`. */
static const uint8_t *name_of(const hr_json_window *w, uint32_t token, size_t *size)
{
    uint32_t begin = w->index->offsets[token] + 1u, end = value_end(w, token + 1);
    *size = end - begin - 1;
    return w->data + begin;
}

static uint32_t take_value(const hr_json_window *w, uint32_t place, uint32_t token, hr_span *cells, uint64_t *repeated);

/* The members or elements of the container at `token` that are wanted, or lie on the way. Returns the token behind.
 * Goes as deep as there are steps to columns, and each time at least one token on. */
static uint32_t take_container(const hr_json_window *w, uint32_t place, uint32_t token, hr_span *cells,
                               uint64_t *repeated)
{
    const hr_json_plan *plan = w->plan;
    const uint8_t *kinds = w->index->kinds;
    bool object = kinds[token++] == '{';
    uint32_t at_index = plan->places[place].at_index;
    for (uint64_t index = 0; kinds[token] != '}' && kinds[token] != ']'; index++) {
        uint32_t child = HR_JSON_NOWHERE;
        if (object) {
            size_t size;
            const uint8_t *name = name_of(w, token, &size);
            child = hr_json_plan_member(plan, place, name, size, memchr(name, '\\', size) != NULL);
            if (child != HR_JSON_NOWHERE)
                *repeated += hr_json_plan_empty(plan, child, cells);
            token += 2;
        } else if (at_index != HR_JSON_NOWHERE && plan->places[at_index].index == index) {
            child = at_index;
            at_index = plan->places[at_index].next;
        }
        if (child != HR_JSON_NOWHERE)
            token = take_value(w, child, token, cells, repeated);
        else
            token = is_open(kinds[token]) ? behind_container(w, token) : token + 1;
        token += kinds[token] == ',';
    }
    return token + 1;
}

/* The value at `token`, which has a place. Returns the token behind it. */
static uint32_t take_value(const hr_json_window *w, uint32_t place, uint32_t token, hr_span *cells, uint64_t *repeated)
{
    const hr_json_place *here = &w->plan->places[place];
    uint32_t begin = w->index->offsets[token], end, next;
    if (is_open(w->index->kinds[token])) {
        next = here->all > here->own ? take_container(w, place, token, cells, repeated) : behind_container(w, token);
        end = w->index->offsets[next - 1] + 1u;
    } else {
        next = token + 1;
        end = value_end(w, next);
    }
    hr_json_plan_found(w->plan, place, cells, w->base + begin, end - begin);
    return next;
}

/* Whether some member of the record at `token` has no place. */
static bool has_stranger(const hr_json_window *w, uint32_t token)
{
    const uint8_t *kinds = w->index->kinds;
    token++;
    while (kinds[token] != '}') {
        size_t size;
        const uint8_t *name = name_of(w, token, &size);
        if (hr_json_plan_member(w->plan, 0, name, size, memchr(name, '\\', size) != NULL) == HR_JSON_NOWHERE)
            return true;
        token += 2;
        token = is_open(kinds[token]) ? behind_container(w, token) : token + 1;
        token += kinds[token] == ',';
    }
    return false;
}

bool hr_json_line_cells(const hr_json_window *w, uint32_t first, uint32_t last, bool loose, uint32_t key,
                        uint32_t key_end, hr_span *cells, uint64_t *repeated)
{
    const hr_json_plan *plan = w->plan;
    const uint16_t *offsets = w->index->offsets;
    bool object = w->index->kinds[first] == '{';
    (void)last;
    if (!object && (plan->names_wanted || w->index->kinds[first] != '['))
        return false;
    if (object && plan->refuse_strangers && has_stranger(w, first))
        return false;
    if (loose || !object) {
        take_container(w, 0, first, cells, repeated);
        return true;
    }
    for (; key < key_end; key++) {
        uint32_t token = w->index->key_tokens[key], begin = offsets[token] + 1u;
        uint32_t place = hr_json_plan_member(plan, 0, w->data + begin, offsets[token + 1] - begin - 1, false);
        if (place == HR_JSON_NOWHERE)
            continue;
        *repeated += hr_json_plan_empty(plan, place, cells);
        take_value(w, place, token + 2, cells, repeated);
    }
    return true;
}
