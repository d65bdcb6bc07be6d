/* test_ledger_intent.c: commits that wait for the destination's transaction, and where the parts of sources stand. */
#include "core/ledger/intent.h"
#include "tests/ledger/support.h"

static hr_position empty, after;
static hr_reject reject;
static hr_receipt receipt;
static hr_event event;
static hr_part parts_before[2], parts_after[2];
static hr_file file;
static char job[37];
static uint64_t generation;

/* A commit with something of everything, of a job that the ledger has. */
static hr_commit whole_commit(hr_ledger *ledger)
{
    file = (hr_file){.feed = "a", .uri = "file:///in/a.csv", .size = 10, .state = HR_FILE_LOADING};
    add_job(ledger, "a", "aaaa", job);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    OK(hr_ledger_file_put(ledger, &file, &err));
    file.state = HR_FILE_LOADED;
    snprintf(file.sha256, sizeof file.sha256, "abc");
    after = at("csv1:raw=7");
    reject = (hr_reject){.kind = HR_REJECT_TYPE,
                         .row = 3,
                         .line = 4,
                         .offset = 5,
                         .at = HR_UNKNOWN,
                         .column = 2,
                         .raw = (const uint8_t *)"a\0b\n",
                         .raw_size = 4,
                         .message = "no number",
                         .column_name = "amount",
                         .value = (const uint8_t *)"a\0",
                         .value_size = 2,
                         .value_cut = true};
    receipt = (hr_receipt){.size = 2, .bytes = "tx"};
    event = (hr_event){"ImportCompleted", job, "{\"read\":9}"};
    parts_before[0] = (hr_part){.name = "0", .at = ""};
    parts_before[1] = (hr_part){.name = "11", .at = ""};
    parts_after[0] = (hr_part){.name = "0", .at = "17", .lag = 5, .lag_known = true};
    parts_after[1] = (hr_part){.name = "11", .at = "4"};
    return (hr_commit){.feed = "a",
                       .generation = generation,
                       .job = job,
                       .before = &empty,
                       .after = &after,
                       .counts = {9, 6, 1, 1, 1},
                       .status = HR_JOB_PARTIALLY_COMPLETED,
                       .metadata = "{\"m\":1}",
                       .facts = "facts=1\n",
                       .rejects = &reject,
                       .reject_count = 1,
                       .receipt = &receipt,
                       .intent = true,
                       .keys = 6,
                       .key_shape = "xxh3:a",
                       .file = &file,
                       .events = &event,
                       .event_count = 1,
                       .source = "kafka:orders",
                       .parts_before = parts_before,
                       .parts_after = parts_after,
                       .part_count = 2,
                       .finished = true};
}

static hr_status see_intent(void *context, const hr_receipt_record *record, hr_error *e)
{
    (void)e;
    seen *s = context;
    s->count++;
    s->published += record->intent;
    return HR_OK;
}

/* What a ledger shows of the commit: all of it or nothing. */
static void check_applied(hr_ledger *ledger, bool applied)
{
    hr_job got;
    seen rejects = {0}, events = {0};
    uint64_t keys;
    char shape[512], where[HR_POSITION_MAX];
    OK(hr_ledger_job(ledger, job, &got, &err));
    cr_assert_eq(got.counts.read, applied ? 9 : 0);
    cr_assert_eq(got.status, applied ? HR_JOB_PARTIALLY_COMPLETED : HR_JOB_PENDING);
    cr_assert_eq(got.position.size, applied ? 10 : 0);
    cr_assert_eq(got.finished_ns != 0, applied);
    if (applied)
        cr_assert_str_eq(got.metadata, "{\"m\":1}");
    hr_job_clear(&got);
    OK(hr_ledger_rejects(ledger, job, -1, see_reject, &rejects, &err));
    cr_assert_eq(rejects.count, applied ? 1 : 0);
    OK(hr_ledger_events(ledger, "a", see_event, &events, &err));
    cr_assert_eq(events.count, applied ? 1 : 0);
    OK(hr_ledger_keys(ledger, "a", &keys, shape, &err));
    cr_assert_eq(keys, applied ? 6 : 0);
    OK(hr_ledger_part(ledger, "a", "kafka:orders", "0", where, &err));
    cr_assert_str_eq(where, applied ? "17" : "");
    OK(hr_ledger_part(ledger, "a", "kafka:orders", "11", where, &err));
    cr_assert_str_eq(where, applied ? "4" : "");
    OK(hr_ledger_part(ledger, "b", "kafka:orders", "11", where, &err));
    cr_assert_str_eq(where, "");
    hr_file loaded;
    hr_status found = hr_ledger_file_by_hash(ledger, "a", "abc", &loaded, &err);
    cr_assert_eq(found, applied ? HR_OK : HR_E_NOT_FOUND);
    if (applied)
        hr_file_clear(&loaded);
}

CONFORMS(intent_is_seen_once_its_transaction_is_committed)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    uint64_t id = 0;
    OK(hr_ledger_commit(ledger, &commit, &id, &err));
    check_applied(ledger, false);
    hr_ledger_close(ledger); /* another process finds it */

    ledger = open_ledger(uri);
    seen s = {0};
    OK(hr_ledger_receipts(ledger, "a", NULL, true, see_intent, &s, &err));
    cr_assert_eq(s.count, 1);
    cr_assert_eq(s.published, 1);
    OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
    OK(hr_ledger_published(ledger, id, &err));
    check_applied(ledger, true);
    OK(hr_ledger_published(ledger, id, &err)); /* twice is once */
    check_applied(ledger, true);
    FAILS(hr_ledger_withdraw(ledger, id, &err), HR_E_STATE);
    check_applied(ledger, true);
    hr_ledger_close(ledger);
}

CONFORMS(withdrawn_intent_was_never_there)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    uint64_t id = 0, again = 0;
    OK(hr_ledger_commit(ledger, &commit, &id, &err));
    OK(hr_ledger_withdraw(ledger, id, &err));
    check_applied(ledger, false);
    FAILS(hr_ledger_withdraw(ledger, id, &err), HR_E_STATE);
    FAILS(hr_ledger_published(ledger, id, &err), HR_E_NOT_FOUND);
    OK(hr_ledger_commit(ledger, &commit, &again, &err));
    cr_assert_neq(again, id);
    OK(hr_ledger_published(ledger, again, &err));
    check_applied(ledger, true);
    hr_ledger_close(ledger);
}

CONFORMS(intent_of_a_run_that_lost_its_lease_is_left_to_the_holder)
{
    hr_ledger *ledger = open_ledger(uri), *other = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    uint64_t id = 0, theirs;
    OK(hr_ledger_commit(ledger, &commit, &id, &err));
    OK(hr_ledger_renew(ledger, "a", generation, -SECOND, &err));
    OK(hr_ledger_lease(other, "a", 60 * SECOND, &theirs, &err));
    FAILS(hr_ledger_published(ledger, id, &err), HR_E_FENCED);
    FAILS(hr_ledger_withdraw(ledger, id, &err), HR_E_FENCED);
    check_applied(ledger, false);
    OK(hr_ledger_published(other, id, &err));
    check_applied(other, true);
    hr_ledger_close(ledger);
    hr_ledger_close(other);
}

CONFORMS(parts_move_by_comparison)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    uint64_t id;
    commit.intent = false;
    commit.finished = false;
    commit.part_count = 1;
    OK(hr_ledger_commit(ledger, &commit, &id, &err));
    hr_position second = at("csv1:raw=8");
    commit.before = &after;
    commit.after = &second;
    FAILS(hr_ledger_commit(ledger, &commit, &id, &err), HR_E_STATE); /* part 0 is no longer at its beginning */
    cr_assert_not_null(strstr(err.text, "'0' of source 'kafka:orders'"), "%s", err.text);
    commit.intent = true;
    FAILS(hr_ledger_commit(ledger, &commit, &id, &err), HR_E_STATE);
    commit.intent = false;
    parts_before[0].at = "17";
    parts_after[0].at = "18";
    OK(hr_ledger_commit(ledger, &commit, &id, &err));
    char where[HR_POSITION_MAX];
    OK(hr_ledger_part(ledger, "a", "kafka:orders", "0", where, &err));
    cr_assert_str_eq(where, "18");
    OK(hr_ledger_part(ledger, "a", "kafka:orders", "11", where, &err));
    cr_assert_str_eq(where, "");
    hr_ledger_close(ledger);
}

CONFORMS(every_ledger_is_told_from_the_others)
{
    hr_ledger *ledger = open_ledger(uri);
    char id[33], same[33], other_uri[300];
    OK(hr_ledger_id(ledger, id, &err));
    hr_ledger_close(ledger);
    ledger = open_ledger(uri);
    OK(hr_ledger_id(ledger, same, &err));
    cr_assert_str_eq(id, same);
    cr_assert_eq(strlen(id), 32);
    hr_ledger_close(ledger);
    snprintf(other_uri, sizeof other_uri, "%s-other", uri);
    ledger = open_ledger(other_uri);
    OK(hr_ledger_id(ledger, same, &err));
    cr_assert_str_neq(id, same);
    hr_ledger_close(ledger);
}

/* ---- the bytes ---------------------------------------------------------------------------------------------- */

static void make_bytes(const char *uri, hr_buffer *bytes)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    cr_assert(hr_intent_write(&commit, bytes));
    hr_ledger_close(ledger);
}

CONFORMS(intent_comes_back_as_it_was)
{
    hr_buffer bytes = {0}, again = {0};
    hr_intent intent;
    make_bytes(uri, &bytes);
    OK(hr_intent_read(bytes.data, bytes.size, &intent, &err));
    cr_assert(hr_intent_write(&intent.commit, &again));
    cr_assert_eq(bytes.size, again.size);
    cr_assert_eq(memcmp(bytes.data, again.data, bytes.size), 0);
    cr_assert_eq(intent.commit.rejects[0].raw_size, 4);
    cr_assert_eq(memcmp(intent.commit.rejects[0].raw, "a\0b\n", 4), 0);
    cr_assert_eq(intent.commit.rejects[0].at, HR_UNKNOWN);
    cr_assert_str_eq(intent.commit.rejects[0].column_name, "amount");
    cr_assert_eq(intent.commit.rejects[0].value_size, 2);
    cr_assert_eq(memcmp(intent.commit.rejects[0].value, "a\0", 2), 0);
    cr_assert(intent.commit.rejects[0].value_cut);
    cr_assert_str_eq(intent.commit.file->uri, "file:///in/a.csv");
    cr_assert_null(intent.commit.error);
    hr_intent_clear(&intent);
    hr_buffer_free(&bytes);
    hr_buffer_free(&again);
}

/* Rejects stood last, and had neither name nor value of their column; the lags of parts came later. */
CONFORMS(intent_of_an_earlier_version_is_read)
{
    hr_buffer bytes = {0};
    hr_intent intent;
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    reject.column_name = NULL;
    reject.value = NULL;
    cr_assert(hr_intent_write(&commit, &bytes));
    hr_ledger_close(ledger);
    size_t size = bytes.size - commit.part_count * 16;
    memcpy(bytes.data, "Hintent3", 8);
    OK(hr_intent_read(bytes.data, size, &intent, &err));
    cr_assert_not(intent.commit.parts_after[0].lag_known);
    hr_intent_clear(&intent);
    memcpy(bytes.data, "Hintent2", 8);
    OK(hr_intent_read(bytes.data, size - (size_t)3 * 8, &intent, &err));
    cr_assert_eq(intent.commit.reject_count, 1);
    cr_assert_str_eq(intent.commit.rejects[0].message, "no number");
    cr_assert_null(intent.commit.rejects[0].column_name);
    cr_assert_null(intent.commit.rejects[0].value);
    hr_intent_clear(&intent);
    FAILS(hr_intent_read(bytes.data, bytes.size, &intent, &err), HR_E_CORRUPT);
    hr_buffer_free(&bytes);
}

CONFORMS(intent_that_was_cut_is_refused)
{
    hr_buffer bytes = {0};
    hr_intent intent;
    make_bytes(uri, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *copy = malloc(size + 1); /* so that a sanitizer sees a read beyond the end */
        memcpy(copy, bytes.data, size);
        FAILS(hr_intent_read(copy, size, &intent, &err), HR_E_CORRUPT);
        free(copy);
    }
    for (size_t i = 0; i + 8 <= bytes.size; i += 8) { /* sizes and counts that cannot be */
        uint64_t kept, wild = UINT64_MAX - 3;
        memcpy(&kept, bytes.data + i, 8);
        memcpy(bytes.data + i, &wild, 8);
        if (hr_intent_read(bytes.data, bytes.size, &intent, &err) == HR_OK)
            hr_intent_clear(&intent); /* a number that may be anything */
        memcpy(bytes.data + i, &kept, 8);
    }
    hr_buffer_free(&bytes);
}

#ifdef HR_FAULTS
extern long hr_fault_allocations;

/* What recovery would say of a ledger that is damaged must not be said of a machine that is full. */
CONFORMS(without_memory_an_intent_is_not_called_damaged)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_commit commit = whole_commit(ledger);
    hr_buffer text = {.ceiling = 1 << 20};
    hr_intent intent;
    hr_status status = HR_E_MEMORY;
    long n = 0;
    cr_assert(hr_intent_write(&commit, &text));
    for (; status != HR_OK; n++) {
        hr_fault_allocations = n;
        status = hr_intent_read(text.data, text.size, &intent, &err);
        hr_fault_allocations = -1;
        cr_assert(status == HR_OK || status == HR_E_MEMORY, "allocation %ld: %s", n, err.text);
    }
    cr_assert_gt(n, 5);
    hr_intent_clear(&intent);
    hr_buffer_free(&text);
    hr_ledger_close(ledger);
}
#endif
