/* scripted_source.c: the source of scripted.h: records "number,part". */
#include "tests/runner/scripted.h"

#include <inttypes.h>

typedef struct mark {
    uint64_t bytes; /* behind the record */
    uint64_t part, next;
} mark;

typedef struct scripted_source {
    const hr_source_plan *plan;
    uint64_t next[PARTS]; /* the record of each part that comes next, counted within it */
    uint64_t given, bytes, reads;
    mark *marks;
    size_t mark_count, mark_capacity;
    char texts[PARTS][32];
    hr_part parts[PARTS];
    uint64_t acknowledged;
    bool flushed;
} scripted_source;

const char *const scripted_parts[PARTS] = {"0", "1", "2"};

static hr_status source_identify(const char *uri, const hr_options *options, char *out, size_t capacity, hr_error *err)
{
    (void)uri, (void)options, (void)err;
    snprintf(out, capacity, "scripted:topic");
    return HR_OK;
}

static hr_status source_open(void *state, const hr_source_plan *plan, const hr_options *options, hr_error *err)
{
    scripted_source *source = state;
    char at[HR_POSITION_MAX];
    (void)options;
    source->plan = plan;
    seen_by_test.source_opens++;
    for (size_t i = 0; i < PARTS; i++) {
        hr_status status = plan->standing(plan->runner, scripted_parts[i], at, err);
        if (status != HR_OK)
            return status;
        source->next[i] = strtoull(at, NULL, 10);
    }
    return HR_OK;
}

static hr_status source_describe(void *state, hr_source_facts *out, hr_error *err)
{
    static const char *const columns[] = {"number", "part"};
    (void)state, (void)err;
    *out = (hr_source_facts){.format = "csv",
                             .dialect = {',', '"', HR_NO_BYTE, HR_NO_BYTE},
                             .columns = columns,
                             .column_count = 2,
                             .total = HR_UNKNOWN,
                             .whole = plan_of_test.whole};
    return HR_OK;
}

/* The part whose turn it is, or PARTS when all are at their end. Part p has the records p, p + PARTS, ... */
static size_t turn(const scripted_source *source)
{
    size_t best = PARTS;
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t number = source->next[i] * PARTS + i;
        if (number < plan_of_test.records && (best == PARTS || number < source->next[best] * PARTS + best))
            best = i;
    }
    return best;
}

static void add_mark(scripted_source *source, size_t part)
{
    if (source->mark_count == source->mark_capacity) {
        source->mark_capacity = source->mark_capacity ? source->mark_capacity * 2 : 1024;
        source->marks = realloc(source->marks, source->mark_capacity * sizeof *source->marks);
        cr_assert_not_null(source->marks);
    }
    source->marks[source->mark_count++] = (mark){source->bytes, part, source->next[part]};
}

static hr_status source_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    scripted_source *source = state;
    size_t used = 0;
    uint64_t records = 0;
    source->reads++;
    if (plan_of_test.again_every && source->reads % plan_of_test.again_every == 0)
        return HR_AGAIN;
    for (size_t part; (part = turn(source)) < PARTS && capacity - used > 64;) {
        uint64_t number = source->next[part] * PARTS + part;
        if (plan_of_test.read_most && records == plan_of_test.read_most)
            break;
        bool stops = number && (number == plan_of_test.flush_at || number == plan_of_test.read_fails_at ||
                                number == plan_of_test.read_breaks_at);
        if (stops && used)
            break;
        if (number && number == plan_of_test.flush_at) {
            plan_of_test.flush_at = 0;
            source->flushed = true;
            return HR_FLUSH;
        }
        if (number && number == plan_of_test.read_fails_at) {
            plan_of_test.read_fails_at = 0;
            return scripted_gone(err, "source");
        }
        if (number && number == plan_of_test.read_breaks_at)
            return hr_fail(err, HR_E_CORRUPT, "the source is broken at record %" PRIu64, number);
        if (source->flushed) { /* what was given before a flush is acknowledged when we are asked again */
            cr_assert_eq(source->acknowledged, source->given);
            source->flushed = false;
        }
        int size = plan_of_test.blank && number % 10 == 9
                       ? snprintf((char *)room + used, 64, "\n")
                       : snprintf((char *)room + used, 64, "%" PRIu64 ",%zu\n", number, part);
        used += (size_t)size;
        source->bytes += (uint64_t)size;
        source->next[part]++;
        source->given++;
        records++;
        add_mark(source, part);
    }
    *got = used;
    return used ? HR_OK : HR_END;
}

static hr_status source_position(void *state, uint64_t bytes, const hr_part **parts, size_t *count, hr_error *err)
{
    scripted_source *source = state;
    bool moved[PARTS] = {false};
    (void)err;
    for (size_t i = source->acknowledged; i < source->mark_count && source->marks[i].bytes <= bytes; i++) {
        const mark *m = &source->marks[i];
        snprintf(source->texts[m->part], sizeof source->texts[m->part], "%" PRIu64, m->next);
        moved[m->part] = true;
    }
    *count = 0;
    for (size_t i = 0; i < PARTS; i++)
        if (moved[i])
            source->parts[(*count)++] = (hr_part){.name = scripted_parts[i], .at = source->texts[i]};
    *parts = source->parts;
    return HR_OK;
}

static hr_status source_acknowledge(void *state, const hr_part *parts, size_t count, hr_error *err)
{
    scripted_source *source = state;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        size_t part = strtoull(parts[i].name, NULL, 10);
        uint64_t next = strtoull(parts[i].at, NULL, 10);
        cr_assert_lt(part, PARTS);
        cr_assert_geq(next, seen_by_test.acknowledged[part], "an acknowledgement went back");
        seen_by_test.acknowledged[part] = next;
        while (source->acknowledged < source->mark_count &&
               source->marks[source->acknowledged].next <=
                   seen_by_test.acknowledged[source->marks[source->acknowledged].part])
            source->acknowledged++;
    }
    return HR_OK;
}

static hr_status source_place(void *state, uint64_t at, hr_place *out, hr_error *err)
{
    (void)state, (void)err;
    *out = (hr_place){0};
    snprintf(out->text, sizeof out->text, "topic@%" PRIu64, at);
    return HR_OK;
}

static hr_status source_refused(void *state, const hr_reject *rejects, size_t count, hr_error *err)
{
    (void)state, (void)rejects, (void)err;
    seen_by_test.refused += (unsigned)count;
    return HR_OK;
}

static void source_interrupt(void *state)
{
    (void)state;
}

static void source_close(void *state)
{
    scripted_source *source = state;
    free(source->marks);
}

static const hr_option source_options[] = {
    {"member", HR_OPTION_TEXT, NULL, "NAME", "One of several runs of the feed.", false}};

const hr_source_type scripted_source_type = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(scripted_source),
    .scheme = "scripted",
    .options = source_options,
    .option_count = HR_COUNT(source_options),
    .capabilities = HR_SOURCE_PARTS,
    .identify = source_identify,
    .open = source_open,
    .describe = source_describe,
    .read = source_read,
    .position = source_position,
    .acknowledge = source_acknowledge,
    .place = source_place,
    .refused = source_refused,
    .interrupt = source_interrupt,
    .close = source_close,
};
