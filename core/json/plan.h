/* plan.h: the wanted columns as a tree of names, in which readers of JSON walk beside the text. Private to core/json.
 */
#ifndef HR_CORE_JSON_PLAN_H
#define HR_CORE_JSON_PLAN_H

#include "core/json/scan.h"

#define HR_JSON_NOWHERE UINT32_MAX

/* A place in the records that some column names or goes through. Place 0 is the record. */
typedef struct hr_json_place {
    const char *name; /* the member of its parent; unescaped */
    uint32_t size;
    uint32_t parent;
    uint64_t index;       /* the name as an index of an array; HR_UNKNOWN when it is none */
    uint32_t at_index;    /* the child with the lowest index, or HR_JSON_NOWHERE */
    uint32_t next;        /* of the same parent, the one with the next higher index */
    uint32_t first;       /* into order: the columns of this place, then those below it */
    uint32_t own, all;    /* how many: of this place, and with those below */
    uint32_t next_slot;   /* another place with the same slot, or HR_JSON_NOWHERE */
    uint32_t quick;       /* its children, as the first of ... */
    uint32_t quick_count; /* ... so many; 0: there are none, or too many */
} hr_json_place;

/* A member that leads somewhere, for a quick look where its parent has few of them. */
typedef struct hr_json_quick {
    uint64_t head, mask; /* the first eight bytes of its name, and which of them count */
    uint64_t tail;       /* the last eight of a name that has as many */
    uint32_t size;
    uint32_t place;
} hr_json_quick;

/* A place with more children has none that are quick. */
#define HR_JSON_QUICK_MAX 8u

struct hr_json_plan {
    hr_json_place *places;
    uint32_t *slots; /* by hash of parent and name */
    uint32_t *order; /* columns */
    char *names;
    uint32_t place_count, slot_mask;
    uint32_t columns;
    uint32_t depth_limit;
    uint32_t deepest; /* steps of the longest way into the tree */
    bool names_wanted, refuse_strangers;
    bool many_lengths;   /* names of the first step have more lengths than lengths[] takes */
    uint16_t lengths[4]; /* else, those lengths */
    uint32_t length_count;
    hr_json_quick *quick; /* by parent */
};

/* The place of a member below `parent`, by its name as it stands between quotes; `escaped`: it holds backslashes (of
 * sound escapes). HR_JSON_NOWHERE when no column goes there. */
uint32_t hr_json_plan_member(const hr_json_plan *plan, uint32_t parent, const uint8_t *name, size_t size, bool escaped);

/* Empties the cells of a place and of those below it, in front of a further member of that name; how many had
 * something. */
uint32_t hr_json_plan_empty(const hr_json_plan *plan, uint32_t place, hr_span *cells);

/* The value of a place was found. */
static inline void hr_json_plan_found(const hr_json_plan *plan, uint32_t place, hr_span *cells, uint32_t begin,
                                      uint32_t size)
{
    const hr_json_place *found = &plan->places[place];
    for (uint32_t i = 0; i < found->own; i++)
        cells[plan->order[found->first + i]] = (hr_span){begin, size};
}

#endif
