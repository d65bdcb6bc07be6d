/* changes.c: what is different in this input from the last one of its feed: encoding, dialect, columns. Partners change
 * these without notice; nobody should learn it from the rows. */
#include <stdio.h>

#include "core/job/work.h"
#include "core/rows/schema_diff.h"

typedef struct search {
    const char *job; /* not this one */
    char *facts;     /* of the newest other job that came to its end */
} search;

static hr_status look(void *context, const hr_job *job, hr_error *err)
{
    search *s = context;
    bool ended = job->status == HR_JOB_COMPLETED || job->status == HR_JOB_PARTIALLY_COMPLETED;
    if (s->facts || !ended || !job->facts || !strcmp(job->id, s->job))
        return HR_OK;
    s->facts = hr_strdup(job->facts);
    return s->facts ? HR_OK : hr_fail_memory(err, "looking for changes");
}

static bool same_names(const hr_facts *before, const hr_reader_facts *now)
{
    bool same = before->name_count == now->column_count;
    for (size_t i = 0; same && i < now->column_count; i++)
        same = !strcmp(before->names[i], now->columns[i]);
    return same;
}

static bool in_facts(const hr_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->name_count; i++)
        if (!strcmp(facts->names[i], name))
            return true;
    return false;
}

static bool in_reader(const hr_reader_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->column_count; i++)
        if (!strcmp(facts->columns[i], name))
            return true;
    return false;
}

#define NAMES_SAID 50u /* an event names so many columns; the job's metadata has them all */

static bool add_missing(hr_buffer *out, const hr_facts *before, const hr_reader_facts *now)
{
    size_t said = 0;
    bool ok = hr_buffer_text(out, ",\"removed\":[");
    for (size_t i = 0; ok && i < before->name_count && said < NAMES_SAID; i++)
        if (!in_reader(now, before->names[i]))
            ok = hr_buffer_text(out, said++ ? "," : "") && hr_buffer_json_text(out, before->names[i]);
    ok = ok && hr_buffer_text(out, "],\"added\":[");
    said = 0;
    for (size_t i = 0; ok && i < now->column_count && said < NAMES_SAID; i++)
        if (!in_facts(before, now->columns[i]))
            ok = hr_buffer_text(out, said++ ? "," : "") && hr_buffer_json_text(out, now->columns[i]);
    return ok && hr_buffer_text(out, "]");
}

static bool describe_columns(hr_buffer *out, const hr_facts *before, const hr_reader_facts *now)
{
    bool few = before->name_count <= 4096 && now->column_count <= 4096; /* the comparison is quadratic */
    return hr_buffer_printf(out, "{\"columns_before\":%zu,\"columns\":%zu", before->name_count, now->column_count) &&
           (!few || add_missing(out, before, now)) && hr_buffer_add(out, "}", 2);
}

static bool describe_encoding(hr_buffer *out, const hr_facts *before, const hr_reader_facts *now)
{
    return hr_buffer_text(out, "{\"before\":") && hr_buffer_json_text(out, before->encoding) &&
           hr_buffer_text(out, ",\"now\":") && hr_buffer_json_text(out, now->encoding->name) &&
           hr_buffer_add(out, "}", 2);
}

static bool describe_dialect(hr_buffer *out, const hr_facts *before, const hr_reader_facts *now)
{
    const hr_dialect *was = &before->dialect.dialect, *is = &now->dialect.dialect;
    char texts[4][8];
    hr_dialect_byte_text(was->delimiter, texts[0]);
    hr_dialect_byte_text(is->delimiter, texts[1]);
    hr_dialect_byte_text(was->quote, texts[2]);
    hr_dialect_byte_text(is->quote, texts[3]);
    return hr_buffer_text(out, "{\"delimiter_before\":") && hr_buffer_json_text(out, texts[0]) &&
           hr_buffer_text(out, ",\"delimiter\":") && hr_buffer_json_text(out, texts[1]) &&
           hr_buffer_text(out, ",\"quote_before\":") && hr_buffer_json_text(out, texts[2]) &&
           hr_buffer_text(out, ",\"quote\":") && hr_buffer_json_text(out, texts[3]) && hr_buffer_add(out, "}", 2);
}

/* ASCII says nothing about what the encoding would be: it is no change. */
static bool other_encoding(const char *before, const char *now)
{
    return strcmp(before, now) && strcmp(before, "ascii") && strcmp(now, "ascii");
}

static bool add_column(hr_buffer *out, const char *key, const hr_column *column)
{
    char text[256];
    hr_column_text(column, text, sizeof text);
    return hr_buffer_printf(out, ",\"%s\":", key) && hr_buffer_json_text(out, text);
}

static bool add_change(hr_buffer *out, const hr_schema_change *change)
{
    return hr_buffer_text(out, "{\"column\":") &&
           hr_buffer_json_text(out, change->now ? change->now->name : change->before->name) &&
           (!change->before || add_column(out, "before", change->before)) &&
           (!change->now || add_column(out, "now", change->now)) && hr_buffer_text(out, "}");
}

/* Each column that is new, gone or of another type or rule. */
static hr_status describe_schema(hr_buffer *out, const char *before, const hr_schema *now, hr_error *err)
{
    hr_schema *was;
    hr_schema_change *changes = NULL;
    size_t count = 0;
    bool ok = true;
    hr_status status = now ? hr_schema_parse(before, strlen(before), &was, err) : HR_OK;
    if (status != HR_OK)
        return status;
    if (now) {
        status = hr_schema_diff(was, now, &changes, &count, err);
        ok = hr_buffer_printf(out, "{\"changes\":%zu,\"columns\":[", count);
        for (size_t i = 0; ok && i < count && i < NAMES_SAID; i++)
            ok = hr_buffer_text(out, i ? "," : "") && add_change(out, &changes[i]);
        ok = ok && hr_buffer_add(out, "]}", 3);
        hr_free(changes);
        hr_schema_free(was);
    } else {
        ok = hr_buffer_text(out, "{\"now\":null}") && hr_buffer_add(out, "", 1);
    }
    return status == HR_OK && !ok ? hr_fail_memory(err, "looking for changes") : status;
}

hr_status hr_changes_find(hr_work *work, const hr_reader_facts *now, hr_news *news, hr_error *err)
{
    hr_run *run = work->run;
    const char *job = work->job.id;
    search s = {.job = job};
    hr_facts before = {0};
    hr_buffer detail = {0};
    hr_status status = hr_ledger_jobs(run->ledger, run->feed, 20, look, &s, err);
    if (status == HR_OK && s.facts)
        status = hr_facts_read(s.facts, &before, err);
    if (status != HR_OK || !s.facts)
        goto out;
    bool ok = true;
    const hr_dialect *was = &before.dialect.dialect, *is = &now->dialect.dialect;
    if (other_encoding(before.encoding, now->encoding->name))
        ok = describe_encoding(&detail, &before, now) && hr_news_add(news, "EncodingChanged", job, &detail);
    if (ok && (was->delimiter != is->delimiter || was->quote != is->quote || was->escape != is->escape))
        ok = describe_dialect(&detail, &before, now) && hr_news_add(news, "DialectChanged", job, &detail);
    if (ok && !same_names(&before, now))
        ok = describe_columns(&detail, &before, now) && hr_news_add(news, "ColumnsChanged", job, &detail);
    if (ok && before.schema && (!work->schema_text || strcmp(before.schema, work->schema_text))) {
        status = describe_schema(&detail, before.schema, work->schema, err);
        ok = status != HR_OK || hr_news_add(news, "SchemaChanged", job, &detail);
    }
    if (!ok)
        status = hr_fail_memory(err, "looking for changes");
out:
    hr_buffer_free(&detail);
    hr_facts_clear(&before);
    hr_free(s.facts);
    return status;
}
