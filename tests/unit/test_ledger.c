/* test_ledger.c: what every ledger promises of jobs, commits, rejects, receipts, files and events. */
#include "tests/ledger/support.h"

/* ---- jobs --------------------------------------------------------------------------------------------------- */

CONFORMS(job_comes_back_as_it_was_given)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_job job = {.id = "01234567-89ab-7def-8000-00000000000a",
                  .status = HR_JOB_IN_PROGRESS,
                  .feed = "orders",
                  .source_type = "file",
                  .source = "file:///in/a'b.csv",
                  .destination = "zone",
                  .total = HR_UNKNOWN,
                  .counts = {5, 4, 1, 0, 0},
                  .position = at("bytes 17"),
                  .created_ns = 11,
                  .started_ns = 12,
                  .metadata = "{\"size\":1}",
                  .options = "{}",
                  .facts = "header 5",
                  .attempts = 3};
    OK(hr_ledger_job_new(ledger, &job, NULL, &err));
    FAILS(hr_ledger_job_new(ledger, &job, NULL, &err), HR_E_EXISTS);
    hr_ledger_close(ledger);

    ledger = open_ledger(uri);
    hr_job got;
    OK(hr_ledger_job(ledger, job.id, &got, &err));
    cr_assert_str_eq(got.id, job.id);
    cr_assert_eq(got.status, HR_JOB_IN_PROGRESS);
    cr_assert_str_eq(got.feed, "orders");
    cr_assert_str_eq(got.source_type, "file");
    cr_assert_str_eq(got.source, "file:///in/a'b.csv");
    cr_assert_str_eq(got.destination, "zone");
    cr_assert_eq(got.total, HR_UNKNOWN);
    cr_assert_eq(memcmp(&got.counts, &job.counts, sizeof got.counts), 0);
    cr_assert_eq(got.position.size, 8);
    cr_assert_eq(memcmp(got.position.bytes, "bytes 17", 8), 0);
    cr_assert_eq(got.created_ns, 11);
    cr_assert_eq(got.started_ns, 12);
    cr_assert_eq(got.finished_ns, 0);
    cr_assert_null(got.error);
    cr_assert_str_eq(got.metadata, "{\"size\":1}");
    cr_assert_str_eq(got.facts, "header 5");
    cr_assert_eq(got.attempts, 3);
    hr_job_clear(&got);
    hr_ledger_close(ledger);
}

CONFORMS(job_is_found_by_a_unique_prefix)
{
    hr_ledger *ledger = open_ledger(uri);
    char id[37];
    hr_job got;
    add_job(ledger, "a", "01890000", id);
    add_job(ledger, "a", "0189abcd", id);
    add_job(ledger, "a", "ffff", id);
    OK(hr_ledger_job(ledger, "0189AB", &got, &err));
    cr_assert_eq(strncmp(got.id, "0189abcd-", 9), 0);
    hr_job_clear(&got);
    OK(hr_ledger_job(ledger, "ffff", &got, &err));
    hr_job_clear(&got);
    FAILS(hr_ledger_job(ledger, "0189", &got, &err), HR_E_INVALID);
    FAILS(hr_ledger_job(ledger, "018", &got, &err), HR_E_INVALID);
    FAILS(hr_ledger_job(ledger, "0177", &got, &err), HR_E_NOT_FOUND);
    FAILS(hr_ledger_job(ledger, "0189%%", &got, &err), HR_E_NOT_FOUND);
    FAILS(hr_ledger_job(ledger, "01890000-0000-7000-8000-000000000001", &got, &err), HR_E_NOT_FOUND);
    hr_ledger_close(ledger);
}

CONFORMS(jobs_are_listed_newest_first)
{
    hr_ledger *ledger = open_ledger(uri);
    char id[37];
    add_job(ledger, "a", "aaaa", id);
    add_job(ledger, "b", "bbbb", id);
    add_job(ledger, "a", "cccc", id);
    seen s = {0};
    OK(hr_ledger_jobs(ledger, NULL, 0, see_job, &s, &err));
    cr_assert_str_eq(s.last, "cccc bbbb aaaa ");
    s = (seen){0};
    OK(hr_ledger_jobs(ledger, NULL, 2, see_job, &s, &err));
    cr_assert_str_eq(s.last, "cccc bbbb ");
    s = (seen){0};
    OK(hr_ledger_jobs(ledger, "a", 0, see_job, &s, &err));
    cr_assert_str_eq(s.last, "cccc aaaa ");
    s = (seen){0};
    OK(hr_ledger_jobs(ledger, "none", 0, see_job, &s, &err));
    cr_assert_eq(s.count, 0);
    hr_ledger_close(ledger);
}

static hr_status look_inside(void *context, const hr_job *job, hr_error *e)
{
    seen *s = context;
    hr_job again;
    hr_status status = hr_ledger_job(s->ledger, job->id, &again, e);
    if (status == HR_OK)
        hr_job_clear(&again);
    if (status == HR_OK && s->last_id++ == 0) /* once: the same function within itself */
        status = hr_ledger_jobs(s->ledger, NULL, 0, see_job, s, e);
    if (status == HR_OK) {
        hr_error inner;
        cr_assert_eq(hr_ledger_event(s->ledger, "a", &(hr_event){.kind = "No"}, &inner), HR_E_STATE);
        status = hr_ledger_rejects(s->ledger, job->id, -1, see_reject, s, e);
    }
    return status;
}

static hr_status stop_at_once(void *context, const hr_job *job, hr_error *e)
{
    (void)job;
    ((seen *)context)->count++;
    return hr_fail(e, HR_E_LIMIT, "enough");
}

CONFORMS(callbacks_may_read_and_may_stop)
{
    hr_ledger *ledger = open_ledger(uri);
    char id[37];
    add_job(ledger, "a", "aaaa", id);
    add_job(ledger, "a", "bbbb", id);
    seen s = {.ledger = ledger};
    OK(hr_ledger_jobs(ledger, NULL, 0, look_inside, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_assert_eq(s.last_id, 2);
    s = (seen){0};
    FAILS(hr_ledger_jobs(ledger, NULL, 0, stop_at_once, &s, &err), HR_E_LIMIT);
    cr_assert_eq(s.count, 1);
    OK(hr_ledger_event(ledger, "a", &(hr_event){.kind = "Yes"}, &err));
    hr_ledger_close(ledger);
}

CONFORMS(begin_counts_attempts_and_needs_the_lease)
{
    hr_ledger *ledger = open_ledger(uri);
    char id[37];
    uint64_t generation;
    hr_job got;
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    OK(hr_ledger_job_begin(ledger, "a", generation, id, &err));
    OK(hr_ledger_job_begin(ledger, "a", generation, id, &err));
    OK(hr_ledger_job(ledger, id, &got, &err));
    cr_assert_eq(got.attempts, 2);
    cr_assert_eq(got.status, HR_JOB_IN_PROGRESS);
    cr_assert_gt(got.started_ns, 0);
    hr_job_clear(&got);
    FAILS(hr_ledger_job_begin(ledger, "a", generation + 1, id, &err), HR_E_FENCED);
    FAILS(hr_ledger_job_begin(ledger, "a", generation, "nobody", &err), HR_E_NOT_FOUND);
    OK(hr_ledger_job(ledger, id, &got, &err));
    cr_assert_eq(got.attempts, 2);
    hr_job_clear(&got);
    hr_ledger_close(ledger);
}

/* ---- commits ------------------------------------------------------------------------------------------------ */

CONFORMS(commit_moves_everything_together)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation, receipt_id = 0, keys;
    char shape[512];
    hr_file file = {.feed = "a", .uri = "file:///in/a.csv", .size = 10, .state = HR_FILE_LOADING};
    hr_job job = {.id = "aaaaaaaa-0000-7000-8000-000000000000", .feed = "a", .total = 9}, got;
    OK(hr_ledger_job_new(ledger, &job, &file, &err));
    cr_assert_gt(file.id, 0);
    cr_assert_eq(file.number, 1);
    cr_assert_str_eq(file.job, job.id);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    OK(hr_ledger_job_begin(ledger, "a", generation, job.id, &err));

    hr_position before = at(""), after = at("100");
    hr_reject rejects[2] = {{.kind = HR_REJECT_FIELDS,
                             .row = 2,
                             .line = 3,
                             .offset = 17,
                             .at = HR_UNKNOWN,
                             .column = HR_UNKNOWN,
                             .raw = (const uint8_t *)"x\n",
                             .raw_size = 2,
                             .message = "1 field"},
                            {.kind = HR_REJECT_TYPE,
                             .row = 4,
                             .line = 5,
                             .offset = 40,
                             .at = 41,
                             .column = 2,
                             .raw = NULL,
                             .raw_size = 0,
                             .message = "no number"}};
    hr_receipt receipt = {.size = 4, .bytes = "r\0ec"};
    strcpy(file.sha256, "abc");
    file.state = HR_FILE_LOADED;
    hr_event events[2] = {{"ImportCompleted", job.id, "{}"}, {"FileGrew", NULL, NULL}};
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = job.id,
                        .before = &before,
                        .after = &after,
                        .counts = {9, 6, 1, 2, 0},
                        .status = HR_JOB_PARTIALLY_COMPLETED,
                        .metadata = "{\"a\":1}",
                        .rejects = rejects,
                        .reject_count = 2,
                        .receipt = &receipt,
                        .keys = 6,
                        .key_shape = "xxh3:a",
                        .file = &file,
                        .events = events,
                        .event_count = 2,
                        .finished = true};
    OK(hr_ledger_commit(ledger, &commit, &receipt_id, &err));
    cr_assert_gt(receipt_id, 0);
    hr_ledger_close(ledger);

    ledger = open_ledger(uri);
    OK(hr_ledger_job(ledger, job.id, &got, &err));
    cr_assert_eq(got.position.size, 3);
    cr_assert_eq(got.counts.loaded, 6);
    cr_assert_eq(got.counts.rejected, 2);
    cr_assert_eq(got.status, HR_JOB_PARTIALLY_COMPLETED);
    cr_assert_str_eq(got.metadata, "{\"a\":1}");
    cr_assert_gt(got.finished_ns, 0);
    hr_job_clear(&got);
    seen s = {0};
    OK(hr_ledger_rejects(ledger, job.id, 0, see_reject, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_assert_str_eq(s.last, "no number");
    s = (seen){0};
    OK(hr_ledger_receipts(ledger, NULL, job.id, false, see_receipt, &s, &err));
    cr_assert_eq(s.count, 1);
    cr_assert_eq(s.last_id, receipt_id);
    OK(hr_ledger_keys(ledger, "a", &keys, shape, &err));
    cr_assert_eq(keys, 6);
    cr_assert_str_eq(shape, "xxh3:a");
    hr_file loaded;
    OK(hr_ledger_file_by_hash(ledger, "a", "abc", &loaded, &err));
    cr_assert_eq(loaded.id, file.id);
    hr_file_clear(&loaded);
    s = (seen){0};
    OK(hr_ledger_events(ledger, "a", see_event, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_assert_str_eq(s.last, "FileGrew - -");
    hr_ledger_close(ledger);
}

CONFORMS(refused_commit_changes_nothing)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation, receipt_id = 77;
    char id[37], other[37], shape[512];
    add_job(ledger, "a", "aaaa", id);
    add_job(ledger, "b", "bbbb", other);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    hr_position before = at("x"), after = at("y"), empty = at("");
    hr_reject reject = {.kind = HR_REJECT_QUOTE, .row = 1, .message = "m"};
    hr_receipt receipt = {.size = 1, .bytes = "r"};
    hr_event event = {"E", NULL, NULL};
    hr_file file = {.id = 12345, .feed = "a", .uri = "u", .number = 1};
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = id,
                        .before = &before,
                        .after = &after,
                        .counts = {1, 1, 0, 0, 0},
                        .status = HR_JOB_COMPLETED,
                        .rejects = &reject,
                        .reject_count = 1,
                        .receipt = &receipt,
                        .keys = 5,
                        .events = &event,
                        .event_count = 1};
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_STATE); /* stale position */
    cr_assert_not_null(strstr(err.text, "'x'"));
    commit.before = &empty;
    commit.generation++;
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_FENCED);
    commit.generation--;
    commit.job = other; /* another feed's job */
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_STATE);
    commit.job = "dddddddd-0000-7000-8000-000000000000";
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_NOT_FOUND);
    commit.job = id;
    commit.file = &file; /* fails late, when all else is written */
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_NOT_FOUND);
    commit.file = NULL;
    OK(hr_ledger_unlease(ledger, "a", generation, &err));
    FAILS(hr_ledger_commit(ledger, &commit, &receipt_id, &err), HR_E_FENCED);
    cr_assert_eq(receipt_id, 77);

    hr_job got;
    seen s = {0};
    uint64_t keys;
    OK(hr_ledger_job(ledger, id, &got, &err));
    cr_assert_eq(got.position.size, 0);
    cr_assert_eq(got.counts.read, 0);
    cr_assert_eq(got.status, HR_JOB_PENDING);
    hr_job_clear(&got);
    OK(hr_ledger_rejects(ledger, id, -1, see_reject, &s, &err));
    OK(hr_ledger_receipts(ledger, "a", NULL, false, see_receipt, &s, &err));
    OK(hr_ledger_events(ledger, NULL, see_event, &s, &err));
    cr_assert_eq(s.count, 0);
    OK(hr_ledger_keys(ledger, "a", &keys, shape, &err));
    cr_assert_eq(keys, 0);
    cr_assert_str_eq(shape, "");
    hr_ledger_close(ledger);
}

CONFORMS(commit_keeps_what_it_does_not_name)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation, receipt_id = 5, keys;
    char id[37], shape[512];
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    hr_position p0 = at(""), p1 = at("1"), p2 = at("2");
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = id,
                        .before = &p0,
                        .after = &p1,
                        .error = "lost",
                        .metadata = "{}",
                        .facts = "f",
                        .keys = 7,
                        .key_shape = "sha256:*",
                        .status = HR_JOB_FAILED};
    OK(hr_ledger_commit(ledger, &commit, NULL, &err));
    hr_commit next = {.feed = "a",
                      .generation = generation,
                      .job = id,
                      .before = &p1,
                      .after = &p2,
                      .keys = HR_UNKNOWN,
                      .status = HR_JOB_IN_PROGRESS};
    OK(hr_ledger_commit(ledger, &next, &receipt_id, &err));
    cr_assert_eq(receipt_id, 0, "there is no receipt");
    hr_job got;
    OK(hr_ledger_job(ledger, id, &got, &err));
    cr_assert_null(got.error);
    cr_assert_str_eq(got.metadata, "{}");
    cr_assert_str_eq(got.facts, "f");
    hr_job_clear(&got);
    OK(hr_ledger_keys(ledger, "a", &keys, shape, &err));
    cr_assert_eq(keys, 7);
    cr_assert_str_eq(shape, "sha256:*");
    hr_ledger_close(ledger);
}

/* ---- rejects ------------------------------------------------------------------------------------------------ */

typedef struct raw_check {
    const uint8_t *raw;
    size_t size;
    int count;
} raw_check;

static hr_status check_raw(void *context, const hr_reject_record *record, hr_error *e)
{
    (void)e;
    raw_check *check = context;
    const hr_reject *reject = &record->reject;
    check->count++;
    cr_assert_eq(reject->kind, HR_REJECT_ENCODING);
    cr_assert_eq(reject->row, 3);
    cr_assert_eq(reject->line, 4);
    cr_assert_eq(reject->offset, UINT64_C(1) << 40);
    cr_assert_eq(reject->at, HR_UNKNOWN);
    cr_assert_eq(reject->column, 7);
    cr_assert_str_eq(reject->message, "bad byte");
    cr_assert_str_eq(reject->column_name, "na\xc3\xafve");
    cr_assert_eq(reject->value_size, 3);
    cr_assert_eq(memcmp(reject->value, "a\0\xff", 3), 0);
    cr_assert(reject->value_cut);
    cr_assert_eq(reject->raw_size, check->size);
    cr_assert_eq(memcmp(reject->raw, check->raw, check->size), 0);
    return HR_OK;
}

CONFORMS(reject_keeps_its_raw_bytes_whole)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation;
    char id[37];
    size_t size = (size_t)20 << 20;
    uint8_t *raw = malloc(size);
    for (size_t i = 0; i < size; i++)
        raw[i] = (uint8_t)(i * 2654435761u >> 24); /* NULs and invalid UTF-8 among them */
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    hr_position p0 = at(""), p1 = at("1");
    hr_reject reject = {.kind = HR_REJECT_ENCODING,
                        .row = 3,
                        .line = 4,
                        .offset = UINT64_C(1) << 40,
                        .at = HR_UNKNOWN,
                        .column = 7,
                        .raw = raw,
                        .raw_size = size,
                        .message = "bad byte",
                        .column_name = "na\xc3\xafve",
                        .value = (const uint8_t *)"a\0\xff",
                        .value_size = 3,
                        .value_cut = true};
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = id,
                        .before = &p0,
                        .after = &p1,
                        .keys = HR_UNKNOWN,
                        .rejects = &reject,
                        .reject_count = 1};
    OK(hr_ledger_commit(ledger, &commit, NULL, &err));
    raw_check check = {raw, size, 0};
    OK(hr_ledger_rejects(ledger, id, 0, check_raw, &check, &err));
    cr_assert_eq(check.count, 1);
    free(raw);
    hr_ledger_close(ledger);
}

CONFORMS(retry_settles_open_rejects_before_new_ones)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation;
    char id[37];
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    hr_position p0 = at("");
    hr_reject rejects[2] = {{.kind = HR_REJECT_QUOTE, .message = "old"}, {.kind = HR_REJECT_QUOTE, .message = "old"}};
    hr_commit commit = {.feed = "a",
                        .generation = generation,
                        .job = id,
                        .before = &p0,
                        .after = &p0,
                        .keys = HR_UNKNOWN,
                        .rejects = rejects,
                        .reject_count = 2};
    OK(hr_ledger_commit(ledger, &commit, NULL, &err));
    rejects[0].message = "new";
    commit.reject_count = 1;
    commit.settle_retried = 1;
    OK(hr_ledger_commit(ledger, &commit, NULL, &err));
    seen s = {0};
    OK(hr_ledger_rejects(ledger, id, 0, see_reject, &s, &err));
    cr_assert_eq(s.count, 1);
    cr_assert_str_eq(s.last, "new");
    s = (seen){0};
    OK(hr_ledger_rejects(ledger, id, -1, see_reject, &s, &err));
    cr_assert_eq(s.count, 3);
    cr_assert_eq(s.published, 2, "two are settled");
    hr_ledger_close(ledger);
}

/* ---- receipts, manifest, events ----------------------------------------------------------------------------- */

CONFORMS(receipts_are_pending_until_published)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation[2], first = 0, id = 0;
    char jobs[2][37];
    for (int feed = 0; feed < 2; feed++) {
        add_job(ledger, feed ? "b" : "a", feed ? "bbbb" : "aaaa", jobs[feed]);
        OK(hr_ledger_lease(ledger, feed ? "b" : "a", 60 * SECOND, &generation[feed], &err));
        for (int i = 0; i < 3; i++) {
            hr_position p0 = at("");
            hr_receipt receipt = {.size = 2, .bytes = {(char)('a' + feed), (char)('0' + i)}};
            hr_commit commit = {.feed = feed ? "b" : "a",
                                .generation = generation[feed],
                                .job = jobs[feed],
                                .before = &p0,
                                .after = &p0,
                                .keys = HR_UNKNOWN,
                                .receipt = &receipt};
            OK(hr_ledger_commit(ledger, &commit, &id, &err));
            first = first ? first : id;
        }
    }
    OK(hr_ledger_published(ledger, first, &err));
    OK(hr_ledger_published(ledger, first, &err));
    FAILS(hr_ledger_published(ledger, 999, &err), HR_E_NOT_FOUND);
    const struct {
        const char *feed, *job;
        bool pending;
        uint64_t count, published;
        const char *last;
    } cases[] = {{"a", NULL, true, 2, 0, "a2"},      {"a", NULL, false, 3, 1, "a2"},    {"b", NULL, true, 3, 0, "b2"},
                 {NULL, jobs[0], false, 3, 1, "a2"}, {NULL, jobs[0], true, 2, 0, "a2"}, {NULL, NULL, true, 5, 0, "b2"},
                 {NULL, NULL, false, 6, 1, "b2"},    {"b", jobs[0], false, 0, 0, ""}};
    for (size_t i = 0; i < HR_COUNT(cases); i++) {
        seen s = {0};
        OK(hr_ledger_receipts(ledger, cases[i].feed, cases[i].job, cases[i].pending, see_receipt, &s, &err));
        cr_assert_eq(s.count, cases[i].count, "case %zu", i);
        cr_assert_eq(s.published, cases[i].published, "case %zu", i);
        cr_assert_str_eq(s.last, cases[i].last, "case %zu", i);
    }
    hr_ledger_close(ledger);
}

static void put(hr_ledger *ledger, const char *name, const char *sha256, hr_file_state state)
{
    hr_file file = {.feed = "a", .uri = (char *)name, .size = HR_UNKNOWN, .modified_ns = 5, .state = state};
    strcpy(file.version, "v\"1\"");
    strcpy(file.sha256, sha256);
    OK(hr_ledger_file_put(ledger, &file, &err));
    cr_assert_gt(file.id, 0);
}

CONFORMS(manifest_keeps_every_version)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_file got = {0};
    put(ledger, "u1", "h1", HR_FILE_LOADED);
    put(ledger, "u1", "h2", HR_FILE_FAILED);
    put(ledger, "u0", "", HR_FILE_SEEN);
    OK(hr_ledger_file(ledger, "a", "u1", &got, &err));
    cr_assert_eq(got.number, 2);
    cr_assert_eq(got.size, HR_UNKNOWN);
    cr_assert_eq(got.modified_ns, 5);
    cr_assert_str_eq(got.version, "v\"1\"");
    cr_assert_str_eq(got.sha256, "h2");
    cr_assert_eq(got.state, HR_FILE_FAILED);
    cr_assert_gt(got.seen_ns, 0);
    FAILS(hr_ledger_file_put(ledger, &(hr_file){.feed = "a", .uri = "u1", .number = 2}, &err), HR_E_EXISTS);
    FAILS(hr_ledger_file_put(ledger, &(hr_file){.feed = "a", .uri = "u9", .job = "no such job"}, &err), HR_E_NOT_FOUND);
    got.state = HR_FILE_LOADED;
    got.size = 12;
    OK(hr_ledger_file_put(ledger, &got, &err));
    hr_file_clear(&got);
    OK(hr_ledger_file_by_hash(ledger, "a", "h2", &got, &err));
    cr_assert_eq(got.size, 12);
    hr_file_clear(&got);
    FAILS(hr_ledger_file(ledger, "b", "u1", &got, &err), HR_E_NOT_FOUND);
    FAILS(hr_ledger_file(ledger, "a", "u", &got, &err), HR_E_NOT_FOUND);
    FAILS(hr_ledger_file_by_hash(ledger, "b", "h1", &got, &err), HR_E_NOT_FOUND);
    FAILS(hr_ledger_file_by_hash(ledger, "a", "", &got, &err), HR_E_INVALID);
    seen s = {0};
    OK(hr_ledger_files(ledger, "a", see_file, &s, &err));
    cr_assert_str_eq(s.last, "u0#1=SEEN u1#1=LOADED u1#2=LOADED ");
    put(ledger, "u2", "h3", HR_FILE_QUARANTINED);
    FAILS(hr_ledger_file_by_hash(ledger, "a", "h3", &got, &err), HR_E_NOT_FOUND);
    hr_ledger_close(ledger);
}

CONFORMS(events_come_in_order)
{
    hr_ledger *ledger = open_ledger(uri);
    seen s = {0};
    OK(hr_ledger_event(ledger, "a", &(hr_event){"One", NULL, NULL}, &err));
    OK(hr_ledger_event(ledger, "b", &(hr_event){"Two", NULL, "{\"b\":2}"}, &err));
    OK(hr_ledger_event(ledger, "a", &(hr_event){"Three", "job", "{}"}, &err));
    OK(hr_ledger_events(ledger, "a", see_event, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_assert_str_eq(s.last, "Three job {}");
    s = (seen){0};
    OK(hr_ledger_events(ledger, NULL, see_event, &s, &err));
    cr_assert_eq(s.count, 3);
    hr_ledger_close(ledger);
}
