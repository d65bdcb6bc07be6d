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

/* A line whose wanted values are being taken. */
typedef struct line_walk {
    const hr_json_window *w;
    hr_span *cells;
    uint64_t repeated;
    bool plain; /* its names have no escapes, nor white space behind them */
} line_walk;

static uint32_t take_value(line_walk *walk, uint32_t place, uint32_t token);

/* A value that is one token, at offsets[0], of a place that one column names. */
static inline void take_scalar(line_walk *walk, uint32_t place, const uint16_t *offsets)
{
    const hr_json_plan *plan = walk->w->plan;
    hr_span *cell = &walk->cells[plan->order[plan->places[place].first]];
    walk->repeated += cell->size > 0;
    *cell = (hr_span){walk->w->base + offsets[0], end_before(walk->w->data, offsets[1]) - offsets[0]};
}

/* Of a name that is as long as the quick one, and begins alike. */
static inline bool ends_alike(const hr_json_plan *plan, const hr_json_quick *quick, const uint8_t *name)
{
    uint32_t size = quick->size;
    uint64_t tail;
    if (size <= 8)
        return true;
    memcpy(&tail, name + size - 8, 8);
    return tail == quick->tail && (size <= 16 || memcmp(name, plan->places[quick->place].name, size) == 0);
}

/* The place of a plain name below `parent`: by a glance where that has few children. */
static inline uint32_t plain_member(const hr_json_window *w, const hr_json_place *parent, uint32_t begin, uint32_t size)
{
    const hr_json_plan *plan = w->plan;
    const uint8_t *name = w->data + begin;
    uint64_t head;
    if (HR_UNLIKELY(parent->quick_count == 0 || begin + sizeof head > w->size))
        return hr_json_plan_member(plan, (uint32_t)(parent - plan->places), name, size, false);
    memcpy(&head, name, sizeof head);
    for (uint32_t i = 0; i < parent->quick_count; i++) {
        const hr_json_quick *quick = &plan->quick[parent->quick + i];
        if (quick->size == size && ((head ^ quick->head) & quick->mask) == 0 && ends_alike(plan, quick, name))
            return quick->place;
    }
    return HR_JSON_NOWHERE;
}

/* The value at `token`, of a member that has a place; it may have come before. Returns the token behind it. */
static inline uint32_t take_member(line_walk *walk, uint32_t place, uint32_t token)
{
    const hr_json_place *here = &walk->w->plan->places[place];
    if (here->own == 1 && here->all == 1 && !is_open(walk->w->index->kinds[token])) {
        take_scalar(walk, place, walk->w->index->offsets + token);
        return token + 1;
    }
    walk->repeated += hr_json_plan_empty(walk->w->plan, place, walk->cells);
    return take_value(walk, place, token);
}

/* The wanted members of the object at `token` of a plain line. Returns the token behind. Goes as deep as there are
 * steps to columns, and each time at least one token on. */
static uint32_t take_plain_object(line_walk *walk, uint32_t place, uint32_t token)
{
    const hr_json_window *w = walk->w;
    const uint8_t *kinds = w->index->kinds;
    const uint16_t *offsets = w->index->offsets;
    const hr_json_place *parent = &w->plan->places[place];
    while (kinds[++token] != '}') { /* a name, a colon, a value */
        uint32_t begin = offsets[token] + 1u;
        uint32_t child = plain_member(w, parent, begin, offsets[token + 1] - begin - 1);
        token += 2;
        if (HR_UNLIKELY(child != HR_JSON_NOWHERE))
            token = take_member(walk, child, token);
        else
            token = is_open(kinds[token]) ? behind_container(w, token) : token + 1;
        if (kinds[token] != ',')
            break;
    }
    return token + 1;
}

/* The members or elements of any container, in the same way. */
static uint32_t take_container(line_walk *walk, uint32_t place, uint32_t token)
{
    const hr_json_window *w = walk->w;
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
            token += 2;
        } else if (at_index != HR_JSON_NOWHERE && plan->places[at_index].index == index) {
            child = at_index;
            at_index = plan->places[at_index].next;
        }
        if (child != HR_JSON_NOWHERE)
            token = object ? take_member(walk, child, token) : take_value(walk, child, token);
        else
            token = is_open(kinds[token]) ? behind_container(w, token) : token + 1;
        token += kinds[token] == ',';
    }
    return token + 1;
}

static uint32_t take_value(line_walk *walk, uint32_t place, uint32_t token)
{
    const hr_json_window *w = walk->w;
    const hr_json_place *here = &w->plan->places[place];
    uint32_t begin = w->index->offsets[token], end, next;
    uint8_t kind = w->index->kinds[token];
    if (is_open(kind)) {
        if (here->all == here->own)
            next = behind_container(w, token);
        else if (kind == '{' && walk->plain)
            next = take_plain_object(walk, place, token);
        else
            next = take_container(walk, place, token);
        end = w->index->offsets[next - 1] + 1u;
    } else {
        next = token + 1;
        end = value_end(w, next);
    }
    hr_json_plan_found(w->plan, place, walk->cells, w->base + begin, end - begin);
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
    uint32_t base, size, key_count, quick_count;
    hr_json_quick quick[HR_JSON_QUICK_MAX];
    uint32_t column[HR_JSON_QUICK_MAX]; /* the only one of this place, with none below it, where one look tells it from
                                           others; else HR_JSON_NOWHERE */
} line_look;

static inline line_look look_at(const hr_json_window *w)
{
    const hr_json_index *index = w->index;
    const hr_json_place *record = &w->plan->places[0];
    line_look look = {.data = w->data,
                      .kinds = index->kinds,
                      .offsets = index->offsets,
                      .keys = index->key_tokens,
                      .base = w->base,
                      .size = w->size,
                      .key_count = index->keys,
                      .quick_count = record->quick_count};
    for (uint32_t i = 0; i < look.quick_count; i++) {
        look.quick[i] = w->plan->quick[record->quick + i];
        const hr_json_place *place = &w->plan->places[look.quick[i].place];
        bool simple = place->own == 1 && place->all == 1 && place->size <= 8;
        look.column[i] = simple ? w->plan->order[place->first] : HR_JSON_NOWHERE;
    }
    return look;
}

/* The member of the record whose name is at `token`, on a plain line. */
static void take_any_key(line_walk *walk, uint32_t token)
{
    const hr_json_window *w = walk->w;
    const uint16_t *offsets = w->index->offsets + token;
    uint32_t begin = offsets[0] + 1u;
    uint32_t place = plain_member(w, &w->plan->places[0], begin, offsets[1] - begin - 1);
    if (place != HR_JSON_NOWHERE)
        take_member(walk, place, token + 2);
}

#define UNWANTED (HR_JSON_NOWHERE - 1) /* no column */

/* The same, where it can be quick. */
static inline void take_key(line_walk *walk, const line_look *look, uint32_t token, hr_span *cells)
{
    const uint16_t *offsets = look->offsets + token;
    uint32_t begin = offsets[0] + 1u, size = offsets[1] - begin - 1, column = UNWANTED;
    uint64_t head;
    if (HR_UNLIKELY(look->quick_count == 0 || begin + sizeof head > look->size)) {
        take_any_key(walk, token);
        return;
    }
    memcpy(&head, look->data + begin, sizeof head);
    for (uint32_t i = 0; i < look->quick_count; i++) { /* no branch asks which one it is */
        const hr_json_quick *quick = &look->quick[i];
        bool is = (quick->size == size) & (((head ^ quick->head) & quick->mask) == 0);
        column = is ? look->column[i] : column;
    }
    if (column == UNWANTED)
        return;
    if (column == HR_JSON_NOWHERE || is_open(look->kinds[token + 2])) {
        take_any_key(walk, token);
        return;
    }
    hr_span *cell = &cells[column];
    walk->repeated += cell->size > 0;
    *cell = (hr_span){look->base + offsets[2], end_before(look->data, offsets[3]) - offsets[2]};
}

/* Of a sound line that begins with token `first`: its cells, all empty before. False when the exact walk must say what
 * is wrong with it. Its keys begin with *key of the index; *key is moved on to those of the next line. */
static inline bool take_cells(line_walk *walk, const line_look *look, uint32_t first, uint32_t last, uint32_t *key)
{
    const hr_json_plan *plan = walk->w->plan;
    hr_span *cells = walk->cells;
    bool object = look->kinds[first] == '{';
    if (!object && (plan->names_wanted || look->kinds[first] != '['))
        return false;
    if (object && plan->refuse_strangers && has_stranger(walk->w, first))
        return false;
    if (!walk->plain || !object)
        take_container(walk, 0, first);
    else
        for (; *key < look->key_count && look->keys[*key] < last; ++*key)
            take_key(walk, look, look->keys[*key], cells);
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
    line_walk walk = {.w = w, .cells = cells, .repeated = found->repeated};
    bool all_sound = found->all_sound;
    if (columns > 0)
        memset(cells, 0, (size_t)count * columns * sizeof *cells);
    for (uint32_t l = 0; l < count; l++, line++) {
        uint32_t last = index->line_ends[l], feed = look.offsets[last];
        line->end = look.base + feed + (feed < size);
        bool sound = !bit_of(index->doubted, l);
        if (HR_LIKELY(sound && first < last)) {
            bound_value(&look, first, last, line);
            walk.plain = !bit_of(index->loose, l);
            if (columns > 0)
                sound = take_cells(&walk, &look, first, last, &key);
        } else if (sound) {
            *line = (hr_json_line){.begin = begin, .end = line->end};
            all_sound = false;
        }
        if (HR_UNLIKELY(!sound)) {
            hr_json_walk_line(w->plan, w->text, begin, look.base + feed, line, walk.cells, &walk.repeated);
            all_sound = all_sound && line->fault == HR_JSON_SOUND && line->size > 0;
        }
        while (key < look.key_count && look.keys[key] < last) /* those that were not looked at */
            key++;
        first = last + 1;
        begin = line->end;
        walk.cells = columns > 0 ? walk.cells + columns : NULL;
    }
    found->count += count;
    found->consumed = begin;
    found->all_sound = all_sound;
    found->repeated = walk.repeated;
}
