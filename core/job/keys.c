/* keys.c: the columns by which a job recognises rows that were landed before, and the keys of its feed. */
#include <stdio.h>

#include "core/base/words.h"
#include "core/job/pull.h"

/* How rows that were landed before are recognised. A destination may do it by itself. Where a source may give some rows
 * twice, its feed gets keys, and has them for ever. */
hr_status hr_work_choose_key(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    const hr_source_facts *facts = work->pull ? &work->pull->facts : NULL;
    uint64_t length;
    char shape[512] = "";
    hr_status status = HR_OK;
    work->key_text = work->sink_keyed ? NULL : run->config.key;
    if (!facts || run->config.key)
        return HR_OK;
    if (!work->sink_keyed && facts->key)
        status = hr_ledger_keys(run->ledger, run->feed, &length, shape, err);
    if (facts->again || shape[0])
        work->key_text = work->sink_keyed ? NULL : facts->key;
    return status == HR_OK && !work->key_text ? hr_run_check_keys(run, err) : status;
}

static hr_status find_column(const char *const *names, size_t count, const char *name, uint32_t *out, hr_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], name)) {
            *out = (uint32_t)i;
            return HR_OK;
        }
    if (*name == '/')
        return hr_fail(
            err, HR_E_INVALID,
            "option key names a column '%.200s' that the input does not have; of NDJSON that is landed as CSV, "
            "option columns must name it too",
            name);
    hr_buffer near = {0};
    bool known = hr_words_suggest(name, names, count, &near) && hr_buffer_add(&near, "", 1);
    hr_status status = hr_fail(err, HR_E_INVALID, "option key names a column '%.200s' that the input does not have%s",
                               name, known ? (const char *)near.data : "");
    hr_buffer_free(&near);
    return status;
}

static hr_status find_key(hr_work *work, const char *key, const char *const *names, size_t count, hr_error *err)
{
    char *name = hr_malloc(strlen(key) + 1);
    hr_status status = name ? HR_OK : hr_fail_memory(err, "finding the columns of a key");
    work->key_count = 0;
    for (const char *rest = key; status == HR_OK && rest && *rest; work->key_count++) {
        rest = hr_list_next(rest, name);
        if (work->key_count == HR_COUNT(work->key)) {
            status = hr_fail(err, HR_E_LIMIT, "option key takes at most %zu columns", HR_COUNT(work->key));
            break;
        }
        status = find_column(names, count, name, &work->key[work->key_count], err);
    }
    hr_free(name);
    return status;
}

static hr_status make_hasher(hr_work *work, const char *key, const char *const *names, size_t count, hr_error *err)
{
    if (!strcmp(key, "*"))
        return hr_hasher_new(work->run->config.hash, NULL, 0, &work->hasher, err);
    hr_status status = find_key(work, key, names, count, err);
    return status == HR_OK ? hr_hasher_new(work->run->config.hash, work->key, work->key_count, &work->hasher, err)
                           : status;
}

static hr_status add_loaded(void *context, const hr_job *job, hr_error *err)
{
    (void)err;
    if (job->destination && strcmp(job->destination, "-"))
        *(uint64_t *)context += job->counts.loaded;
    return HR_OK;
}

/* The keys of a feed are made of the same columns by the same hash for ever, or they would not find each other. */
static hr_status open_keys(hr_run *run, const char *key, hr_error *err)
{
    uint64_t length;
    char shape[512], wanted[512], *path = NULL;
    if (run->keys)
        return HR_OK;
    if (run->keys_volatile) /* what goes to a pipe is not loaded anywhere: its keys end with the run */
        return hr_keyset_open(NULL, hr_hash_size(run->config.hash), 0, run->config.dedup_memory, &run->keys, err);
    if (strlen(key) > sizeof wanted - 16)
        return hr_fail(err, HR_E_LIMIT, "option key is longer than %zu bytes", sizeof wanted - 16);
    snprintf(wanted, sizeof wanted, "%s:%s", hr_hash_name(run->config.hash), key);
    hr_status status = hr_ledger_keys(run->ledger, run->feed, &length, shape, err);
    if (status == HR_OK && shape[0] && strcmp(shape, wanted))
        return hr_fail(err, HR_E_INVALID,
                       "the keys of feed '%s' are %s, not %s: give the same options key and hash, or another name",
                       run->feed, shape, wanted);
    run->rows_before_keys = 0;
    if (status == HR_OK && !shape[0])
        status = hr_ledger_jobs(run->ledger, run->feed, 0, add_loaded, &run->rows_before_keys, err);
    if (status == HR_OK)
        status = hr_ledger_key_path(run->ledger, run->feed, &path, err);
    if (status == HR_OK)
        status =
            hr_keyset_open(path, hr_hash_size(run->config.hash), length, run->config.dedup_memory, &run->keys, err);
    hr_free(path);
    return status;
}

hr_status hr_work_open_keys(hr_work *work, const char *const *names, size_t count, hr_error *err)
{
    const char *key = work->key_text;
    if (!key)
        return HR_OK;
    hr_status status = make_hasher(work, key, names, count, err);
    if (status != HR_OK)
        return status;
    hr_batch_work hashing = hr_hash_work(work->hasher);
    hr_reader_work(work->reader, &hashing);
    return open_keys(work->run, key, err);
}
