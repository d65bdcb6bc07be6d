/* news.c: the events of a job that has come to its end: its account, and everything about it that somebody should hear
 * of. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/job/pull.h"

#define CONFIDENCE_LEAST 40u /* what was guessed with less is said to be doubtful */

bool hr_news_add(hr_news *news, const char *kind, const char *job, hr_buffer *detail)
{
    if (news->count == HR_COUNT(news->events))
        return false;
    news->details[news->count] = (char *)detail->data;
    news->events[news->count++] = (hr_event){kind, job, (const char *)detail->data};
    *detail = (hr_buffer){0};
    return true;
}

void hr_news_clear(hr_news *news)
{
    for (size_t i = 0; i < news->count; i++)
        hr_free(news->details[i]);
    *news = (hr_news){0};
}

static bool add_account(hr_news *news, const hr_work *work, hr_buffer *detail)
{
    const hr_counts *c = &work->counts;
    return hr_buffer_printf(detail,
                            "{\"read\":%" PRIu64 ",\"loaded\":%" PRIu64 ",\"duplicate\":%" PRIu64
                            ",\"rejected\":%" PRIu64 ",\"skipped\":%" PRIu64 "}",
                            c->read, c->loaded, c->duplicate, c->rejected, c->skipped) &&
           hr_buffer_add(detail, "", 1) && hr_news_add(news, "ImportCompleted", work->job.id, detail);
}

/* The same content under another name is loaded, and an event says so. */
static hr_status add_same_content(hr_news *news, const hr_work *work, const char *sha256, hr_buffer *detail,
                                  hr_error *err)
{
    hr_file other = {0};
    hr_status status = hr_ledger_file_by_hash(work->run->ledger, work->run->feed, sha256, &other, err);
    if (status == HR_OK && other.id != work->file.id) {
        bool ok = hr_buffer_text(detail, "{\"loaded_as\":") && hr_buffer_json_text(detail, other.uri) &&
                  hr_buffer_printf(detail, ",\"job\":\"%s\"}", other.job) && hr_buffer_add(detail, "", 1) &&
                  hr_news_add(news, "SameContent", work->job.id, detail);
        if (!ok)
            status = hr_fail_memory(err, "raising an event");
    }
    hr_file_clear(&other);
    return status == HR_E_NOT_FOUND ? HR_OK : status;
}

/* What the input itself gives reason to doubt. */
static bool add_doubts(hr_news *news, const hr_work *work, const hr_reader_facts *facts, hr_buffer *detail)
{
    bool ok = true;
    uint64_t first, doubts = hr_input_doubts(hr_reader_input(work->reader), &first);
    if (facts->fallback_rows)
        ok = hr_buffer_printf(detail, "{\"rows\":%" PRIu64 "}", facts->fallback_rows) && hr_buffer_add(detail, "", 1) &&
             hr_news_add(news, "EncodingFallback", work->job.id, detail);
    if (ok && doubts)
        ok = hr_buffer_printf(detail, "{\"decoded_as\":\"%s\",\"like_utf8\":%" PRIu64 ",\"first_offset\":%" PRIu64 "}",
                              facts->encoding->name, doubts, first) &&
             hr_buffer_add(detail, "", 1) && hr_news_add(news, "EncodingDoubtful", work->job.id, detail);
    bool weak =
        !facts->encoding->pinned && facts->encoding->confidence && facts->encoding->confidence < CONFIDENCE_LEAST;
    if (ok && weak && !doubts)
        ok = hr_buffer_printf(detail, "{\"decoded_as\":\"%s\",\"confidence\":%u}", facts->encoding->name,
                              facts->encoding->confidence) &&
             hr_buffer_add(detail, "", 1) && hr_news_add(news, "EncodingDoubtful", work->job.id, detail);
    /* A resumed reader was given its dialect and has no confidence of its own. */
    if (ok && facts->dialect.confidence && facts->dialect.confidence < CONFIDENCE_LEAST)
        ok = hr_buffer_printf(detail, "{\"confidence\":%u,\"evidence\":", facts->dialect.confidence) &&
             hr_buffer_json_text(detail, facts->dialect.evidence) && hr_buffer_add(detail, "}", 2) &&
             hr_news_add(news, "DialectDoubtful", work->job.id, detail);
    return ok;
}

/* A file that was written while it was read: what was read may be half the old content and half the new one. */
static hr_status add_written(hr_news *news, const hr_work *work, hr_buffer *detail, hr_error *err)
{
    hr_object now = {0};
    if (!work->drop_type || work->object.size == HR_UNKNOWN)
        return HR_OK;
    hr_status status = work->drop_type->stat(work->drop, work->object.uri, &now, err);
    bool same = status == HR_OK && now.size == work->object.size && now.modified_ns == work->object.modified_ns &&
                !strcmp(now.version, work->object.version);
    bool ok =
        same || (hr_buffer_text(detail, "{\"uri\":") && hr_buffer_json_text(detail, work->object.uri) &&
                 hr_buffer_add(detail, "}", 2) && hr_news_add(news, "ObjectChangedWhileRead", work->job.id, detail));
    hr_object_clear(&now);
    return ok ? HR_OK : hr_fail_memory(err, "raising an event");
}

/* Rows that were loaded before a feed had a key are not known to it. */
static hr_status add_keyless(hr_news *news, const hr_work *work, hr_buffer *detail, hr_error *err)
{
    hr_run *run = work->run;
    if (!run->keys || !run->rows_before_keys)
        return HR_OK;
    bool ok = hr_buffer_printf(detail, "{\"rows_without_key\":%" PRIu64 "}", run->rows_before_keys) &&
              hr_buffer_add(detail, "", 1) && hr_news_add(news, "KeysIncomplete", work->job.id, detail);
    return ok ? HR_OK : hr_fail_memory(err, "raising an event");
}

/* Records of NDJSON without the key count as one key. */
static hr_status add_without_key(hr_news *news, const hr_work *work, hr_buffer *detail, hr_error *err)
{
    const char *key = work->run->config.key;
    if (!key || work->keyed.without < 2)
        return HR_OK;
    bool ok = hr_buffer_printf(detail, "{\"records\":%" PRIu64 ",\"key\":", work->keyed.without) &&
              hr_buffer_json_text(detail, key) && hr_buffer_add(detail, "}", 2) &&
              hr_news_add(news, "RecordsWithoutKey", work->job.id, detail);
    return ok ? HR_OK : hr_fail_memory(err, "raising an event");
}

#define NAMES_SAID 50u /* an event names so many columns; the job's metadata has them all */

/* Columns that the schema has and no row had: they are null in all that was loaded. */
static hr_status add_absent(hr_news *news, const hr_work *work, const hr_reader_facts *facts, hr_buffer *detail,
                            hr_error *err)
{
    if (!facts->absent_count)
        return HR_OK;
    bool ok = hr_buffer_printf(detail, "{\"rows\":%" PRIu64 ",\"absent\":%zu,\"columns\":[", facts->typed_rows,
                               facts->absent_count);
    for (size_t i = 0; ok && i < facts->absent_count && i < NAMES_SAID; i++)
        ok = hr_buffer_text(detail, i ? "," : "") && hr_buffer_json_text(detail, facts->absent[i]);
    ok = ok && hr_buffer_add(detail, "]}", 3) && hr_news_add(news, "ColumnsAbsent", work->job.id, detail);
    return ok ? HR_OK : hr_fail_memory(err, "raising an event");
}

#define JOBS_SEEN 9u  /* earlier jobs whose numbers of rows are looked at, at most */
#define JOBS_LEAST 3u /* fewer say nothing */
#define DROP 10u      /* less than a tenth of what is usual */

typedef struct earlier {
    const hr_job *job; /* not this one */
    uint64_t read[JOBS_SEEN];
    size_t count;
} earlier;

static hr_status look(void *context, const hr_job *job, hr_error *err)
{
    earlier *e = context;
    bool ended = job->status == HR_JOB_COMPLETED || job->status == HR_JOB_PARTIALLY_COMPLETED;
    (void)err;
    if (ended && strcmp(job->id, e->job->id) && !strcmp(job->source, e->job->source))
        e->read[e->count++] = job->counts.read;
    return e->count < JOBS_SEEN ? HR_OK : HR_END;
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* What is read as a whole each time has suddenly hardly any rows: it was emptied, or is being filled. */
static hr_status add_dropped(hr_news *news, const hr_work *work, hr_buffer *detail, hr_error *err)
{
    earlier e = {.job = &work->job};
    if (!work->pull || !work->pull->facts.whole)
        return HR_OK;
    hr_status status = hr_ledger_jobs(work->run->ledger, work->run->feed, 0, look, &e, err);
    if (status != HR_OK && status != HR_END)
        return status;
    qsort(e.read, e.count, sizeof *e.read, by_size);
    uint64_t usual = e.count >= JOBS_LEAST ? e.read[(e.count - 1) / 2] : 0;
    if (work->counts.read >= usual / DROP + (usual % DROP != 0))
        return HR_OK;
    bool ok = hr_buffer_printf(detail, "{\"read\":%" PRIu64 ",\"usual\":%" PRIu64 ",\"jobs\":%zu}", work->counts.read,
                               usual, e.count) &&
              hr_buffer_add(detail, "", 1) && hr_news_add(news, "RowCountDropped", work->job.id, detail);
    return ok ? HR_OK : hr_fail_memory(err, "raising an event");
}

hr_status hr_news_gather(hr_work *work, const char *sha256, hr_news *out, hr_error *err)
{
    hr_news news = {0};
    hr_buffer detail = {0};
    hr_reader_facts facts;
    hr_status status = hr_reader_describe(work->reader, &facts, err);
    if (status == HR_OK && !add_account(&news, work, &detail))
        status = hr_fail_memory(err, "raising an event");
    if (status == HR_OK)
        status = hr_changes_find(work, &facts, &news, err);
    if (status == HR_OK)
        status = add_absent(&news, work, &facts, &detail, err);
    if (status == HR_OK)
        status = add_dropped(&news, work, &detail, err);
    if (status == HR_OK)
        status = add_without_key(&news, work, &detail, err);
    if (status == HR_OK && sha256)
        status = add_same_content(&news, work, sha256, &detail, err);
    if (status == HR_OK && !add_doubts(&news, work, &facts, &detail))
        status = hr_fail_memory(err, "raising an event");
    if (status == HR_OK)
        status = add_written(&news, work, &detail, err);
    if (status == HR_OK)
        status = add_keyless(&news, work, &detail, err);
    hr_buffer_free(&detail);
    if (status == HR_OK)
        *out = news;
    else
        hr_news_clear(&news);
    return status;
}
