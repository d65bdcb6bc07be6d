/* attend.c: a stream that keeps the lease of the feed, and tells how far it is, where all of an input is read before
 * the first of its rows is landed. */
#include "core/job/work.h"

typedef struct attended {
    hr_work *work;
    hr_stream inner;
    uint64_t taken;
} attended;

static hr_status attended_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    attended *stream = state;
    hr_status status = hr_run_hold(stream->work->run, err);
    if (status == HR_OK)
        status = stream->inner.read(stream->inner.state, room, capacity, got, err);
    if (status != HR_OK)
        return status;
    stream->taken += *got;
    hr_work_tell_progress(stream->work, stream->taken);
    return HR_OK;
}

static void attended_interrupt(void *state)
{
    attended *stream = state;
    stream->inner.interrupt(stream->inner.state);
}

static void attended_close(void *state)
{
    attended *stream = state;
    stream->inner.close(stream->inner.state);
    hr_free(stream);
}

hr_status hr_work_attend(hr_work *work, hr_stream *inner, hr_stream *out, hr_error *err)
{
    attended *stream = hr_malloc(sizeof *stream);
    if (!stream) {
        inner->close(inner->state);
        return hr_fail_memory(err, "reading an input");
    }
    *stream = (attended){.work = work, .inner = *inner};
    *out =
        (hr_stream){.read = attended_read, .interrupt = attended_interrupt, .close = attended_close, .state = stream};
    return HR_OK;
}
