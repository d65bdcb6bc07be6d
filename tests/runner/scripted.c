/* scripted.c: the source and the destination of scripted.h. */
#include "tests/runner/scripted.h"

#include <inttypes.h>

#include "connectors/registry.h"
#include "core/base/uri.h"

script plan_of_test;
seen seen_by_test;

/* ---- source: records "number,part" ---------------------------------------------------------------------------- */

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

static const char *const part_names[PARTS] = {"0", "1", "2"};

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
        hr_status status = plan->standing(plan->runner, part_names[i], at, err);
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

static hr_status go_away(hr_error *err, const char *what)
{
    hr_fail(err, HR_E_IO, "the %s went away", what);
    err->retryable = true;
    return HR_E_IO;
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
            return go_away(err, "source");
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
            source->parts[(*count)++] = (hr_part){.name = part_names[i], .at = source->texts[i]};
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

static const hr_source_type scripted_source_type = {
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

/* ---- destination: a table of numbers, and transactions -------------------------------------------------------- */

#define SEGMENTS 4

typedef struct segment {
    uint32_t *numbers;
    hr_refusal *refusals;
    hr_batch **batches;
    size_t count, capacity, refusal_count, batch_count, batch_capacity;
    uint64_t duplicates;
    char at[PARTS][HR_POSITION_MAX];
    char file_at[HR_POSITION_MAX];
    const char *source;
    char token[40];
    bool open, sealed, prepared;
} segment;

typedef struct scripted_sink {
    const char *source;
    segment segments[SEGMENTS];
    unsigned count; /* of segments, the oldest first */
    bool failed, interrupted;
} scripted_sink;

static hr_run *running;

/* Tokens of what was committed: what another process would find in the destination. */
static char committed[4096][40];
static size_t committed_count;

static char *file_at(const char *source)
{
    size_t i = 0;
    for (; seen_by_test.files[i].source[0] && strcmp(seen_by_test.files[i].source, source) != 0; i++)
        cr_assert_lt(i + 1, HR_COUNT(seen_by_test.files));
    snprintf(seen_by_test.files[i].source, sizeof seen_by_test.files[i].source, "%s", source);
    return seen_by_test.files[i].at;
}

static void clear_segment(segment *s)
{
    for (size_t i = 0; i < s->batch_count; i++)
        hr_batch_release(s->batches[i]);
    free(s->numbers);
    free(s->refusals);
    free(s->batches);
    *s = (segment){0};
}

static hr_status sink_open(void *state, const hr_sink_plan *plan, const hr_options *options, hr_error *err)
{
    scripted_sink *sink = state;
    (void)options;
    seen_by_test.opens++;
    if (plan->column_count && plan_of_test.open_fails) {
        plan_of_test.open_fails--;
        return go_away(err, "destination");
    }
    if (plan->column_count && plan_of_test.signal_opening) {
        plan_of_test.signal_opening = false;
        cr_assert_not(sink->interrupted);
        hr_run_interrupt(running);
        cr_assert(sink->interrupted, "an interrupt does not reach a destination that is being opened");
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting");
    }
    cr_assert_geq(plan->generation, seen_by_test.generation);
    seen_by_test.generation = plan->generation;
    sink->source = plan->source;
    return HR_OK;
}

static uint32_t number_of(const hr_batch *batch, size_t row)
{
    hr_field field = hr_batch_field(batch, row, 0);
    char text[16] = "";
    memcpy(text, field.data, field.size < 15 ? field.size : 15);
    return (uint32_t)strtoul(text, NULL, 10);
}

static void keep_row(segment *s, hr_batch *batch, uint32_t row)
{
    uint32_t number = number_of(batch, row);
    if (batch->vectors) /* the schema's last column */
        seen_by_test.valued += ((const int64_t *)batch->vectors[1].values)[row] == number;
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 1024;
        s->numbers = realloc(s->numbers, s->capacity * sizeof *s->numbers);
        s->refusals = realloc(s->refusals, s->capacity * sizeof *s->refusals);
        cr_assert(s->numbers && s->refusals);
    }
    if (plan_of_test.refuse_every && number % plan_of_test.refuse_every == 0)
        s->refusals[s->refusal_count++] = (hr_refusal){batch, row, 1, "not liked"};
    else if (plan_of_test.duplicate_every && number % plan_of_test.duplicate_every == 0)
        s->duplicates++;
    else
        s->numbers[s->count++] = number;
}

static hr_status sink_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                            hr_error *err)
{
    scripted_sink *sink = state;
    (void)start;
    cr_assert(!sink->failed, "a sink that failed is used again");
    if (plan_of_test.write_fails && seen_by_test.commits) {
        plan_of_test.write_fails--;
        sink->failed = true;
        return go_away(err, "destination");
    }
    if (!sink->count || sink->segments[sink->count - 1].sealed || sink->segments[sink->count - 1].prepared) {
        cr_assert_lt(sink->count, SEGMENTS);
        sink->segments[sink->count++] = (segment){.open = true};
        if (sink->count > seen_by_test.most_segments)
            seen_by_test.most_segments = sink->count;
    }
    segment *s = &sink->segments[sink->count - 1];
    if (s->batch_count == s->batch_capacity) {
        s->batch_capacity = s->batch_capacity ? s->batch_capacity * 2 : 64;
        s->batches = realloc(s->batches, s->batch_capacity * sizeof(hr_batch *));
        cr_assert_not_null(s->batches);
    }
    s->batches[s->batch_count++] = hr_batch_retain((hr_batch *)(uintptr_t)parcel->batch);
    for (size_t i = 0; i < parcel->row_count; i++)
        keep_row(s, (hr_batch *)(uintptr_t)parcel->batch, parcel->rows ? parcel->rows[i] : (uint32_t)i);
    *segment_bytes = s->count * 8;
    return HR_OK;
}

static hr_status sink_seal(void *state, hr_error *err)
{
    scripted_sink *sink = state;
    (void)err;
    cr_assert_gt(sink->count, 0);
    sink->segments[sink->count - 1].sealed = true;
    return HR_OK;
}

static hr_status sink_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err)
{
    scripted_sink *sink = state;
    static unsigned tokens;
    if (plan_of_test.prepare_fails && seen_by_test.commits) {
        plan_of_test.prepare_fails--;
        sink->failed = true;
        return go_away(err, "destination");
    }
    unsigned signals = seen_by_test.commits ? plan_of_test.signals : 0;
    for (unsigned i = 0; i < signals; i++)
        hr_run_interrupt(running);
    if (signals) {
        plan_of_test.signals = 0;
        cr_assert_eq(sink->interrupted, signals > 1);
    }
    if (sink->interrupted) {
        sink->failed = true;
        return hr_fail(err, HR_E_INTERRUPTED, "interrupted while waiting");
    }
    if (!sink->count || (sink->count == 1 && sink->segments[0].prepared))
        sink->segments[sink->count++] = (segment){.open = true};
    segment *s = &sink->segments[0];
    cr_assert(!s->prepared);
    memcpy(s->at, seen_by_test.at, sizeof s->at);
    snprintf(s->file_at, sizeof s->file_at, "%s", file_at(sink->source));
    s->source = sink->source;
    for (size_t i = 0; i < checkpoint->count; i++) { /* compare and swap */
        const char *name = checkpoint->before[i].name;
        char *place = *name ? s->at[strtoul(name, NULL, 10)] : s->file_at;
        cr_assert_str_eq(checkpoint->after[i].name, name);
        if (strcmp(place, checkpoint->before[i].at) != 0)
            return hr_fail(err, HR_E_FENCED, "%s stands at %s, not %s", name, place, checkpoint->before[i].at);
        snprintf(place, HR_POSITION_MAX, "%s", checkpoint->after[i].at);
    }
    snprintf(s->token, sizeof s->token, "%d-%u", (int)getpid(), ++tokens);
    s->prepared = true;
    *out = (hr_outcome){.refusals = s->refusals, .refusal_count = s->refusal_count, .duplicates = s->duplicates};
    out->receipt.size = (uint32_t)snprintf(out->receipt.bytes, sizeof out->receipt.bytes, "%s", s->token);
    return HR_OK;
}

static void commit(const segment *s)
{
    for (size_t i = 0; i < s->count; i++) {
        seen_by_test.table[s->numbers[i]]++;
        seen_by_test.rows++;
    }
    memcpy(seen_by_test.at, s->at, sizeof s->at);
    snprintf(file_at(s->source), HR_POSITION_MAX, "%s", s->file_at);
    seen_by_test.commits++;
    cr_assert_lt(committed_count, HR_COUNT(committed));
    memcpy(committed[committed_count++], s->token, sizeof s->token);
}

static void drop_oldest(scripted_sink *sink)
{
    clear_segment(&sink->segments[0]);
    memmove(sink->segments, sink->segments + 1, (--sink->count) * sizeof *sink->segments);
}

static hr_status sink_publish(void *state, const hr_receipt *receipt, hr_error *err)
{
    scripted_sink *sink = state;
    segment *s = sink->count && sink->segments[0].prepared ? &sink->segments[0] : NULL;
    if (!s) { /* a later process */
        for (size_t i = 0; i < committed_count; i++)
            if (strlen(committed[i]) == receipt->size && !memcmp(committed[i], receipt->bytes, receipt->size))
                return HR_OK;
        return hr_fail(err, HR_E_LOST, "it was rolled back");
    }
    bool after_first = seen_by_test.commits > 0;
    if (after_first && plan_of_test.lost) {
        plan_of_test.lost--;
        hr_fail(err, HR_E_LOST, "it was rolled back");
        err->retryable = true;
        return HR_E_LOST;
    }
    if (after_first && plan_of_test.torn) {
        plan_of_test.torn--;
        return go_away(err, "destination");
    }
    commit(s);
    if (plan_of_test.ambiguous && after_first) {
        plan_of_test.ambiguous--;
        return go_away(err, "destination");
    }
    drop_oldest(sink);
    return HR_OK;
}

static hr_status sink_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err)
{
    (void)state, (void)keep, (void)count, (void)err;
    return HR_OK;
}

static hr_status sink_standing(void *state, const char *name, char at[HR_POSITION_MAX], hr_error *err)
{
    const scripted_sink *sink = state;
    (void)err;
    memcpy(at, *name ? seen_by_test.at[strtoul(name, NULL, 10)] : file_at(sink->source), HR_POSITION_MAX);
    return HR_OK;
}

static hr_status sink_finish(void *state, bool complete, hr_error *err)
{
    (void)state;
    cr_assert(complete);
    if (plan_of_test.finish_fails) {
        plan_of_test.finish_fails = false;
        return go_away(err, "destination");
    }
    seen_by_test.finishes++;
    return HR_OK;
}

static void sink_close(void *state)
{
    scripted_sink *sink = state;
    while (sink->count)
        drop_oldest(sink);
}

static void sink_interrupt(void *state)
{
    ((scripted_sink *)state)->interrupted = true;
}

static const char *sink_evidence(void *state)
{
    return ((scripted_sink *)state)->failed ? NULL : "{\"decided\":\"by a script\"}";
}

static const hr_option sink_options[] = {{"writers", HR_OPTION_COUNT, "1", "N", "Segments at a time.", false}};

static const hr_sink_type scripted_sink_type = {
    .version = HR_CONNECTOR_VERSION,
    .state_size = sizeof(scripted_sink),
    .scheme = "scripted",
    .options = sink_options,
    .option_count = HR_COUNT(sink_options),
    .capabilities = HR_SINK_TRANSACTIONAL | HR_SINK_REFUSES | HR_SINK_VALUES,
    .open = sink_open,
    .write = sink_write,
    .seal = sink_seal,
    .prepare = sink_prepare,
    .publish = sink_publish,
    .sweep = sink_sweep,
    .standing = sink_standing,
    .finish = sink_finish,
    .interrupt = sink_interrupt,
    .close = sink_close,
    .evidence = sink_evidence,
};

/* ---- runs ----------------------------------------------------------------------------------------------------- */

static const hr_source_type *find_source(const char *uri, hr_error *err)
{
    if (!strncmp(uri, "scripted:", 9))
        return &scripted_source_type;
    hr_fail(err, HR_E_UNSUPPORTED, "no source");
    return NULL;
}

static const hr_sink_type *find_sink(const char *uri, hr_error *err)
{
    return strncmp(uri, "scripted:", 9) ? hr_registry_sink(uri, err) : &scripted_sink_type;
}

const hr_connectors scripted_connectors = {hr_registry_drop, find_source, find_sink};

static void see_event(void *context, const char *kind, const char *job, const char *detail)
{
    (void)context, (void)job, (void)detail;
    seen_by_test.reconnects += !strcmp(kind, "Reconnecting");
    seen_by_test.drops += !strcmp(kind, "RowCountDropped");
}

static hr_run *begin_run(const char *ledger, const char *const *settings, hr_error *err)
{
    size_t count;
    const hr_option *table = hr_ingest_options(&count);
    hr_options *options = NULL;
    hr_run *run = NULL;
    hr_run_watch watch = {.event = see_event};
    cr_assert_eq(hr_options_new(table, count, &options, err), HR_OK);
    cr_assert_eq(hr_options_set(options, "ledger", ledger, err), HR_OK);
    for (size_t i = 0; settings && settings[i]; i++) {
        char key[64];
        const char *equals = strchr(settings[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - settings[i]), settings[i]);
        cr_assert_eq(hr_options_set(options, key, equals + 1, err), HR_OK, "%s", err->text);
    }
    cr_assert_eq(hr_run_create(options, &watch, NULL, &scripted_connectors, &run, err), HR_OK, "%s", err->text);
    hr_options_free(options);
    return run;
}

hr_status scripted_run(const char *ledger, const char *const *settings, const char *source, hr_run_summary *summary,
                       hr_error *err)
{
    *summary = (hr_run_summary){0};
    hr_run *run = running = begin_run(ledger, settings, err);
    hr_status status = hr_run_ingest(run, &source, 1, summary, err);
    hr_run_free(run);
    return status;
}

hr_status scripted_retry(const char *ledger, const char *const *settings, const char *job, const char *rows,
                         hr_run_summary *summary, hr_error *err)
{
    *summary = (hr_run_summary){0};
    hr_run *run = begin_run(ledger, settings, err);
    hr_status status = hr_run_retry(run, job, rows, summary, err);
    hr_run_free(run);
    return status;
}

void scripted_check(uint64_t records)
{
    uint64_t rows = 0;
    for (uint64_t i = 0; i < records; i++) {
        bool blank = plan_of_test.blank && i % 10 == 9;
        bool refused = plan_of_test.refuse_every && i % plan_of_test.refuse_every == 0;
        bool gave_way = plan_of_test.duplicate_every && i % plan_of_test.duplicate_every == 0;
        uint32_t expected = !blank && !refused && !gave_way;
        cr_assert_eq(seen_by_test.table[i], expected, "record %" PRIu64 " is %u times in the destination", i,
                     seen_by_test.table[i]);
        rows += expected;
    }
    cr_assert_eq(seen_by_test.rows, rows);
}
