/* arrow.c: a reader as a stream of Arrow's C stream interface. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/reader/reader.h"
#include "core/rows/arrow.h"

#define ROWS_USUAL 65536u

typedef struct stream {
    hr_reader *reader;
    hr_arrow_options options;
    const hr_schema *schema; /* of the reader, when it has begun */
    hr_arrow_builder *builder;
    bool ended;
    hr_error err; /* what every further call answers */
    char text[sizeof(((hr_error *)0)->text) + 128];
} stream;

static int code_of(hr_status status)
{
    switch (status) {
    case HR_E_MEMORY: return ENOMEM;
    case HR_E_INVALID:
    case HR_E_STATE:
    case HR_E_REJECTS:
    case HR_E_ENCODING: return EINVAL;
    case HR_E_NOT_FOUND: return ENOENT;
    case HR_E_PERMISSION: return EACCES;
    case HR_E_INTERRUPTED: return EINTR;
    case HR_E_UNSUPPORTED: return ENOTSUP;
    case HR_AGAIN:
    case HR_FLUSH: return EAGAIN;
    default: return EIO;
    }
}

/* An interrupt may be over at the next call; any other error stays. */
static int fail(stream *s, hr_status status, const hr_error *err)
{
    char where[96] = "";
    if (err->row != HR_UNKNOWN)
        snprintf(where, sizeof where, " (row %" PRIu64 ")", err->row);
    else if (err->offset != HR_UNKNOWN)
        snprintf(where, sizeof where, " (at byte %" PRIu64 ")", err->offset);
    snprintf(s->text, sizeof s->text, "headrace: %s%s", err->text, where);
    if (status != HR_E_INTERRUPTED && status != HR_AGAIN) {
        s->err = *err;
        s->err.status = status;
    }
    return code_of(status);
}

static hr_status begin(stream *s, hr_error *err)
{
    if (s->schema)
        return HR_OK;
    const hr_schema *schema;
    hr_status status = hr_reader_values(s->reader, &schema, err);
    if (status == HR_AGAIN)
        hr_fail(err, HR_AGAIN, "an Arrow stream over a reader that is fed needs all of its bytes first");
    if (status != HR_OK)
        return status;
    status = hr_arrow_builder_new(schema, s->options.text, s->options.rows, &s->builder, err);
    if (status == HR_OK)
        s->schema = schema;
    return status;
}

static hr_status tell_rejects(const stream *s, const hr_batch *batch, hr_error *err)
{
    if (batch->rejected && !s->options.reject) {
        const hr_reject *first = &batch->rejects[0];
        hr_fail(err, HR_E_REJECTS, "a row was rejected, and nobody is told of rejects: %s: %s",
                hr_reject_kind_name(first->kind), first->message);
        hr_error_at(err, first->offset, first->row, first->line, first->column);
        return HR_E_REJECTS;
    }
    for (uint64_t i = 0; i < batch->rejected; i++)
        s->options.reject(s->options.context, &batch->rejects[i]);
    return HR_OK;
}

/* The rows before an error are given first, and the error with the next call. */
static hr_status put_off(stream *s, hr_status status, const hr_error *err)
{
    bool passing = status == HR_E_INTERRUPTED || status == HR_AGAIN;
    if (passing || !hr_arrow_builder_rows(s->builder))
        return status;
    (void)fail(s, status, err);
    return HR_OK;
}

/* Batches until an array is full, or there are no more. */
static hr_status gather(stream *s, hr_error *err)
{
    while (!s->ended && hr_arrow_builder_rows(s->builder) < s->options.rows &&
           hr_arrow_builder_bytes(s->builder) < HR_ARROW_BYTES) {
        hr_batch *batch;
        hr_status status = hr_reader_next(s->reader, &batch, err);
        if (status == HR_END) {
            s->ended = true;
            return HR_OK;
        }
        if (status == HR_AGAIN)
            hr_fail(err, HR_AGAIN, "an Arrow stream over a reader that is fed needs all of its bytes first");
        if (status != HR_OK)
            return put_off(s, status, err);
        status = tell_rejects(s, batch, err);
        if (status != HR_OK)
            status = put_off(s, status, err);
        else if (batch->rows)
            status = hr_arrow_builder_add(s->builder, batch, err);
        hr_batch_release(batch);
        if (status != HR_OK || s->err.status != HR_OK)
            return status;
    }
    return HR_OK;
}

static int get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    stream *s = self->private_data;
    hr_error err;
    hr_error_clear(&err);
    if (s->err.status != HR_OK)
        return fail(s, s->err.status, &s->err);
    hr_status status = begin(s, &err);
    if (status == HR_OK)
        status = hr_arrow_schema_make(s->schema, s->options.text, out, &err);
    return status == HR_OK ? 0 : fail(s, status, &err);
}

static int get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    stream *s = self->private_data;
    hr_error err;
    hr_error_clear(&err);
    if (s->err.status != HR_OK)
        return fail(s, s->err.status, &s->err);
    hr_status status = begin(s, &err);
    if (status == HR_OK)
        status = gather(s, &err);
    struct ArrowArray made = {.release = NULL};
    if (status == HR_OK && hr_arrow_builder_rows(s->builder))
        status = hr_arrow_builder_take(s->builder, &made, &err);
    if (status != HR_OK)
        return fail(s, status, &err);
    *out = made;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *self)
{
    const stream *s = self->private_data;
    return s->text[0] ? s->text : NULL;
}

static void release(struct ArrowArrayStream *self)
{
    stream *s = self->private_data;
    hr_arrow_builder_free(s->builder);
    hr_reader_close(s->reader);
    hr_free(s);
    self->release = NULL;
}

hr_status hr_arrow_stream(hr_reader *reader, const hr_arrow_options *options, struct ArrowArrayStream *out,
                          hr_error *err)
{
    stream *s = hr_calloc(1, sizeof *s);
    if (!s) {
        hr_reader_close(reader);
        return hr_fail_memory(err, "making an Arrow stream");
    }
    s->reader = reader;
    if (options)
        s->options = *options;
    if (s->options.rows == 0)
        s->options.rows = ROWS_USUAL;
    hr_error_clear(&s->err);
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release,
                                     .private_data = s};
    return HR_OK;
}
