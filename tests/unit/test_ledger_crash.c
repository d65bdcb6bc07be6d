/* test_ledger_crash.c: what every ledger promises to several processes, and after kill -9. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/ledger/support.h"

/* ---- leases ------------------------------------------------------------------------------------------------- */

CONFORMS(lease_has_one_holder_and_growing_generations)
{
    hr_ledger *one = open_ledger(uri), *two = open_ledger(uri);
    uint64_t first, second, third;
    OK(hr_ledger_lease(one, "a", 60 * SECOND, &first, &err));
    FAILS(hr_ledger_lease(two, "a", 60 * SECOND, &second, &err), HR_E_BUSY);
    cr_assert(err.retryable);
    OK(hr_ledger_lease(two, "b", 60 * SECOND, &second, &err));
    OK(hr_ledger_renew(one, "a", first, 60 * SECOND, &err));
    OK(hr_ledger_lease(one, "a", 60 * SECOND, &second, &err));
    cr_assert_gt(second, first);
    FAILS(hr_ledger_renew(one, "a", first, SECOND, &err), HR_E_FENCED);
    FAILS(hr_ledger_unlease(one, "a", first, &err), HR_E_FENCED);
    OK(hr_ledger_unlease(one, "a", second, &err));
    FAILS(hr_ledger_renew(one, "a", second, SECOND, &err), HR_E_FENCED);
    OK(hr_ledger_lease(two, "a", 60 * SECOND, &third, &err));
    cr_assert_gt(third, second);
    hr_ledger_close(two); /* gives its leases back */
    OK(hr_ledger_lease(one, "a", 60 * SECOND, &first, &err));
    cr_assert_gt(first, third);
    hr_ledger_close(one);
}

CONFORMS(expired_lease_is_taken_and_its_holder_fenced)
{
    hr_ledger *one = open_ledger(uri), *two = open_ledger(uri);
    uint64_t first, second;
    char id[37];
    add_job(one, "a", "aaaa", id);
    OK(hr_ledger_lease(one, "a", SECOND / 20, &first, &err));
    usleep(60000);
    OK(hr_ledger_lease(two, "a", 60 * SECOND, &second, &err));
    cr_assert_gt(second, first);
    hr_position p0 = at(""), p1 = at("1");
    hr_commit commit = {.feed = "a", .generation = first, .job = id, .before = &p0, .after = &p1, .keys = HR_UNKNOWN};
    FAILS(hr_ledger_commit(one, &commit, NULL, &err), HR_E_FENCED);
    FAILS(hr_ledger_renew(one, "a", first, SECOND, &err), HR_E_FENCED);
    hr_job late = {.status = HR_JOB_IN_PROGRESS, .feed = (char *)"a", .total = HR_UNKNOWN};
    OK(hr_uuid_new(late.id, &err));
    hr_file file = {.feed = (char *)"a", .uri = (char *)"/late.csv", .state = HR_FILE_LOADING};
    FAILS(hr_ledger_job_new(one, &late, &file, &err), HR_E_FENCED);
    FAILS(hr_ledger_file_put(one, &file, &err), HR_E_FENCED);
    FAILS(hr_ledger_file(two, "a", "/late.csv", &file, &err), HR_E_NOT_FOUND);
    commit.generation = second;
    OK(hr_ledger_commit(two, &commit, NULL, &err));
    hr_ledger_close(one);
    OK(hr_ledger_renew(two, "a", second, SECOND, &err)); /* the loser's close took nothing from us */
    hr_ledger_close(two);
}

/* Forks a child that takes the lease of feed "a" for an hour; returns when it has it. */
static pid_t lease_in_child(const char *uri, uint64_t *generation)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        hr_ledger *ledger;
        uint64_t got = 0;
        hr_error inner;
        if (hr_ledger_open(uri, &ledger, &inner) != HR_OK ||
            hr_ledger_lease(ledger, "a", 3600 * SECOND, &got, &inner) != HR_OK)
            got = 0;
        if (write(pipes[1], &got, sizeof got) != sizeof got)
            _exit(1);
        for (;;)
            pause();
    }
    cr_assert_eq(read(pipes[0], generation, sizeof *generation), sizeof *generation);
    close(pipes[0]);
    close(pipes[1]);
    return child;
}

static void kill_holder(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* Two holders are killed, one after the other: what the first one finished was told by neither. */
CONFORMS(since_when_a_lease_was_abandoned_is_known_until_it_is_given_back)
{
    uint64_t generation;
    int64_t before = hr_clock_wall_ns();
    pid_t first = lease_in_child(uri, &generation);
    int64_t between = hr_clock_wall_ns();
    kill_holder(first);
    kill_holder(lease_in_child(uri, &generation));
    for (int time = 0; time < 2; time++) {
        hr_ledger *ledger = open_ledger(uri);
        OK(hr_ledger_lease(ledger, "a", 60 * SECOND, &generation, &err));
        if (time == 0) {
            cr_assert_geq(hr_ledger_abandoned(ledger), before);
            cr_assert_leq(hr_ledger_abandoned(ledger), between);
        } else {
            cr_assert_eq(hr_ledger_abandoned(ledger), 0);
        }
        hr_ledger_close(ledger);
    }
}

CONFORMS(lease_of_a_killed_process_is_free_at_once)
{
    uint64_t theirs, ours;
    pid_t child = lease_in_child(uri, &theirs);
    cr_assert_gt(theirs, 0);
    hr_ledger *ledger = open_ledger(uri);
    FAILS(hr_ledger_lease(ledger, "a", SECOND, &ours, &err), HR_E_BUSY);
    char pid[32];
    snprintf(pid, sizeof pid, "process %d ", (int)child);
    cr_assert_not_null(strstr(err.text, pid), "%s", err.text);
    kill(child, SIGKILL);
    siginfo_t info;
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    OK(hr_ledger_lease(ledger, "a", SECOND, &ours, &err)); /* not even reaped yet */
    cr_assert_gt(ours, theirs);
    waitpid(child, NULL, 0);
    hr_ledger_close(ledger);
}

/* ---- crashes ------------------------------------------------------------------------------------------------ */

/* Commits number *done + 1, + 2 ... until it is killed. Commit n has n in all its parts. */
static void commit_for_ever(const char *uri, const char *id, uint64_t file_id, volatile uint64_t *done)
{
    hr_ledger *ledger;
    uint64_t generation;
    static uint8_t raw[100000];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test has failed */
    if (hr_ledger_open(uri, &ledger, &err) != HR_OK ||
        hr_ledger_lease(ledger, "a", 3600 * SECOND, &generation, &err) != HR_OK)
        _exit(1);
    for (uint64_t n = *done + 1;; n++) {
        hr_position before = {0}, after = {0};
        if (n > 1)
            before.size = (uint32_t)snprintf(before.bytes, 32, "%d", (int)n - 1);
        after.size = (uint32_t)snprintf(after.bytes, 32, "%d", (int)n);
        hr_reject reject = {
            .kind = HR_REJECT_QUOTE, .row = n, .raw = raw, .raw_size = n % 7 == 0 ? sizeof raw : 50, .message = "m"};
        hr_receipt receipt = {.size = after.size};
        memcpy(receipt.bytes, after.bytes, after.size);
        hr_file file = {.id = file_id, .feed = "a", .uri = "u", .number = 1, .size = n};
        hr_event event = {"E", id, NULL};
        hr_commit commit = {.feed = "a",
                            .generation = generation,
                            .job = id,
                            .before = &before,
                            .after = &after,
                            .counts = {n, 0, 0, n, 0},
                            .status = HR_JOB_IN_PROGRESS,
                            .rejects = &reject,
                            .reject_count = 1,
                            .receipt = &receipt,
                            .keys = n,
                            .file = &file,
                            .events = &event,
                            .event_count = 1};
        if (hr_ledger_commit(ledger, &commit, NULL, &err) != HR_OK)
            _exit(2);
        *done = n;
    }
}

/* All parts must say the same number, and it is the last one that was promised, or the next. */
static uint64_t check_one_commit(const char *uri, const char *id, uint64_t promised)
{
    hr_ledger *ledger = open_ledger(uri);
    hr_job job;
    hr_file file;
    uint64_t keys;
    char shape[512];
    OK(hr_ledger_job(ledger, id, &job, &err));
    uint64_t n = job.counts.read;
    cr_assert(n == promised || n == promised + 1, "%d commits were promised, %d are there", (int)promised, (int)n);
    job.position.bytes[job.position.size] = '\0';
    cr_assert_eq(strtoull(job.position.bytes, NULL, 10), n);
    seen rejects = {0}, receipts = {0}, events = {0};
    OK(hr_ledger_rejects(ledger, id, 0, see_reject, &rejects, &err));
    OK(hr_ledger_receipts(ledger, "a", NULL, true, see_receipt, &receipts, &err));
    OK(hr_ledger_events(ledger, "a", see_event, &events, &err));
    OK(hr_ledger_keys(ledger, "a", &keys, shape, &err));
    OK(hr_ledger_file(ledger, "a", "u", &file, &err));
    cr_assert_eq(rejects.count, n);
    cr_assert_eq(receipts.count, n);
    cr_assert_eq(n ? strtoull(receipts.last, NULL, 10) : 0, n);
    cr_assert_eq(events.count, n);
    cr_assert_eq(keys, n);
    cr_assert_eq(file.size, n);
    hr_file_clear(&file);
    hr_job_clear(&job);
    hr_ledger_close(ledger);
    return n;
}

CONFORMS(killed_process_leaves_whole_commits_only)
{
    volatile uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    hr_ledger *ledger = open_ledger(uri);
    hr_file file = {.feed = "a", .uri = "u"};
    char id[37];
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_file_put(ledger, &file, &err));
    hr_ledger_close(ledger);
    srand(42);
    for (int round = 0; round < 25; round++) {
        pid_t child = fork();
        if (child == 0)
            commit_for_ever(uri, id, file.id, done);
        uint64_t begun = *done;
        for (int waited = 0; *done == begun && waited < 5000; waited++)
            usleep(1000);
        usleep((useconds_t)(rand() % 15000));
        kill(child, SIGKILL);
        int how;
        waitpid(child, &how, 0);
        cr_assert(WIFSIGNALED(how), "the child ended by itself: %d", how);
        *done = check_one_commit(uri, id, *done);
    }
    cr_assert_gt(*done, 25);
    munmap((void *)done, 4096);
}

static hr_status count_receipt(void *context, const hr_receipt_record *record, hr_error *e)
{
    (void)e;
    seen *s = context;
    cr_assert_eq((uint64_t)strtoull(record->receipt.bytes, NULL, 10), ++s->count);
    return HR_OK;
}

CONFORMS(readers_see_whole_commits_while_another_process_writes)
{
    volatile uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    hr_ledger *ledger = open_ledger(uri);
    hr_file file = {.feed = "a", .uri = "u"};
    char id[37];
    add_job(ledger, "a", "aaaa", id);
    OK(hr_ledger_file_put(ledger, &file, &err));
    pid_t child = fork();
    if (child == 0)
        commit_for_ever(uri, id, file.id, done);
    uint64_t last = 0;
    for (int i = 0; i < 60 || (last == 0 && i < 10000); i++) {
        seen s = {0};
        uint64_t promised = *done;
        OK(hr_ledger_receipts(ledger, "a", NULL, true, count_receipt, &s, &err));
        cr_assert_geq(s.count, promised);
        cr_assert_geq(s.count, last);
        last = s.count;
        usleep(2000);
    }
    cr_assert_gt(last, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    hr_ledger_close(ledger);
    munmap((void *)done, 4096);
}

/* ---- opening ------------------------------------------------------------------------------------------------ */

CONFORMS(many_processes_may_open_a_new_ledger_at_once)
{
    pid_t children[8];
    for (int i = 0; i < 8; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int round = 0; round < 10; round++) {
                hr_ledger *ledger;
                if (hr_ledger_open(uri, &ledger, &err) != HR_OK ||
                    hr_ledger_event(ledger, "a", &(hr_event){.kind = "Opened"}, &err) != HR_OK) {
                    fprintf(stderr, "%s\n", err.text);
                    _exit(1);
                }
                hr_ledger_close(ledger);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 8; i++) {
        int how;
        waitpid(children[i], &how, 0);
        cr_assert_eq(how, 0);
    }
    hr_ledger *ledger = open_ledger(uri);
    seen s = {0};
    OK(hr_ledger_events(ledger, "a", see_event, &s, &err));
    cr_assert_eq(s.count, 80);
    hr_ledger_close(ledger);
}

Test(ledger, unknown_type_is_refused)
{
    hr_ledger *ledger;
    FAILS(hr_ledger_open("nosuch://host/db", &ledger, &err), HR_E_UNSUPPORTED);
    FAILS(hr_ledger_open("", &ledger, &err), HR_E_INVALID);
    FAILS(hr_ledger_open("sqlite://", &ledger, &err), HR_E_INVALID);
}

CONFORMS(nameless_feed_is_refused)
{
    hr_ledger *ledger = open_ledger(uri);
    uint64_t generation;
    FAILS(hr_ledger_lease(ledger, "", SECOND, &generation, &err), HR_E_INVALID);
    FAILS(hr_ledger_event(ledger, NULL, &(hr_event){.kind = "E"}, &err), HR_E_INVALID);
    hr_job job = {.id = "short", .feed = "a"};
    FAILS(hr_ledger_job_new(ledger, &job, NULL, &err), HR_E_INVALID);
    hr_ledger_close(ledger);
    hr_ledger_close(NULL);
}
