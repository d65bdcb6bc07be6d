/* plan.c: makes the tree of wanted columns, and finds members in it. */
#include <stdlib.h>

#include "core/json/plan.h"
#include "core/json/text.h"

/* ---- names ---------------------------------------------------------------------------------------------------- */

/* The characters of a name, escapes resolved, a few at a time. */
typedef struct name_walk {
    const uint8_t *at, *end;
    uint8_t piece[4];
    size_t have, used;
} name_walk;

static bool name_next(name_walk *walk, uint8_t *out)
{
    if (walk->used == walk->have) {
        if (walk->at == walk->end)
            return false;
        size_t taken = 1;
        walk->used = 0;
        if (*walk->at == '\\') {
            walk->have = hr_json_unescape(walk->at, walk->piece, &taken);
        } else {
            walk->piece[0] = *walk->at;
            walk->have = 1;
        }
        walk->at += taken;
    }
    *out = walk->piece[walk->used++];
    return true;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* Words of eight bytes, the last one filled with zeros, and the size. */
static uint64_t name_hash(uint32_t parent, const uint8_t *name, size_t size)
{
    uint64_t hash = mix(parent, size), word = 0;
    size_t i = 0;
    for (; size - i >= 8; i += 8) {
        memcpy(&word, name + i, 8);
        hash = mix(hash, word);
    }
    word = 0;
    for (size_t shift = 0; i < size; i++, shift += 8)
        word |= (uint64_t)name[i] << shift;
    return mix(hash, word);
}

static bool escaped_equals(const hr_json_place *place, const uint8_t *name, size_t size)
{
    name_walk walk = {.at = name, .end = name + size};
    uint8_t byte;
    for (uint32_t i = 0; i < place->size; i++)
        if (!name_next(&walk, &byte) || byte != (uint8_t)place->name[i])
            return false;
    return !name_next(&walk, &byte);
}

/* Of a name without escapes. */
static uint32_t find_place(const hr_json_plan *plan, uint32_t parent, const uint8_t *name, size_t size)
{
    uint32_t at = plan->slots[name_hash(parent, name, size) & plan->slot_mask];
    for (; at != HR_JSON_NOWHERE; at = plan->places[at].next_slot) {
        const hr_json_place *place = &plan->places[at];
        if (place->size == size && place->parent == parent && at != 0 && memcmp(place->name, name, size) == 0)
            return at;
    }
    return HR_JSON_NOWHERE;
}

uint32_t hr_json_plan_member(const hr_json_plan *plan, uint32_t parent, const uint8_t *name, size_t size, bool escaped)
{
    if (!escaped)
        return find_place(plan, parent, name, size);
    /* Rare: every place of the plan, one after the other, would be slow for many columns; the same hash of what the
     * name says finds it. */
    name_walk walk = {.at = name, .end = name + size};
    uint8_t byte, small[256];
    size_t length = 0;
    while (length < sizeof small && name_next(&walk, &byte))
        small[length++] = byte;
    if (length < sizeof small)
        return find_place(plan, parent, small, length);
    for (uint32_t at = 1; at < plan->place_count; at++)
        if (plan->places[at].parent == parent && escaped_equals(&plan->places[at], name, size))
            return at;
    return HR_JSON_NOWHERE;
}

uint32_t hr_json_plan_empty(const hr_json_plan *plan, uint32_t place, hr_span *cells)
{
    const hr_json_place *of = &plan->places[place];
    uint32_t had = 0;
    for (uint32_t i = 0; i < of->all; i++) {
        hr_span *cell = &cells[plan->order[of->first + i]];
        had += cell->size != 0;
        *cell = (hr_span){0, 0};
    }
    return had;
}

/* ---- making --------------------------------------------------------------------------------------------------- */

/* "0", "17": RFC 6901 knows no leading zeros. */
static uint64_t as_index(const char *name, size_t size)
{
    uint64_t index = 0;
    if (size == 0 || size > 18 || (name[0] == '0' && size > 1))
        return HR_UNKNOWN;
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9')
            return HR_UNKNOWN;
        index = index * 10 + (uint64_t)(name[i] - '0');
    }
    return index;
}

static uint32_t add_place(hr_json_plan *plan, uint32_t parent, const char *name, size_t size)
{
    uint32_t found = find_place(plan, parent, (const uint8_t *)name, size);
    if (found != HR_JSON_NOWHERE)
        return found;
    uint32_t at = plan->place_count++;
    uint32_t *slot = &plan->slots[name_hash(parent, (const uint8_t *)name, size) & plan->slot_mask];
    plan->places[at] = (hr_json_place){.name = name,
                                       .size = (uint32_t)size,
                                       .parent = parent,
                                       .index = as_index(name, size),
                                       .at_index = HR_JSON_NOWHERE,
                                       .next = HR_JSON_NOWHERE,
                                       .next_slot = *slot};
    *slot = at;
    return at;
}

/* One step of a pointer behind its '/', unescaped to `out`; the bytes it took, SIZE_MAX when it is none. */
static size_t pointer_step(const char *from, char *out, size_t *size)
{
    size_t i = 0;
    *size = 0;
    for (; from[i] != '\0' && from[i] != '/'; i++) {
        char c = from[i];
        if (c == '~') {
            c = from[++i];
            if (c != '0' && c != '1')
                return SIZE_MAX;
            c = c == '0' ? '~' : '/';
        }
        out[(*size)++] = c;
    }
    return i;
}

/* The place of a column, new or known; its names are copied to *room. */
static hr_status place_of(hr_json_plan *plan, const char *column, char **room, uint32_t *out, hr_error *err)
{
    if (column[0] != '/') {
        size_t size = strlen(column);
        plan->names_wanted = true;
        memcpy(*room, column, size);
        *out = add_place(plan, 0, *room, size);
        plan->deepest = plan->deepest > 1 ? plan->deepest : 1;
        *room += size;
        return HR_OK;
    }
    uint32_t at = 0, steps = 0;
    for (const char *from = column; *from == '/';) {
        size_t size, taken = pointer_step(from + 1, *room, &size);
        if (taken == SIZE_MAX)
            return hr_fail(err, HR_E_INVALID, "column '%s' is no JSON Pointer: behind '~' stands 0 or 1", column);
        if (++steps > HR_JSON_STEPS_MAX)
            return hr_fail(err, HR_E_INVALID, "column '%.200s...' is a JSON Pointer of more than %u steps", column,
                           HR_JSON_STEPS_MAX);
        at = add_place(plan, at, *room, size);
        *room += size;
        from += 1 + taken;
    }
    plan->deepest = plan->deepest > steps ? plan->deepest : steps;
    *out = at;
    return HR_OK;
}

/* The order of columns by place, those of a place in front of those below it. Parents come before their children. */
static void order_columns(hr_json_plan *plan, const uint32_t *places, uint32_t *next)
{
    for (uint32_t c = 0; c < plan->columns; c++)
        plan->places[places[c]].own++;
    for (uint32_t p = plan->place_count; p-- > 0;) {
        plan->places[p].all += plan->places[p].own;
        if (p != 0)
            plan->places[plan->places[p].parent].all += plan->places[p].all;
    }
    for (uint32_t p = 0; p < plan->place_count; p++) {
        hr_json_place *place = &plan->places[p];
        if (p != 0) {
            place->first = next[place->parent];
            next[place->parent] += place->all;
        }
        next[p] = place->first + place->own;
    }
    for (uint32_t p = 0; p < plan->place_count; p++)
        next[p] = plan->places[p].first;
    for (uint32_t c = 0; c < plan->columns; c++)
        plan->order[next[places[c]]++] = c;
}

static int by_parent_and_index(const void *a, const void *b)
{
    const hr_json_place *one = *(const hr_json_place *const *)a, *two = *(const hr_json_place *const *)b;
    if (one->parent != two->parent)
        return one->parent < two->parent ? -1 : 1;
    return one->index < two->index ? -1 : one->index > two->index;
}

/* Links the children of each place that can be elements of an array, in ascending order. */
static void link_indexes(hr_json_plan *plan, const hr_json_place **sorted)
{
    size_t count = 0;
    for (uint32_t p = 1; p < plan->place_count; p++)
        if (plan->places[p].index != HR_UNKNOWN)
            sorted[count++] = &plan->places[p];
    qsort(sorted, count, sizeof *sorted, by_parent_and_index);
    while (count-- > 0) {
        uint32_t at = (uint32_t)(sorted[count] - plan->places);
        hr_json_place *parent = &plan->places[plan->places[at].parent];
        plan->places[at].next = parent->at_index;
        parent->at_index = at;
    }
}

static void note_lengths(hr_json_plan *plan)
{
    for (uint32_t p = 1; p < plan->place_count && !plan->many_lengths; p++) {
        uint32_t i = 0;
        if (plan->places[p].parent != 0)
            continue;
        while (i < plan->length_count && plan->lengths[i] != plan->places[p].size)
            i++;
        if (i < plan->length_count)
            continue;
        plan->many_lengths = i == HR_COUNT(plan->lengths) || plan->places[p].size > UINT16_MAX;
        if (!plan->many_lengths)
            plan->lengths[plan->length_count++] = (uint16_t)plan->places[p].size;
    }
}

static hr_json_quick quick_of(const hr_json_plan *plan, uint32_t at)
{
    const hr_json_place *place = &plan->places[at];
    size_t head = place->size < 8 ? place->size : 8;
    hr_json_quick quick = {.size = place->size, .place = at};
    memcpy(&quick.head, place->name, head);
    memset(&quick.mask, 0xFF, head);
    if (place->size >= 8)
        memcpy(&quick.tail, place->name + place->size - 8, 8);
    return quick;
}

static void note_quick(hr_json_plan *plan)
{
    uint32_t room = 0;
    for (uint32_t p = 1; p < plan->place_count; p++)
        plan->places[plan->places[p].parent].quick_count++;
    for (uint32_t p = 0; p < plan->place_count; p++) {
        hr_json_place *parent = &plan->places[p];
        bool few = parent->quick_count <= HR_JSON_QUICK_MAX;
        parent->quick = few ? room : HR_JSON_NOWHERE;
        room += few ? parent->quick_count : 0;
        parent->quick_count = 0;
    }
    for (uint32_t p = 1; p < plan->place_count; p++) {
        hr_json_place *parent = &plan->places[plan->places[p].parent];
        if (parent->quick != HR_JSON_NOWHERE)
            plan->quick[parent->quick + parent->quick_count++] = quick_of(plan, p);
    }
}

static hr_status fill(hr_json_plan *plan, const hr_json_plan_options *options, uint32_t *scratch,
                      const hr_json_place **sorted, hr_error *err)
{
    char *room = plan->names;
    memset(plan->slots, 0xFF, ((size_t)plan->slot_mask + 1) * sizeof *plan->slots);
    plan->places[0] = (hr_json_place){.index = HR_UNKNOWN, .at_index = HR_JSON_NOWHERE, .next = HR_JSON_NOWHERE};
    plan->place_count = 1;
    for (uint32_t c = 0; c < plan->columns; c++) {
        hr_status status = place_of(plan, options->columns[c], &room, &scratch[c], err);
        if (status != HR_OK)
            return status;
    }
    order_columns(plan, scratch, scratch + plan->columns);
    link_indexes(plan, sorted);
    note_lengths(plan);
    note_quick(plan);
    return HR_OK;
}

/* Room for as many places and names as the columns can have. */
static hr_status make_room(hr_json_plan *plan, const hr_json_plan_options *options, size_t *places, hr_error *err)
{
    size_t text = 0, steps = 1;
    for (size_t c = 0; c < options->count; c++) {
        const char *column = options->columns[c];
        text += strlen(column);
        steps++;
        if (column[0] == '/')
            for (size_t i = 1; column[i] != '\0'; i++)
                steps += column[i] == '/';
    }
    if (options->count >= UINT32_MAX / 8 || steps >= UINT32_MAX / 8 || text >= UINT32_MAX)
        return hr_fail(err, HR_E_LIMIT, "%zu columns are more than can be taken from JSON", options->count);
    size_t slots = 2;
    while (slots < 2 * steps)
        slots *= 2;
    plan->slot_mask = (uint32_t)(slots - 1);
    plan->places = hr_calloc(steps, sizeof *plan->places);
    plan->slots = hr_malloc(slots * sizeof *plan->slots);
    plan->order = hr_calloc(options->count, sizeof *plan->order);
    plan->quick = hr_calloc(steps, sizeof *plan->quick);
    plan->names = hr_malloc(text);
    *places = steps;
    if (!plan->places || !plan->slots || !plan->order || !plan->quick || !plan->names)
        return hr_fail_memory(err, "planning the columns");
    return HR_OK;
}

hr_status hr_json_plan_new(const hr_json_plan_options *options, hr_json_plan **out, hr_error *err)
{
    if (options->depth_limit > HR_JSON_DEPTH_MAX)
        return hr_fail(err, HR_E_INVALID, "a depth limit of %u is more than %u", options->depth_limit,
                       HR_JSON_DEPTH_MAX);
    hr_json_plan *plan = hr_calloc(1, sizeof *plan);
    if (!plan)
        return hr_fail_memory(err, "planning the columns");
    plan->columns = (uint32_t)options->count;
    plan->depth_limit = options->depth_limit ? options->depth_limit : 512;
    plan->refuse_strangers = options->refuse_strangers;
    size_t places = 0;
    uint32_t *scratch = NULL;
    const hr_json_place **sorted = NULL;
    hr_status status = make_room(plan, options, &places, err);
    if (status == HR_OK) {
        scratch = hr_calloc(options->count + places, sizeof *scratch);
        sorted = hr_calloc(places, sizeof *sorted);
        status =
            scratch && sorted ? fill(plan, options, scratch, sorted, err) : hr_fail_memory(err, "planning the columns");
    }
    hr_free(scratch);
    hr_free(sorted);
    if (status == HR_OK)
        *out = plan;
    else
        hr_json_plan_free(plan);
    return status;
}

void hr_json_plan_free(hr_json_plan *plan)
{
    if (!plan)
        return;
    hr_free(plan->places);
    hr_free(plan->slots);
    hr_free(plan->order);
    hr_free(plan->quick);
    hr_free(plan->names);
    hr_free(plan);
}
