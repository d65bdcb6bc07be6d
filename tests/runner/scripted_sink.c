/* scripted_sink.c: the destination of scripted.h: a table of numbers, and transactions. */
#include "tests/runner/scripted.h"

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
        return scripted_gone(err, "destination");
    }
    if (plan->column_count && plan_of_test.signal_opening) {
        plan_of_test.signal_opening = false;
        cr_assert_not(sink->interrupted);
        hr_run_interrupt(scripted_running);
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
        return scripted_gone(err, "destination");
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
        return scripted_gone(err, "destination");
    }
    unsigned signals = seen_by_test.commits ? plan_of_test.signals : 0;
    for (unsigned i = 0; i < signals; i++)
        hr_run_interrupt(scripted_running);
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
        return scripted_gone(err, "destination");
    }
    commit(s);
    if (plan_of_test.ambiguous && after_first) {
        plan_of_test.ambiguous--;
        return scripted_gone(err, "destination");
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
    if (plan_of_test.stands_nowhere)
        at[0] = '\0';
    else
        memcpy(at, *name ? seen_by_test.at[strtoul(name, NULL, 10)] : file_at(sink->source), HR_POSITION_MAX);
    return HR_OK;
}

static hr_status sink_finish(void *state, bool complete, hr_error *err)
{
    (void)state;
    cr_assert(complete);
    if (plan_of_test.finish_fails) {
        plan_of_test.finish_fails = false;
        return scripted_gone(err, "destination");
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

static const hr_option sink_options[] = {{"writers", HR_OPTION_COUNT, "1", "N", "Segments at a time.", false},
                                         {"table", HR_OPTION_TEXT, NULL, "NAME", "Means nothing.", false}};

const hr_sink_type scripted_sink_type = {
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
