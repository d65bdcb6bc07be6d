/* ingest.c: one job: from the reader through deduplication to the sink, from checkpoint to checkpoint. */
#include <inttypes.h>
#include <stdio.h>

#include "core/job/run.h"

#define PENDING_BYTES_MAX ((size_t)8 << 20) /* rejects that wait; more make a checkpoint */
#define LEASE_NS ((int64_t)60 * 1000000000)
#define RENEW_NS ((int64_t)15 * 1000000000)
#define TELL_NS ((int64_t)100 * 1000000)
#define SHARE_LEAST 1000u /* rows read before a share of errors is judged */

/* ---- opening ----------------------------------------------------------------------------------------------- */

/* An interrupt may come at any moment, also from a signal handler in this thread: whoever finds the flag taken leaves it to
 * the holder, who looks at `interrupted` after giving it back. */
static void set_reading(hr_run *run, hr_reader *reader)
{
    while (atomic_flag_test_and_set(&run->reading_lock))
        ;
    atomic_store(&run->reading, reader);
    atomic_flag_clear(&run->reading_lock);
    if (reader && atomic_load(&run->interrupted))
        hr_reader_interrupt(reader);
}

static hr_status find_column(const char *const *names, size_t count, const char *name, size_t size, uint32_t *out, hr_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == size && !memcmp(names[i], name, size)) {
            *out = (uint32_t)i;
            return HR_OK;
        }
    return hr_fail(err, HR_E_INVALID, "option key names a column '%.*s' that the input does not have", (int)(size > 200 ? 200 : size), name);
}

static hr_status make_hasher(hr_work *work, const char *key, const char *const *names, size_t count, hr_error *err)
{
    uint32_t columns[64];
    size_t used = 0;
    if (!strcmp(key, "*"))
        return hr_hasher_new(work->run->config.hash, NULL, 0, &work->hasher, err);
    for (const char *p = key; *p; used++) {
        size_t size = strcspn(p, ",");
        if (used == HR_COUNT(columns))
            return hr_fail(err, HR_E_LIMIT, "option key takes at most %zu columns", HR_COUNT(columns));
        hr_status status = find_column(names, count, p, size, &columns[used], err);
        if (status != HR_OK)
            return status;
        p += size + (p[size] == ',');
    }
    return hr_hasher_new(work->run->config.hash, columns, used, &work->hasher, err);
}

/* The keys of a feed are made of the same columns by the same hash for ever, or they would not find each other. */
static hr_status open_keys(hr_run *run, const char *key, hr_error *err)
{
    uint64_t length;
    char shape[512], wanted[512], *path = NULL;
    if (run->keys)
        return HR_OK;
    if (strlen(key) > sizeof wanted - 16)
        return hr_fail(err, HR_E_LIMIT, "option key is longer than %zu bytes", sizeof wanted - 16);
    snprintf(wanted, sizeof wanted, "%s:%s", hr_hash_name(run->config.hash), key);
    hr_status status = hr_ledger_keys(run->ledger, run->feed, &length, shape, err);
    if (status == HR_OK && shape[0] && strcmp(shape, wanted))
        return hr_fail(err, HR_E_INVALID, "the keys of feed '%s' are %s, not %s: give the same options key and hash, or another name",
                       run->feed, shape, wanted);
    if (status == HR_OK)
        status = hr_ledger_key_path(run->ledger, run->feed, &path, err);
    if (status == HR_OK)
        status = hr_keyset_open(path, hr_hash_size(run->config.hash), length, run->config.dedup_memory, &run->keys, err);
    hr_free(path);
    return status;
}

static hr_status open_work_sink(hr_work *work, const char *const *names, size_t count, hr_error *err)
{
    const hr_job_config *config = &work->run->config;
    hr_sink_plan plan = {.uri = work->job.destination, .feed = work->run->feed, .job = work->job.id, .file = work->origin,
                         .columns = names, .column_count = count, .format = config->format, .compression = config->compression,
                         .started_ns = work->job.started_ns, .lineage = config->lineage};
    return hr_open_sink(work->run, &plan, &work->sink, &work->sink_state, err);
}

hr_status hr_work_open(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_run *run = work->run;
    const char *const *names;
    size_t count;
    hr_position from;
    uint64_t stored;
    uint8_t digest[32];
    hr_stream proved;
    if (work->committed.size) {
        if (!hr_place_read(&work->committed, &from, &stored, digest)) {
            stream->close(stream->state);
            return hr_fail(err, HR_E_CORRUPT, "the position of job %s in the ledger cannot be read", work->job.id);
        }
        hr_status status = hr_prefix_wrap(stream, stored, digest, &proved, &work->prefix, err);
        if (status != HR_OK)
            return status;
        stream = &proved;
    }
    hr_status status = hr_reader_open_stream(stream, run->options, true, &work->reader, err);
    if (status != HR_OK)
        return status;
    set_reading(run, work->reader);
    if (work->retry_from)
        from = *work->retry_from;
    if (work->committed.size || work->retry_from)
        status = hr_reader_resume(work->reader, &from, &work->facts.dialect, (const char *const *)work->facts.names,
                                  work->facts.name_count, err);
    if (status == HR_OK)
        status = hr_reader_columns(work->reader, &names, &count, err);
    work->begun = status == HR_OK;
    if (status == HR_OK && run->config.key)
        status = make_hasher(work, run->config.key, names, count, err);
    if (status == HR_OK && run->config.key)
        status = open_keys(run, run->config.key, err);
    if (status == HR_OK)
        status = open_work_sink(work, names, count, err);
    return status;
}

void hr_work_clear(hr_work *work)
{
    set_reading(work->run, NULL);
    hr_reader_close(work->reader);
    hr_close_sink(work->sink, work->sink_state);
    hr_hasher_free(work->hasher);
    hr_free(work->hashes);
    hr_free(work->fresh);
    hr_free(work->rows);
    hr_pending_free(&work->pending);
    hr_facts_clear(&work->facts);
    hr_job_clear(&work->job);
    hr_file_clear(&work->file);
    hr_object_clear(&work->object);
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static hr_status row_room(hr_work *work, size_t rows, hr_error *err)
{
    if (rows <= work->row_capacity)
        return HR_OK;
    size_t capacity = rows < 4096 ? 4096 : rows;
    void *hashes = hr_realloc(work->hashes, capacity * hr_hash_size(work->run->config.hash));
    work->hashes = hashes ? hashes : work->hashes;
    void *fresh = hashes ? hr_realloc(work->fresh, capacity) : NULL;
    work->fresh = fresh ? fresh : work->fresh;
    void *list = fresh ? hr_realloc(work->rows, capacity * sizeof *work->rows) : NULL;
    work->rows = list ? list : work->rows;
    if (!list)
        return hr_fail_memory(err, "deduplicating");
    work->row_capacity = capacity;
    return HR_OK;
}

/* The rows of the batch that are not known yet, and their keys, moved together. */
static hr_status pick_fresh(hr_work *work, const hr_batch *batch, uint32_t skip, hr_parcel *parcel, hr_error *err)
{
    size_t size = hr_hash_size(work->run->config.hash), kept = 0;
    hr_status status = row_room(work, batch->rows, err);
    if (status == HR_OK)
        status = hr_hasher_run(work->hasher, batch, work->hashes, err);
    if (status == HR_OK)
        status = hr_keyset_add(work->run->keys, work->hashes + skip * size, batch->rows - skip, work->fresh + skip, err);
    if (status != HR_OK)
        return status;
    for (uint32_t i = skip; i < batch->rows; i++) {
        if (!work->fresh[i])
            continue;
        memmove(work->hashes + kept * size, work->hashes + i * size, size);
        work->rows[kept++] = i;
    }
    *parcel = (hr_parcel){batch, work->rows, kept, work->hashes, size};
    return HR_OK;
}

hr_status hr_work_write(hr_work *work, const hr_batch *batch, uint32_t skip, hr_error *err)
{
    hr_parcel parcel = {.batch = batch, .row_count = batch->rows};
    hr_status status = HR_OK;
    if (work->hasher && batch->rows > skip) {
        status = pick_fresh(work, batch, skip, &parcel, err);
    } else if (skip) {
        status = row_room(work, batch->rows, err);
        for (uint32_t i = skip; status == HR_OK && i < batch->rows; i++)
            work->rows[i - skip] = i;
        parcel.rows = work->rows;
        parcel.row_count = batch->rows - skip;
    }
    if (status == HR_OK && parcel.row_count) {
        status = work->sink->write(work->sink_state, &parcel, work->segment_start, &work->segment_bytes, err);
        work->segment_open = true;
    }
    if (status != HR_OK)
        return status;
    work->segment_rows += parcel.row_count;
    work->counts.loaded += parcel.row_count;
    work->counts.duplicate += batch->rows - skip - parcel.row_count;
    work->counts.read += batch->read - skip;
    work->counts.rejected += batch->rejected;
    work->counts.skipped += batch->skipped;
    for (size_t i = 0; status == HR_OK && i < batch->rejected; i++)
        status = hr_pending_add(&work->pending, &batch->rejects[i], err);
    return status;
}

static bool too_many_errors(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    const hr_counts *counts = &work->counts;
    if (counts->rejected > config->max_errors)
        return true;
    return config->max_error_share <= 1 && counts->read >= SHARE_LEAST &&
           (double)counts->rejected > config->max_error_share * (double)counts->read;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------- */

/* Where a segment that begins now begins, as a name that sorts. */
static void name_segment(hr_work *work)
{
    hr_position at;
    uint64_t raw = 0;
    hr_reader_position(work->reader, &at);
    sscanf(at.bytes, "csv1:raw=%" SCNu64, &raw);
    snprintf(work->segment_start, sizeof work->segment_start, "%016" PRIu64, raw);
    work->segment_rows = work->segment_bytes = 0;
    work->segment_ns = hr_clock_steady_ns();
}

/* The place behind all that was taken from the reader. */
static hr_status place_now(hr_work *work, hr_position *out, hr_error *err)
{
    hr_position at;
    uint8_t digest[32];
    uint64_t stored;
    hr_reader_position(work->reader, &at);
    hr_status status = hr_input_digest(hr_reader_input(work->reader), digest, &stored, err);
    if (status == HR_OK)
        hr_place_write(&at, stored, digest, out);
    return status;
}

/* A commit with the job in `status`; `file` as the manifest entry shall be, or NULL. */
static hr_status checkpoint(hr_work *work, hr_job_status status, const char *error, const hr_file *file, const hr_event *events,
                            size_t event_count, hr_error *err)
{
    hr_run *run = work->run;
    bool finished = status == HR_JOB_COMPLETED || status == HR_JOB_PARTIALLY_COMPLETED || status == HR_JOB_FAILED;
    hr_position after;
    hr_reader_facts facts;
    char *metadata = NULL, *text = NULL, shape[512] = "";
    if (run->keys)
        snprintf(shape, sizeof shape, "%s:%s", hr_hash_name(run->config.hash), run->config.key);
    hr_status outcome = place_now(work, &after, err);
    if (outcome == HR_OK && (finished || !work->facts_known)) {
        outcome = hr_reader_describe(work->reader, &facts, err);
        if (outcome == HR_OK)
            outcome = hr_metadata_write(&work->object, &facts, file ? file->sha256 : NULL, &metadata, err);
        if (outcome == HR_OK)
            outcome = hr_facts_write(&facts, &run->config, &text, err);
    }
    if (outcome == HR_OK) {
        hr_commit commit = {.status = status, .error = error, .metadata = metadata, .facts = text, .file = file,
                            .events = events, .event_count = event_count, .finished = finished,
                            .key_shape = shape[0] ? shape : NULL};
        outcome = hr_commit_work(work, &commit, &after, err);
    }
    work->facts_known |= outcome == HR_OK;
    if (outcome == HR_OK && metadata) {
        hr_free(work->job.metadata);
        work->job.metadata = metadata;
        metadata = NULL;
    }
    hr_free(metadata);
    hr_free(text);
    return outcome;
}

static bool due(const hr_work *work)
{
    const hr_job_config *config = &work->run->config;
    if (work->pending.bytes >= PENDING_BYTES_MAX || (work->segment_open && ((config->segment_bytes && work->segment_bytes >= config->segment_bytes) ||
        (config->segment_rows && work->segment_rows >= config->segment_rows))))
        return true;
    return config->segment_age_ms && work->segment_ns &&
           (uint64_t)(hr_clock_steady_ns() - work->segment_ns) / 1000000 >= config->segment_age_ms;
}

/* Progress for the watch, and a lease that does not run out. */
static hr_status keep_alive(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    int64_t now = hr_clock_steady_ns();
    if (run->watch.progress && now - work->told_ns >= TELL_NS) {
        work->told_ns = now;
        hr_job job = work->job;
        job.counts = work->counts;
        run->watch.progress(run->watch.context, &job, hr_input_stored(hr_reader_input(work->reader)), work->object.size);
    }
    if (now - run->renewed_ns < RENEW_NS)
        return HR_OK;
    run->renewed_ns = now;
    return hr_ledger_renew(run->ledger, run->feed, run->generation, LEASE_NS, err);
}

/* ---- ends -------------------------------------------------------------------------------------------------- */

void hr_work_tell(hr_work *work, hr_job_status status, const char *error)
{
    hr_run *run = work->run;
    hr_run_summary *sum = &run->summary;
    sum->jobs++;
    sum->completed += status == HR_JOB_COMPLETED;
    sum->partial += status == HR_JOB_PARTIALLY_COMPLETED;
    sum->failed += status == HR_JOB_FAILED;
    sum->interrupted += status == HR_JOB_PENDING;
    sum->counts.read += work->job.counts.read;
    sum->counts.loaded += work->job.counts.loaded;
    sum->counts.duplicate += work->job.counts.duplicate;
    sum->counts.rejected += work->job.counts.rejected;
    sum->counts.skipped += work->job.counts.skipped;
    if (!run->watch.job_done)
        return;
    hr_job job = work->job;
    job.status = status;
    job.error = error ? hr_strdup(error) : NULL;
    job.finished_ns = hr_clock_wall_ns();
    run->watch.job_done(run->watch.context, &job);
    hr_free(job.error);
}

/* What is not committed is forgotten: keys too. */
static void forget(hr_work *work)
{
    hr_keyset_close(work->run->keys);
    work->run->keys = NULL;
    hr_close_sink(work->sink, work->sink_state);
    work->sink_state = NULL;
    work->segment_open = false;
    work->counts = work->job.counts;
    hr_pending_clear(&work->pending);
}

/* A place in the input as people look for it. */
static void describe(const hr_error *err, char *out, size_t size)
{
    int used = snprintf(out, size, "%s", err->text);
    if (err->line != HR_UNKNOWN && used > 0 && (size_t)used < size)
        used += snprintf(out + used, size - (size_t)used, " (line %" PRIu64 ")", err->line);
    if (err->offset != HR_UNKNOWN && used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, " (byte %" PRIu64 ")", err->offset);
}

/* The job failed. `progress`: what was done is sound and is committed with the failure; else it is forgotten. The reason
 * is in err; the ledger may be what failed, so that telling it is a try. */
static void fail_job(hr_work *work, bool progress, const hr_error *reason)
{
    hr_run *run = work->run;
    char text[1024];
    hr_error ignored;
    describe(reason, text, sizeof text);
    hr_event event = {.kind = "ImportFailed", .job = work->job.id};
    hr_file file = work->file;
    file.state = HR_FILE_FAILED;
    if (reason->status == HR_E_CORRUPT) /* cut short: the whole input may still come, and begins with what was read */
        file.size = HR_UNKNOWN;
    bool sound = progress && work->reader && (!work->prefix || hr_prefix_proved(work->prefix));
    if (!sound || checkpoint(work, HR_JOB_FAILED, text, file.id ? &file : NULL, &event, 1, &ignored) != HR_OK) {
        forget(work);
        hr_commit commit = {.feed = run->feed, .generation = run->generation, .job = work->job.id, .before = &work->committed,
                            .after = &work->committed, .counts = work->job.counts, .status = HR_JOB_FAILED, .error = text,
                            .keys = HR_UNKNOWN, .file = file.id ? &file : NULL, .events = &event, .event_count = 1,
                            .finished = true};
        uint64_t none;
        if (hr_ledger_commit(run->ledger, &commit, &none, &ignored) != HR_OK)
            hr_error_clear(&ignored); /* the next run finds the job IN_PROGRESS and goes on with it */
    }
    if (run->watch.event)
        run->watch.event(run->watch.context, event.kind, work->job.id, NULL);
    hr_work_tell(work, HR_JOB_FAILED, text);
}

static bool account_holds(const hr_counts *c)
{
    return c->read == c->loaded + c->duplicate + c->rejected + c->skipped;
}

/* The same content under another name is loaded, and said. */
static hr_status same_content(hr_work *work, const char *sha256, char *detail, size_t size, bool *same, hr_error *err)
{
    hr_file other = {0};
    hr_status status = hr_ledger_file_by_hash(work->run->ledger, work->run->feed, sha256, &other, err);
    *same = status == HR_OK && other.id != work->file.id;
    if (*same) {
        hr_buffer text = {.ceiling = 1 << 16};
        if (hr_buffer_text(&text, "{\"loaded_as\":") && hr_buffer_json(&text, other.uri, strlen(other.uri)) &&
            hr_buffer_printf(&text, ",\"job\":\"%s\"}", other.job) && text.size < size) {
            memcpy(detail, text.data, text.size);
            detail[text.size] = '\0';
        }
        hr_buffer_free(&text);
    }
    hr_file_clear(&other);
    return status == HR_E_NOT_FOUND ? HR_OK : status;
}

static hr_status finish_job(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    uint8_t digest[32];
    uint64_t stored;
    char same_detail[4200] = "{}", detail[256], fallback[64], doubt[160];
    bool same = false;
    if (!account_holds(&work->counts))
        return hr_fail(err, HR_E_ACCOUNT, "rows are unaccounted for: this is a defect of headrace, please report it");
    hr_status status = hr_input_digest(hr_reader_input(work->reader), digest, &stored, err);
    hr_file file = work->file;
    if (status == HR_OK && file.id) {
        file.state = HR_FILE_LOADED;
        file.size = work->object.size == HR_UNKNOWN ? stored : work->object.size;
        file.modified_ns = work->object.modified_ns;
        memcpy(file.version, work->object.version, sizeof file.version);
        memcpy(file.job, work->job.id, sizeof file.job);
        hr_digest_hex(digest, file.sha256);
        status = same_content(work, file.sha256, same_detail, sizeof same_detail, &same, err);
    }
    if (status != HR_OK)
        return status;
    const hr_counts *c = &work->counts;
    snprintf(detail, sizeof detail, "{\"read\":%" PRIu64 ",\"loaded\":%" PRIu64 ",\"duplicate\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"skipped\":%" PRIu64 "}",
             c->read, c->loaded, c->duplicate, c->rejected, c->skipped);
    hr_reader_facts facts;
    hr_changes changes = {0};
    hr_event events[7] = {{"ImportCompleted", work->job.id, detail}};
    size_t count = 1;
    status = hr_reader_describe(work->reader, &facts, err);
    if (status == HR_OK)
        status = hr_changes_find(run, work->job.id, &facts, &changes, err);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < changes.count; i++)
        events[count++] = changes.events[i];
    if (same)
        events[count++] = (hr_event){"SameContent", work->job.id, same_detail};
    if (facts.fallback_rows) {
        snprintf(fallback, sizeof fallback, "{\"rows\":%" PRIu64 "}", facts.fallback_rows);
        events[count++] = (hr_event){"EncodingFallback", work->job.id, fallback};
    }
    uint64_t first, doubts = hr_input_doubts(hr_reader_input(work->reader), &first);
    if (doubts) {
        snprintf(doubt, sizeof doubt, "{\"decoded_as\":\"%s\",\"like_utf8\":%" PRIu64 ",\"first_offset\":%" PRIu64 "}", facts.encoding->name,
                 doubts, first);
        events[count++] = (hr_event){"EncodingDoubtful", work->job.id, doubt};
    }
    hr_job_status ended = c->rejected ? HR_JOB_PARTIALLY_COMPLETED : HR_JOB_COMPLETED;
    status = checkpoint(work, ended, NULL, file.id ? &file : NULL, events, count, err);
    for (size_t i = 0; status == HR_OK && run->watch.event && i < count; i++)
        run->watch.event(run->watch.context, events[i].kind, events[i].job, events[i].detail);
    hr_changes_clear(&changes);
    if (status == HR_OK)
        hr_work_tell(work, ended, NULL);
    return status;
}

/* ---- the loop ---------------------------------------------------------------------------------------------- */

typedef enum step { STEP_ON, STEP_END, STEP_INPUT_FAILED, STEP_RUN_FAILED, STEP_STOP, STEP_TOO_MANY } step;

static step take_batch(hr_work *work, hr_error *err)
{
    hr_batch *batch;
    if (atomic_load(&work->run->interrupted))
        return STEP_STOP;
    if (work->segment_ns == 0)
        name_segment(work);
    hr_status status = hr_reader_next(work->reader, &batch, err);
    if (status == HR_E_INTERRUPTED)
        return STEP_STOP;
    if (status != HR_OK)
        return status == HR_END ? STEP_END : STEP_INPUT_FAILED;
    status = hr_work_write(work, batch, 0, err);
    hr_batch_release(batch);
    if (status != HR_OK)
        return STEP_RUN_FAILED;
    if (too_many_errors(work))
        return STEP_TOO_MANY;
    status = keep_alive(work, err);
    if (status == HR_OK && due(work) && (!work->prefix || hr_prefix_proved(work->prefix))) {
        status = checkpoint(work, HR_JOB_IN_PROGRESS, NULL, NULL, NULL, 0, err);
        work->segment_rows = 0;
        work->segment_ns = 0;
    }
    return status == HR_OK ? STEP_ON : STEP_RUN_FAILED;
}

static hr_status stop_job(hr_work *work, hr_error *err)
{
    static const char why[] = "stopped; the same command goes on from here";
    if (!work->prefix || hr_prefix_proved(work->prefix)) {
        hr_status status = checkpoint(work, HR_JOB_PENDING, why, NULL, NULL, 0, err);
        if (status != HR_OK) {
            hr_error reason = *err;
            fail_job(work, false, &reason);
            return status;
        }
    }
    hr_work_tell(work, HR_JOB_PENDING, why);
    return hr_fail(err, HR_E_INTERRUPTED, "stopped at a checkpoint; the same command goes on from here");
}

static hr_status end_job(hr_work *work, step last, hr_error *err)
{
    const hr_job_config *config = &work->run->config;
    hr_status status = HR_OK;
    if (last == STEP_STOP)
        return stop_job(work, err);
    if (last == STEP_END) {
        /* Also when all of them were counted by an earlier run. */
        if (too_many_errors(work) ||
            (config->max_error_share <= 1 && (double)work->counts.rejected > config->max_error_share * (double)work->counts.read))
            last = STEP_TOO_MANY;
        else
            status = finish_job(work, err);
    }
    if (last == STEP_TOO_MANY) {
        hr_fail(err, HR_E_REJECTS, "%" PRIu64 " of %" PRIu64 " rows were rejected, more than option max-errors allows; 'headrace errors %s' lists them",
                work->counts.rejected, work->counts.read, work->job.id);
        fail_job(work, true, err);
        return HR_OK;
    }
    if (last == STEP_INPUT_FAILED) {
        fail_job(work, true, err);
        return HR_OK;
    }
    if (status != HR_OK || last == STEP_RUN_FAILED) {
        hr_error reason = *err;
        fail_job(work, false, &reason);
        return reason.status;
    }
    return HR_OK;
}

hr_status hr_work_run(hr_work *work, hr_stream *stream, hr_error *err)
{
    hr_error unasked;
    err = err ? err : &unasked;
    work->counts = work->job.counts;
    hr_status status = hr_work_open(work, stream, err);
    if (status == HR_E_CHANGED && work->committed.size) {
        forget(work);
        return status;
    }
    if (status == HR_E_INTERRUPTED) {
        hr_work_tell(work, HR_JOB_PENDING, "stopped before anything was read");
        return status;
    }
    if (status != HR_OK) {
        /* The input's own fault concerns this job only; the destination's and the ledger's concern all. */
        bool own = !work->begun && status != HR_E_MEMORY;
        hr_error reason = *err;
        fail_job(work, false, &reason);
        return own ? HR_OK : reason.status;
    }
    step last;
    do
        last = take_batch(work, err);
    while (last == STEP_ON);
    bool unproved = work->prefix && !hr_prefix_proved(work->prefix);
    if (unproved && (last == STEP_END || (last == STEP_INPUT_FAILED && err->status == HR_E_CHANGED))) {
        forget(work); /* rows of another content, and their keys */
        return hr_fail(err, HR_E_CHANGED, "the input is not the one that was read before the checkpoint");
    }
    HR_FAULT_POINT("job.end");
    return end_job(work, last, err);
}
