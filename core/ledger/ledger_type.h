/* ledger_type.h: what an implementation of the ledger provides. ledger.c checks arguments, finds the type and calls it.
 */
#ifndef HR_CORE_LEDGER_LEDGER_TYPE_H
#define HR_CORE_LEDGER_LEDGER_TYPE_H

#include "core/ledger/ledger.h"

typedef hr_status (*hr_job_each)(void *context, const hr_job *job, hr_error *err);
typedef hr_status (*hr_receipt_each)(void *context, const hr_receipt_record *record, hr_error *err);
typedef hr_status (*hr_reject_each)(void *context, const hr_reject_record *record, hr_error *err);
typedef hr_status (*hr_file_each)(void *context, const hr_file *file, hr_error *err);
typedef hr_status (*hr_part_each)(void *context, const hr_part_record *record, hr_error *err);
typedef hr_status (*hr_event_each)(void *context, int64_t at_ns, const hr_event *event, hr_error *err);

/* Each function does what the function of that name in ledger.h promises. The state is `state_size` zeroed bytes; a
 * failed open leaves nothing to close. */
typedef struct hr_ledger_type {
    const char *scheme; /* "sqlite" */
    size_t state_size;

    hr_status (*open)(void *state, const char *uri, hr_error *err);
    void (*close)(void *state);
    hr_status (*key_path)(void *state, const char *feed, char **out, hr_error *err);

    hr_status (*lease)(void *state, const char *feed, int64_t ttl_ns, uint64_t *generation, hr_error *err);
    int64_t (*abandoned)(void *state);
    hr_status (*renew)(void *state, const char *feed, uint64_t generation, int64_t ttl_ns, hr_error *err);
    hr_status (*unlease)(void *state, const char *feed, uint64_t generation, hr_error *err);

    hr_status (*job_new)(void *state, const hr_job *job, hr_file *file, hr_error *err);
    hr_status (*job)(void *state, const char *id, hr_job *out, hr_error *err);
    hr_status (*jobs)(void *state, const char *feed, uint64_t limit, hr_job_each each, void *context, hr_error *err);
    hr_status (*job_begin)(void *state, const char *feed, uint64_t generation, const char *job, hr_error *err);
    hr_status (*job_moved)(void *state, const char *feed, uint64_t generation, const char *job, const char *destination,
                           hr_error *err);
    hr_status (*commit)(void *state, const hr_commit *commit, uint64_t *receipt_id, hr_error *err);

    hr_status (*receipts)(void *state, const char *feed, const char *job, bool pending_only, hr_receipt_each each,
                          void *context, hr_error *err);
    hr_status (*published)(void *state, uint64_t receipt_id, hr_error *err);
    hr_status (*withdraw)(void *state, uint64_t receipt_id, hr_error *err);
    hr_status (*part)(void *state, const char *feed, const char *source, const char *name, char at[HR_POSITION_MAX],
                      hr_error *err);
    hr_status (*parts)(void *state, const char *feed, hr_part_each each, void *context, hr_error *err);
    hr_status (*id)(void *state, char out[33], hr_error *err);
    hr_status (*keys)(void *state, const char *feed, uint64_t *length, char shape[512], hr_error *err);
    hr_status (*rejects)(void *state, const char *job, int retried, hr_reject_each each, void *context, hr_error *err);

    hr_status (*file)(void *state, const char *feed, const char *uri, hr_file *out, hr_error *err);
    hr_status (*file_by_hash)(void *state, const char *feed, const char *sha256, hr_file *out, hr_error *err);
    hr_status (*file_put)(void *state, hr_file *file, hr_error *err);
    hr_status (*files)(void *state, const char *feed, hr_file_each each, void *context, hr_error *err);

    hr_status (*event)(void *state, const char *feed, const hr_event *event, hr_error *err);
    hr_status (*events)(void *state, const char *feed, hr_event_each each, void *context, hr_error *err);
} hr_ledger_type;

extern const hr_ledger_type hr_ledger_sqlite;

#endif
