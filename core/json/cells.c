/* cells.c: from the tokens of a window to its lines, and the cells of those that are sound. */
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

/* The place of a name without escapes, at data[begin, begin + size), below the record. */
static inline uint32_t place_of_name(const hr_json_window *w, uint32_t begin, uint32_t size)
{
    const hr_json_plan *plan = w->plan;
    if (plan->quick_count == 0 || begin + 8 > w->size)
        return hr_json_plan_member(plan, 0, w->data + begin, size, false);
    uint64_t head;
    memcpy(&head, w->data + begin, 8);
    uint32_t place = HR_JSON_NOWHERE;
    for (uint32_t i = 0; i < plan->quick_count; i++) { /* no branch asks which one it is */
        const hr_json_quick *quick = &plan->quick[i];
        bool is = (quick->size == size) & (((head ^ quick->head) & quick->mask) == 0);
        place = is ? quick->place : place;
    }
    if (size <= 8 || place == HR_JSON_NOWHERE)
        return place;
    return hr_json_plan_member(plan, 0, w->data + begin, size, false); /* others may begin alike */
}

/* The value behind a key of the record. */
static inline void take_member(const hr_json_window *w, uint32_t token, hr_span *cells, uint64_t *repeated)
{
    const uint16_t *offsets = w->index->offsets;
    uint32_t begin = offsets[token] + 1u;
    uint32_t place = place_of_name(w, begin, offsets[token + 1] - begin - 1);
    if (place == HR_JSON_NOWHERE)
        return;
    const hr_json_place *here = &w->plan->places[place];
    if (here->own != 1 || here->all != 1 || is_open(w->index->kinds[token + 2])) {
        *repeated += hr_json_plan_empty(w->plan, place, cells);
        take_value(w, place, token + 2, cells, repeated);
        return;
    }
    hr_span *cell = &cells[w->plan->order[here->first]];
    uint32_t value = offsets[token + 2];
    *repeated += cell->size > 0;
    *cell = (hr_span){w->base + value, value_end(w, token + 3) - value};
}

/* Of a sound line that begins with token `first`: its cells, all empty before. False when the exact walk must say what
 * is wrong with it. Its keys are index->key_tokens[key, key_end). */
static inline bool take_cells(const hr_json_window *w, uint32_t first, bool loose, uint32_t key, uint32_t key_end,
                              hr_span *cells, uint64_t *repeated)
{
    const hr_json_plan *plan = w->plan;
    bool object = w->index->kinds[first] == '{';
    if (!object && (plan->names_wanted || w->index->kinds[first] != '['))
        return false;
    if (object && plan->refuse_strangers && has_stranger(w, first))
        return false;
    if (loose || !object)
        take_container(w, 0, first, cells, repeated);
    else
        for (; key < key_end; key++)
            take_member(w, w->index->key_tokens[key], cells, repeated);
    return true;
}

void hr_json_walk_line(const hr_json_plan *plan, const uint8_t *text, uint32_t begin, uint32_t end, hr_json_line *line,
                       hr_span *cells, uint64_t *repeated)
{
    hr_json_line_exact(plan, text + begin, end - begin, line, cells, repeated);
    line->begin += begin;
    line->at += begin;
    for (uint32_t c = 0; c < plan->columns; c++)
        cells[c].begin += cells[c].size > 0 ? begin : 0;
}

static inline bool bit_of(const uint64_t *bits, uint32_t at)
{
    return bits[at / 64] >> (at % 64) & 1;
}

/* The value of a sound line, tokens [first, last); its line feed is the token at `last`. */
static inline void bound_value(const hr_json_window *w, uint32_t first, uint32_t last, hr_json_line *line)
{
    uint32_t begin = w->index->offsets[first], end = value_end(w, last);
    line->begin = w->base + begin;
    line->size = end - begin;
    line->at = 0;
    line->fault = HR_JSON_SOUND;
}

void hr_json_take_lines(const hr_json_window *w, uint32_t count, hr_json_line *line, hr_span *cells,
                        hr_json_lines *found)
{
    const hr_json_index *index = w->index;
    uint32_t columns = w->plan->columns, first = 0, key = 0, begin = w->base;
    uint64_t repeated = found->repeated;
    bool all_sound = found->all_sound;
    if (columns > 0)
        memset(cells, 0, (size_t)count * columns * sizeof *cells);
    for (uint32_t l = 0; l < count; l++, line++) {
        uint32_t last = index->line_ends[l], feed = w->base + index->offsets[last], key_end = key;
        line->end = feed + (index->offsets[last] < w->size);
        while (key_end < index->keys && index->key_tokens[key_end] < last)
            key_end++;
        bool sound = !bit_of(index->doubted, l);
        if (HR_LIKELY(sound && first < last)) {
            bound_value(w, first, last, line);
            if (columns > 0)
                sound = take_cells(w, first, bit_of(index->loose, l), key, key_end, cells, &repeated);
        } else if (sound) {
            *line = (hr_json_line){.begin = begin, .end = line->end};
            all_sound = false;
        }
        if (HR_UNLIKELY(!sound)) {
            hr_json_walk_line(w->plan, w->text, begin, feed, line, cells, &repeated);
            all_sound = all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        }
        first = last + 1;
        key = key_end;
        begin = line->end;
        cells = columns > 0 ? cells + columns : NULL;
    }
    found->count += count;
    found->consumed = begin;
    found->all_sound = all_sound;
    found->repeated = repeated;
}
