/* cells.c: from the tokens of a window to its lines, and the cells of those that are sound. */
#include "core/json/cells.h"

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Where the value ends that has only white space between itself and `next`. */
static inline uint32_t end_before(const uint8_t *data, uint32_t next)
{
    while (is_white(data[next - 1]))
        next--;
    return next;
}

/* Where the value ends that ends in front of token `next`. */
static uint32_t value_end(const hr_json_window *w, uint32_t next)
{
    return end_before(w->data, w->index->offsets[next]);
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

/* What is needed for each line, where no write to a cell can reach it. */
typedef struct line_look {
    const uint8_t *data, *kinds;
    const uint16_t *offsets, *keys;
    uint32_t base, key_count, quick_count;
    hr_json_quick quick[HR_COUNT(((hr_json_plan *)NULL)->quick)];
} line_look;

static inline line_look look_at(const hr_json_window *w)
{
    const hr_json_index *index = w->index;
    line_look look = {.data = w->data,
                      .kinds = index->kinds,
                      .offsets = index->offsets,
                      .keys = index->key_tokens,
                      .base = w->base,
                      .key_count = index->keys,
                      .quick_count = w->plan->quick_count};
    memcpy(look.quick, w->plan->quick, sizeof look.quick);
    return look;
}

/* A value that is one token, at offsets[0]. */
static inline void take_scalar(const uint8_t *data, uint32_t base, const uint16_t *offsets, hr_span *cell,
                               uint64_t *repeated)
{
    *repeated += cell->size > 0;
    *cell = (hr_span){base + offsets[0], end_before(data, offsets[1]) - offsets[0]};
}

/* The value behind a key of the record. */
static void take_any_member(const hr_json_window *w, uint32_t token, hr_span *cells, uint64_t *repeated)
{
    const uint16_t *offsets = w->index->offsets + token;
    uint32_t begin = offsets[0] + 1u;
    uint32_t place = hr_json_plan_member(w->plan, 0, w->data + begin, offsets[1] - begin - 1, false);
    if (place == HR_JSON_NOWHERE)
        return;
    const hr_json_place *here = &w->plan->places[place];
    if (here->own == 1 && here->all == 1 && !is_open(w->index->kinds[token + 2])) {
        take_scalar(w->data, w->base, offsets + 2, &cells[w->plan->order[here->first]], repeated);
        return;
    }
    *repeated += hr_json_plan_empty(w->plan, place, cells);
    take_value(w, place, token + 2, cells, repeated);
}

#define UNWANTED (HR_JSON_NOWHERE - 1) /* no column */

/* The same, where it can be quick. */
static inline void take_member(const hr_json_window *w, const line_look *look, uint32_t token, hr_span *cells,
                               uint64_t *repeated)
{
    const uint16_t *offsets = look->offsets + token;
    uint32_t begin = offsets[0] + 1u, size = offsets[1] - begin - 1, column = UNWANTED;
    if (HR_UNLIKELY(look->quick_count == 0 || begin + 8 > w->size)) {
        take_any_member(w, token, cells, repeated);
        return;
    }
    uint64_t head;
    memcpy(&head, look->data + begin, 8);
    for (uint32_t i = 0; i < look->quick_count; i++) { /* no branch asks which one it is */
        const hr_json_quick *quick = &look->quick[i];
        bool is = (quick->size == size) & (((head ^ quick->head) & quick->mask) == 0);
        column = is ? quick->column : column;
    }
    if (column == UNWANTED)
        return;
    if (column == HR_JSON_NOWHERE || size > 8 || is_open(look->kinds[token + 2])) { /* others may begin alike */
        take_any_member(w, token, cells, repeated);
        return;
    }
    take_scalar(look->data, look->base, offsets + 2, &cells[column], repeated);
}

/* Of a sound line that begins with token `first`: its cells, all empty before. False when the exact walk must say what
 * is wrong with it. Its keys begin with *key of the index; *key is moved on to those of the next line. */
static inline bool take_cells(const hr_json_window *w, const line_look *look, uint32_t first, uint32_t last, bool loose,
                              uint32_t *key, hr_span *cells, uint64_t *repeated)
{
    const hr_json_plan *plan = w->plan;
    bool object = look->kinds[first] == '{';
    if (!object && (plan->names_wanted || look->kinds[first] != '['))
        return false;
    if (object && plan->refuse_strangers && has_stranger(w, first))
        return false;
    if (loose || !object)
        take_container(w, 0, first, cells, repeated);
    else
        for (; *key < look->key_count && look->keys[*key] < last; ++*key)
            take_member(w, look, look->keys[*key], cells, repeated);
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
static inline void bound_value(const line_look *look, uint32_t first, uint32_t last, hr_json_line *line)
{
    uint32_t begin = look->offsets[first], end = end_before(look->data, look->offsets[last]);
    line->begin = look->base + begin;
    line->size = end - begin;
    line->at = 0;
    line->fault = HR_JSON_SOUND;
}

void hr_json_take_lines(const hr_json_window *w, uint32_t count, hr_json_line *line, hr_span *cells,
                        hr_json_lines *found)
{
    const hr_json_index *index = w->index;
    const line_look look = look_at(w);
    uint32_t columns = w->plan->columns, size = w->size, first = 0, key = 0, begin = w->base;
    uint64_t repeated = found->repeated;
    bool all_sound = found->all_sound;
    if (columns > 0)
        memset(cells, 0, (size_t)count * columns * sizeof *cells);
    for (uint32_t l = 0; l < count; l++, line++) {
        uint32_t last = index->line_ends[l], feed = look.offsets[last];
        line->end = look.base + feed + (feed < size);
        bool sound = !bit_of(index->doubted, l);
        if (HR_LIKELY(sound && first < last)) {
            bound_value(&look, first, last, line);
            if (columns > 0)
                sound = take_cells(w, &look, first, last, bit_of(index->loose, l), &key, cells, &repeated);
        } else if (sound) {
            *line = (hr_json_line){.begin = begin, .end = line->end};
            all_sound = false;
        }
        if (HR_UNLIKELY(!sound)) {
            hr_json_walk_line(w->plan, w->text, begin, look.base + feed, line, cells, &repeated);
            all_sound = all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        }
        while (key < look.key_count && look.keys[key] < last) /* those that were not looked at */
            key++;
        first = last + 1;
        begin = line->end;
        cells = columns > 0 ? cells + columns : NULL;
    }
    found->count += count;
    found->consumed = begin;
    found->all_sound = all_sound;
    found->repeated = repeated;
}
