/* support.h: which ledgers there are to test, and shorthands of the tests that run over all of them. */
#ifndef HR_TESTS_LEDGER_SUPPORT_H
#define HR_TESTS_LEDGER_SUPPORT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/ledger/ledger.h"

/* ---- implementations ---------------------------------------------------------------------------------------- */

/* `fresh` writes the URI of an empty ledger that nobody else uses. */
typedef struct kind {
    const char *name;
    void (*fresh)(char uri[256]);
} kind;

static inline void fresh_sqlite(char uri[256])
{
    char folder[] = "/tmp/test-ledger-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(uri, 256, "%s/state/ledger.db", folder);
}

static const kind kinds[] = {{"sqlite", fresh_sqlite}};

static inline void clean(const char *uri)
{
    char command[300];
    if (strncmp(uri, "/tmp/test-ledger-", 17) == 0) {
        snprintf(command, sizeof command, "rm -rf %.24s", uri);
        cr_expect_eq(system(command), 0);
    }
}

#define CONFORMS(name)                                 \
    static void name##_body(const char *uri);          \
    Test(ledger, name)                                 \
    {                                                  \
        for (size_t k = 0; k < HR_COUNT(kinds); k++) { \
            char uri[256];                             \
            kinds[k].fresh(uri);                       \
            name##_body(uri);                          \
            clean(uri);                                \
        }                                              \
    }                                                  \
    static void name##_body(const char *uri)

/* ---- shorthands --------------------------------------------------------------------------------------------- */

#define SECOND INT64_C(1000000000)
#define OK(call) cr_assert_eq((call), HR_OK, "%s: %s", #call, err.text)
#define FAILS(call, expected)                                                                  \
    do {                                                                                       \
        hr_error_clear(&err);                                                                  \
        hr_status got_ = (call);                                                               \
        cr_assert_eq(got_, expected, "%s gave %s: %s", #call, hr_status_name(got_), err.text); \
        cr_assert_eq(err.status, expected);                                                    \
        cr_assert_neq(err.text[0], '\0');                                                      \
    } while (0)

static hr_error err;

static inline hr_ledger *open_ledger(const char *uri)
{
    hr_ledger *ledger = NULL;
    OK(hr_ledger_open(uri, &ledger, &err));
    return ledger;
}

static inline hr_position at(const char *text)
{
    hr_position position = {.size = (uint32_t)strlen(text)};
    memcpy(position.bytes, text, position.size);
    return position;
}

/* A new job of `feed` whose id begins with `id`. */
static inline void add_job(hr_ledger *ledger, const char *feed, const char *id, char out[37])
{
    hr_job job = {.status = HR_JOB_PENDING, .feed = (char *)feed, .source = "file:///in/a.csv", .total = HR_UNKNOWN};
    snprintf(job.id, sizeof job.id, "%s%s", id, &"00000000-0000-7000-8000-000000000000"[strlen(id)]);
    OK(hr_ledger_job_new(ledger, &job, NULL, &err));
    memcpy(out, job.id, 37);
}

typedef struct seen {
    uint64_t count, last_id, published;
    char last[200];
    int64_t at_ns;
    hr_ledger *ledger;
} seen;

static inline hr_status see_job(void *context, const hr_job *job, hr_error *e)
{
    (void)e;
    seen *s = context;
    s->count++;
    snprintf(s->last + strlen(s->last), sizeof s->last - strlen(s->last), "%.4s ", job->id);
    return HR_OK;
}

static inline hr_status see_reject(void *context, const hr_reject_record *record, hr_error *e)
{
    (void)e;
    seen *s = context;
    cr_assert_gt(record->id, s->last_id);
    s->count++;
    s->last_id = record->id;
    s->published += (uint64_t)record->retried;
    snprintf(s->last, sizeof s->last, "%s", record->reject.message);
    return HR_OK;
}

static inline hr_status see_receipt(void *context, const hr_receipt_record *record, hr_error *e)
{
    (void)e;
    seen *s = context;
    cr_assert_gt(record->id, s->last_id);
    s->count++;
    s->last_id = record->id;
    s->published += record->published;
    snprintf(s->last, sizeof s->last, "%.*s", (int)record->receipt.size, record->receipt.bytes);
    return HR_OK;
}

static inline hr_status see_event(void *context, int64_t at_ns, const hr_event *event, hr_error *e)
{
    (void)e;
    seen *s = context;
    cr_assert_geq(at_ns, s->at_ns);
    s->at_ns = at_ns;
    s->count++;
    snprintf(s->last, sizeof s->last, "%s %s %s", event->kind, event->job ? event->job : "-",
             event->detail ? event->detail : "-");
    return HR_OK;
}

static inline hr_status see_file(void *context, const hr_file *file, hr_error *e)
{
    (void)e;
    seen *s = context;
    s->count++;
    snprintf(s->last + strlen(s->last), sizeof s->last - strlen(s->last), "%s#%d=%s ", file->uri, (int)file->number,
             hr_file_state_name(file->state));
    return HR_OK;
}

#endif
