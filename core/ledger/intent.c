/* intent.c: a whole commit as bytes and back. Numbers are 8 bytes in the order of the machine (a ledger stays on its
 * host); a text is its size and its bytes with a NUL; NULL has the size HR_UNKNOWN. */
#include "core/ledger/intent.h"

#define MAGIC UINT64_C(0x34746e65746e6948)  /* "Hintent4" */
#define MAGIC3 UINT64_C(0x33746e65746e6948) /* "Hintent3": parts had no lag */
#define MAGIC2 UINT64_C(0x32746e65746e6948) /* "Hintent2": rejects had no name and no value of their column */

/* ---- writing ------------------------------------------------------------------------------------------------ */

static bool put(hr_buffer *out, uint64_t number)
{
    return hr_buffer_add(out, &number, sizeof number);
}

static bool put_bytes(hr_buffer *out, const void *bytes, size_t size)
{
    static const uint8_t none[8];
    size_t pad = 8 - size % 8; /* at least one NUL, and what follows is aligned */
    return put(out, size) && (size == 0 || hr_buffer_add(out, bytes, size)) && hr_buffer_add(out, none, pad);
}

static bool put_text(hr_buffer *out, const char *text)
{
    return text ? put_bytes(out, text, strlen(text)) : put(out, HR_UNKNOWN);
}

static bool put_counts(hr_buffer *out, const hr_counts *counts)
{
    return put(out, counts->read) && put(out, counts->loaded) && put(out, counts->duplicate) &&
           put(out, counts->rejected) && put(out, counts->skipped);
}

static bool put_reject(hr_buffer *out, const hr_reject *reject)
{
    return put(out, (uint64_t)reject->kind) && put(out, reject->row) && put(out, reject->line) &&
           put(out, reject->offset) && put(out, reject->at) && put(out, reject->column) &&
           put_text(out, reject->message) && put_bytes(out, reject->raw, reject->raw_size) &&
           put_text(out, reject->column_name) && put(out, reject->value_cut) &&
           (reject->value ? put_bytes(out, reject->value, reject->value_size) : put(out, HR_UNKNOWN));
}

static bool put_file(hr_buffer *out, const hr_file *file)
{
    if (!file)
        return put(out, 0);
    return put(out, 1) && put(out, file->id) && put_text(out, file->feed) && put_text(out, file->uri) &&
           put(out, file->size) && put(out, (uint64_t)file->modified_ns) && put_text(out, file->version) &&
           put_text(out, file->sha256) && put(out, file->number) && put(out, (uint64_t)file->state) &&
           put_text(out, file->job) && put(out, (uint64_t)file->seen_ns) && put(out, (uint64_t)file->changed_ns);
}

bool hr_intent_write(const hr_commit *commit, hr_buffer *out)
{
    bool ok = put(out, MAGIC) && put_text(out, commit->feed) && put_text(out, commit->job) &&
              put_bytes(out, commit->before->bytes, commit->before->size) &&
              put_bytes(out, commit->after->bytes, commit->after->size) && put_counts(out, &commit->counts) &&
              put(out, (uint64_t)commit->status) && put_text(out, commit->error) && put_text(out, commit->metadata) &&
              put_text(out, commit->facts) && put(out, commit->keys) && put_text(out, commit->key_shape) &&
              put(out, commit->finished) && put(out, commit->settle_retried) && put_file(out, commit->file) &&
              put_text(out, commit->part_feed) && put_text(out, commit->source) && put(out, commit->part_count);
    for (size_t i = 0; ok && i < commit->part_count; i++)
        ok = put_text(out, commit->parts_before[i].name) && put_text(out, commit->parts_before[i].at) &&
             put_text(out, commit->parts_after[i].name) && put_text(out, commit->parts_after[i].at);
    ok = ok && put(out, commit->event_count);
    for (size_t i = 0; ok && i < commit->event_count; i++)
        ok = put_text(out, commit->events[i].kind) && put_text(out, commit->events[i].job) &&
             put_text(out, commit->events[i].detail);
    ok = ok && put(out, commit->reject_count);
    for (size_t i = 0; ok && i < commit->reject_count; i++)
        ok = put_reject(out, &commit->rejects[i]);
    for (size_t i = 0; ok && i < commit->part_count; i++)
        ok = put(out, commit->parts_after[i].lag_known) && put(out, commit->parts_after[i].lag);
    return ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* What is left to be read; once something is not there, `bad` stays set and all that is taken is 0 or NULL. */
typedef struct cursor {
    const uint8_t *at, *end;
    bool bad, poor; /* poor: memory did not suffice */
} cursor;

static uint64_t take(cursor *from)
{
    uint64_t number;
    if (from->bad || (size_t)(from->end - from->at) < sizeof number) {
        from->bad = true;
        return 0;
    }
    memcpy(&number, from->at, sizeof number);
    from->at += sizeof number;
    return number;
}

static const char *take_bytes(cursor *from, size_t *size)
{
    uint64_t given = take(from);
    *size = 0;
    if (from->bad || given == HR_UNKNOWN)
        return NULL;
    size_t left = (size_t)(from->end - from->at), room = given < left ? (size_t)given + 8 - (size_t)given % 8 : 0;
    if (given >= left || room > left) {
        from->bad = true;
        return NULL;
    }
    const char *bytes = (const char *)from->at;
    from->at += room;
    *size = (size_t)given;
    return bytes;
}

static const char *take_text(cursor *from)
{
    size_t size;
    return take_bytes(from, &size);
}

static void take_room(cursor *from, char *room, size_t capacity)
{
    size_t size;
    const char *text = take_bytes(from, &size);
    if (!text || size >= capacity) {
        from->bad = true;
        return;
    }
    memcpy(room, text, size + 1);
}

static void take_position(cursor *from, hr_position *out)
{
    size_t size;
    const char *bytes = take_bytes(from, &size);
    if (!bytes || size > HR_POSITION_MAX) {
        from->bad = true;
        return;
    }
    out->size = (uint32_t)size;
    memcpy(out->bytes, bytes, size);
}

/* `count` things of `size` bytes, where each takes at least 8 of what is left. */
static void *make_list(cursor *from, uint64_t count, size_t size)
{
    if (from->bad || count > (size_t)(from->end - from->at) / 8) {
        from->bad = true;
        return NULL;
    }
    void *list = hr_calloc(count ? (size_t)count : 1, size);
    from->bad = from->poor = !list;
    return list;
}

static void take_file(cursor *from, hr_intent *intent)
{
    hr_file *file = &intent->file;
    if (!take(from))
        return;
    file->id = take(from);
    file->feed = (char *)(uintptr_t)take_text(from);
    file->uri = (char *)(uintptr_t)take_text(from);
    file->size = take(from);
    file->modified_ns = (int64_t)take(from);
    take_room(from, file->version, sizeof file->version);
    take_room(from, file->sha256, sizeof file->sha256);
    file->number = take(from);
    file->state = (hr_file_state)take(from);
    take_room(from, file->job, sizeof file->job);
    file->seen_ns = (int64_t)take(from);
    file->changed_ns = (int64_t)take(from);
    from->bad |= !file->feed || !file->uri;
    intent->commit.file = file;
}

static void take_parts(cursor *from, hr_commit *commit)
{
    commit->part_feed = take_text(from);
    commit->source = take_text(from);
    uint64_t count = take(from);
    hr_part *before = make_list(from, count, sizeof *before), *after = make_list(from, count, sizeof *after);
    commit->parts_before = before;
    commit->parts_after = after;
    commit->part_count = from->bad ? 0 : (size_t)count;
    for (size_t i = 0; i < commit->part_count && !from->bad; i++) {
        before[i] = (hr_part){.name = take_text(from)};
        before[i].at = take_text(from);
        after[i] = (hr_part){.name = take_text(from)};
        after[i].at = take_text(from);
        from->bad |= !before[i].name || !before[i].at || !after[i].name || !after[i].at;
    }
    from->bad |= commit->part_count && !commit->source;
}

static void take_events(cursor *from, hr_commit *commit)
{
    uint64_t count = take(from);
    hr_event *events = make_list(from, count, sizeof *events);
    commit->events = events;
    commit->event_count = from->bad ? 0 : (size_t)count;
    for (size_t i = 0; i < commit->event_count && !from->bad; i++) {
        events[i].kind = take_text(from);
        events[i].job = take_text(from);
        events[i].detail = take_text(from);
        from->bad |= !events[i].kind;
    }
}

static void take_rejects(cursor *from, hr_commit *commit, bool values)
{
    uint64_t count = take(from);
    hr_reject *rejects = make_list(from, count, sizeof *rejects);
    commit->rejects = rejects;
    commit->reject_count = from->bad ? 0 : (size_t)count;
    for (size_t i = 0; i < commit->reject_count && !from->bad; i++) {
        hr_reject *reject = &rejects[i];
        reject->kind = (hr_reject_kind)take(from);
        reject->row = take(from);
        reject->line = take(from);
        reject->offset = take(from);
        reject->at = take(from);
        reject->column = take(from);
        reject->message = take_text(from);
        reject->raw = (const uint8_t *)take_bytes(from, &reject->raw_size);
        if (values) {
            reject->column_name = take_text(from);
            reject->value_cut = take(from) != 0;
            reject->value = (const uint8_t *)take_bytes(from, &reject->value_size);
        }
        from->bad |= !reject->message || !reject->raw;
    }
}

static void take_lags(cursor *from, hr_commit *commit)
{
    hr_part *after = (hr_part *)(uintptr_t)commit->parts_after;
    for (size_t i = 0; i < commit->part_count && !from->bad; i++) {
        after[i].lag_known = take(from) != 0;
        after[i].lag = take(from);
    }
}

static void take_commit(cursor *from, hr_intent *intent)
{
    hr_commit *commit = &intent->commit;
    uint64_t magic = take(from);
    from->bad |= magic != MAGIC && magic != MAGIC3 && magic != MAGIC2;
    commit->feed = take_text(from);
    commit->job = take_text(from);
    take_position(from, &intent->before);
    take_position(from, &intent->after);
    commit->before = &intent->before;
    commit->after = &intent->after;
    commit->counts.read = take(from);
    commit->counts.loaded = take(from);
    commit->counts.duplicate = take(from);
    commit->counts.rejected = take(from);
    commit->counts.skipped = take(from);
    commit->status = (hr_job_status)take(from);
    commit->error = take_text(from);
    commit->metadata = take_text(from);
    commit->facts = take_text(from);
    commit->keys = take(from);
    commit->key_shape = take_text(from);
    commit->finished = take(from) != 0;
    commit->settle_retried = take(from);
    take_file(from, intent);
    take_parts(from, commit);
    take_events(from, commit);
    take_rejects(from, commit, magic != MAGIC2);
    if (magic == MAGIC)
        take_lags(from, commit);
    from->bad |= !commit->feed || !commit->job || from->at != from->end;
}

hr_status hr_intent_read(const void *bytes, size_t size, hr_intent *out, hr_error *err)
{
    hr_intent *made = hr_calloc(1, sizeof *made);
    void *copy = hr_malloc(size ? size : 1);
    if (!made || !copy) {
        hr_free(made);
        hr_free(copy);
        return hr_fail_memory(err, "reading a commit that was begun");
    }
    memcpy(copy, bytes, size);
    cursor from = {copy, (const uint8_t *)copy + size, false, false};
    take_commit(&from, made);
    made->memory = copy;
    *out = *made;
    hr_free(made);
    out->commit.before = &out->before;
    out->commit.after = &out->after;
    if (out->commit.file)
        out->commit.file = &out->file;
    if (!from.bad)
        return HR_OK;
    hr_intent_clear(out);
    if (from.poor)
        return hr_fail_memory(err, "reading a commit that was begun");
    return hr_fail(err, HR_E_CORRUPT, "a commit that was begun cannot be read back from the ledger");
}

void hr_intent_clear(hr_intent *intent)
{
    hr_free((void *)(uintptr_t)intent->commit.parts_before);
    hr_free((void *)(uintptr_t)intent->commit.parts_after);
    hr_free((void *)(uintptr_t)intent->commit.events);
    hr_free((void *)(uintptr_t)intent->commit.rejects);
    hr_free(intent->memory);
    *intent = (hr_intent){0};
}
