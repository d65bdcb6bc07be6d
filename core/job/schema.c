/* schema.c: the schema of a job: given, inferred from its input, or the one that it was begun with. It stands in the
 * job's facts as text, so that whoever goes on with the job judges rows as it did before. */
#include "core/job/schema.h"

#include "core/job/pull.h"
#include "core/reader/infer.h"

#define INFER "infer"

hr_status hr_run_schema_set(hr_run *run, const char *text, hr_error *err)
{
    hr_schema *schema = NULL;
    char *copy = NULL;
    if (text) {
        hr_status status = hr_schema_parse(text, strlen(text), &schema, err);
        if (status != HR_OK)
            return status;
        copy = hr_strdup(text);
        if (!copy) {
            hr_schema_free(schema);
            return hr_fail_memory(err, "keeping a schema");
        }
    }
    hr_schema_free(run->schema);
    hr_text_free(run->schema_text);
    run->schema = schema;
    run->schema_text = copy;
    return HR_OK;
}

/* The text of a schema is always the same for the same schema, however its file was written. */
static hr_status keep(hr_schema *schema, hr_schema **place, char **text_place, hr_error *err)
{
    char *text;
    hr_status status = hr_schema_write(schema, &text, err);
    if (status != HR_OK) {
        hr_schema_free(schema);
        return status;
    }
    hr_schema_free(*place);
    hr_text_free(*text_place);
    *place = schema;
    *text_place = text;
    return HR_OK;
}

hr_status hr_run_schema_read(hr_run *run, hr_error *err)
{
    hr_schema *schema;
    const char *path = run->config.schema;
    if (!path || !strcmp(path, INFER))
        return HR_OK;
    hr_status status = hr_schema_read(path, &schema, err);
    return status == HR_OK ? keep(schema, &run->schema, &run->schema_text, err) : status;
}

bool hr_work_schema_fits(const hr_work *work)
{
    const char *begun = work->facts.schema, *now = work->run->schema_text;
    if (work->run->config.schema && !strcmp(work->run->config.schema, INFER))
        return begun != NULL;
    return begun && now ? !strcmp(begun, now) : begun == now;
}

/* Reads all of the input once more than the job does. */
static hr_status infer(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    hr_stream plain, stream;
    hr_reader *reader;
    const hr_infer *found;
    hr_schema *schema;
    if (!work->drop_type || work->object.size == HR_UNKNOWN)
        return hr_fail(err, HR_E_INVALID,
                       "the types of an input that can be read only once cannot be inferred while it is loaded: give "
                       "option schema a file, such as headrace schema prints");
    hr_status status = work->drop_type->open_range(work->drop, &work->object, 0, &plain, err);
    if (status == HR_OK)
        status = hr_work_attend(work, &plain, &stream, err);
    if (status == HR_OK)
        status = hr_reader_open_stream(&stream, run->options, false, &reader, err);
    if (status != HR_OK)
        return status;
    hr_run_reading(run, reader);
    status = hr_reader_gather(reader, &found, NULL, err);
    if (status == HR_OK)
        status = hr_infer_schema(found, &schema, err);
    hr_run_reading(run, NULL);
    hr_reader_close(reader);
    return status == HR_OK ? keep(schema, &work->schema, &work->schema_text, err) : status;
}

hr_status hr_work_schema(hr_work *work, hr_error *err)
{
    hr_run *run = work->run;
    const char *begun = work->facts.schema;
    if (!begun && run->config.schema && !strcmp(run->config.schema, INFER) && !work->committed.size &&
        !work->retry_from)
        return infer(work, err);
    if (!begun && !run->schema)
        return HR_OK;
    work->schema_text = hr_strdup(begun ? begun : run->schema_text);
    if (!work->schema_text)
        return hr_fail_memory(err, "keeping a schema");
    if (begun)
        return hr_schema_parse(begun, strlen(begun), &work->schema, err);
    work->schema = hr_schema_retain(run->schema);
    return HR_OK;
}

bool hr_work_restarts(const hr_work *work)
{
    if (work->pull && work->pull->facts.whole)
        return true;
    bool again = work->drop_type && work->object.size != HR_UNKNOWN; /* it can be read twice: see learn.c */
    return !again && hr_work_unique(work);
}

/* ---- of a feed ---------------------------------------------------------------------------------------------- */

static hr_status look(void *context, const hr_job *job, hr_error *err)
{
    char **text = context;
    hr_facts facts;
    bool ended = job->status == HR_JOB_COMPLETED || job->status == HR_JOB_PARTIALLY_COMPLETED;
    if (*text || !ended || !job->facts)
        return HR_OK;
    hr_status status = hr_facts_read(job->facts, &facts, err);
    if (status != HR_OK)
        return status;
    *text = facts.schema;
    facts.schema = NULL;
    hr_facts_clear(&facts);
    return HR_OK;
}

hr_status hr_feed_schema(hr_ledger *ledger, const char *feed, hr_schema **out, hr_error *err)
{
    char *text = NULL;
    hr_status status = hr_ledger_jobs(ledger, feed, 0, look, &text, err);
    if (status == HR_OK)
        status = text ? hr_schema_parse(text, strlen(text), out, err)
                      : hr_fail(err, HR_E_NOT_FOUND, "no job of a feed '%s' came to its end with a schema", feed);
    hr_free(text);
    return status;
}
