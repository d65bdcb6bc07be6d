/* input.c: hr_input from its opening to its close, and the passing through of ASCII and UTF-8. */
#include <inttypes.h>
#include <stdio.h>

#include "core/input/input_parts.h"
#include "simd/simd.h"

/* ---- opening ----------------------------------------------------------------------------------------------- */

static hr_status canonical(const char *given, const char *doing, const char **out, hr_error *err)
{
    const char *name = hr_encoding_canonical(given);
    if (!name)
        return hr_fail(err, HR_E_ENCODING,
                       "%s: the encoding \"%.64s\" is not known: use a name such as utf-8, windows-1252, "
                       "shift_jis, or auto",
                       doing, given);
    *out = name;
    return HR_OK;
}

static hr_status set_up(hr_input *input, hr_stream *stream, const hr_input_options *options, hr_error *err)
{
    hr_status status = HR_OK;
    hr_intake_open(&input->intake, stream, options->hash);
    input->intake.restless = options->restless;
    input->sample = options->sample ? options->sample : HR_SAMPLE_DEFAULT;
    input->start = (hr_point){options->start_raw, options->start_text};
    if (options->encoding && strcmp(options->encoding, "auto") != 0) {
        status = canonical(options->encoding, "opening the input", &input->known, err);
        input->guess.pinned = true;
    } else if (options->start_raw && options->start_encoding && strcmp(options->start_encoding, "ascii") != 0) {
        status = canonical(options->start_encoding, "resuming the input", &input->known, err);
    }
    if (options->records && status == HR_OK) {
        input->intake.detected = true;
        input->phase = HR_PHASE_IDENTITY;
        input->guess.confidence = 100;
        snprintf(input->guess.name, sizeof input->guess.name, "utf-8");
        snprintf(input->guess.evidence, sizeof input->guess.evidence, "the source gives records of UTF-8");
        return status;
    }
    /* While nothing had been decided, the beginning has its say: it is read again. */
    if (!input->known)
        input->discard = options->start_text;
    return status;
}

hr_status hr_input_new(hr_stream *stream, const hr_input_options *options, hr_input **out, hr_error *err)
{
    static const hr_input_options none;
    hr_input *input = hr_calloc(1, sizeof *input);
    if (!input) {
        if (stream && stream->close)
            stream->close(stream->state);
        return hr_fail_memory(err, "opening the input");
    }
    input->kernels = hr_kernels_get(NULL);
    hr_error_clear(&input->failure);
    snprintf(input->guess.name, sizeof input->guess.name, "ascii");
    snprintf(input->guess.evidence, sizeof input->guess.evidence, "nothing was read yet");
    hr_status status = set_up(input, stream, options ? options : &none, err);
    if (status != HR_OK) {
        hr_input_close(input);
        return status;
    }
    *out = input;
    return HR_OK;
}

void hr_input_close(hr_input *input)
{
    if (!input)
        return;
    hr_intake_close(&input->intake);
    hr_buffer_free(&input->raw);
    hr_buffer_free(&input->points);
    hr_decoder_free(input->decoder);
    hr_decoder_free(input->locator);
    hr_free(input);
}

hr_status hr_input_feed(hr_input *input, const void *data, size_t size, hr_error *err)
{
    return hr_intake_feed(&input->intake, data, size, err);
}

hr_status hr_input_finish(hr_input *input, hr_error *err)
{
    if (input->intake.stream.read)
        return hr_fail(err, HR_E_STATE, "finishing an input that reads a stream");
    input->intake.ended = true;
    return HR_OK;
}

void hr_input_enough(hr_input *input)
{
    input->enough = true;
}

/* ---- taking raw bytes -------------------------------------------------------------------------------------- */

hr_status hr_input_take(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    hr_status status = hr_intake_read(&input->intake, room, capacity, got, err);
    input->ended = status == HR_END || (status > HR_AGAIN && input->intake.damaged);
    return status;
}

hr_status hr_input_gather(hr_input *input, size_t need, hr_error *err)
{
    hr_buffer *raw = &input->raw;
    while (raw->size < need && !input->ended) {
        uint8_t *room = hr_buffer_room(raw, need - raw->size);
        if (!room)
            return hr_fail_memory(err, "holding the undecoded input; a lower limits.row_bytes needs less");
        size_t got = 0;
        hr_status status = hr_input_take(input, room, need - raw->size, &got, err);
        raw->size += got;
        if (status == HR_AGAIN && input->enough && raw->size) {
            input->enough = false;
            return HR_OK;
        }
        if (status != HR_OK && !input->ended)
            return status;
    }
    return HR_OK;
}

/* Gathered bytes, then fresh ones. */
static hr_status pass(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    size_t left = input->raw.size - input->head;
    if (!left)
        return hr_input_take(input, room, capacity, got, err);
    size_t size = left < capacity ? left : capacity;
    memcpy(room, input->raw.data + input->head, size);
    input->head += size;
    *got = size;
    if (size == left) {
        hr_buffer_free(&input->raw);
        input->head = 0;
    }
    return HR_OK;
}

/* ---- giving out -------------------------------------------------------------------------------------------- */

static void keep_context(hr_input *input, const uint8_t *data, size_t size)
{
    size_t room = sizeof input->context;
    if (size >= room) {
        memcpy(input->context, data + size - room, room);
        input->context_size = room;
        return;
    }
    size_t drop = input->context_size + size > room ? input->context_size + size - room : 0;
    memmove(input->context, input->context + drop, input->context_size - drop);
    memcpy(input->context + input->context_size - drop, data, size);
    input->context_size += size - drop;
}

/* Text and raw offsets are the same here. HR_OK with *got == 0: another phase has begun. */
static hr_status give_ascii(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    size_t size = 0;
    hr_status status = pass(input, room, capacity, &size, err);
    if (status != HR_OK)
        return status;
    size_t ascii = input->kernels->ascii_prefix(room, size);
    keep_context(input, room, ascii);
    *got = ascii;
    if (ascii == size)
        return HR_OK;
    input->raw_base = input->text + ascii - input->context_size;
    input->head = input->first_high = input->context_size;
    input->raw.size = 0;
    if (!hr_buffer_add(&input->raw, input->context, input->context_size) ||
        !hr_buffer_add(&input->raw, room + ascii, size - ascii))
        return hr_fail_memory(err, "holding the sample for the encoding");
    input->phase = HR_PHASE_GATHER;
    return HR_OK;
}

/* Length of the character at the end of data[0, size) that is not complete; 0: there is none. */
static size_t incomplete(const uint8_t *data, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t byte = data[size - back];
        if ((byte & 0xC0) == 0x80)
            continue;
        size_t length = byte >= 0xF0 && byte <= 0xF4  ? 4
                        : byte >= 0xE0 && byte < 0xF0 ? 3
                        : byte >= 0xC2 && byte < 0xE0 ? 2
                                                      : 1;
        return length > back ? back : 0;
    }
    return 0;
}

static hr_status give_same(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    for (;;) {
        size_t carried = input->carry_size, size = 0;
        memcpy(room, input->carry, carried);
        hr_status status = pass(input, room + carried, capacity - carried, &size, err);
        if (status != HR_OK && (!input->ended || !carried))
            return status;
        size += carried;
        input->carry_size = status == HR_OK ? incomplete(room, size) : 0;
        size -= input->carry_size;
        memcpy(input->carry, room + size, input->carry_size);
        if (size) {
            *got = size;
            return HR_OK;
        }
    }
}

/* Does what the phase asks for. HR_OK with *got == 0: another phase has begun. */
static hr_status advance(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    switch (input->phase) {
    case HR_PHASE_MARK:
    case HR_PHASE_SAMPLE:
    case HR_PHASE_GATHER:
    case HR_PHASE_SKIP: return hr_input_decide(input, err);
    case HR_PHASE_ASCII: return give_ascii(input, room, capacity, got, err);
    case HR_PHASE_IDENTITY: return give_same(input, room, capacity, got, err);
    case HR_PHASE_DECODE: return hr_input_decode(input, room, capacity, got, err);
    }
    return hr_fail(err, HR_E_STATE, "reading an input in an unknown state");
}

static hr_status read_text(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    for (;;) {
        size_t size = 0;
        hr_status status = advance(input, room, capacity, &size, err);
        if (status == HR_END && input->text < input->discard)
            return hr_fail(err, HR_E_CHANGED,
                           "going on at byte %" PRIu64 " of the text of an input that has only %" PRIu64
                           ": it is not the one that was read before; start over with it",
                           input->discard, input->text);
        if (status != HR_OK)
            return status;
        input->text += size;
        if (input->text <= input->discard) {
            hr_input_release(input, input->text);
            continue;
        }
        if (!size)
            continue;
        uint64_t begin = input->text - size;
        size_t drop = begin < input->discard ? (size_t)(input->discard - begin) : 0;
        if (drop)
            memmove(room, room + drop, size - drop);
        *got = size - drop;
        return HR_OK;
    }
}

hr_status hr_input_read(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    if (input->failure.status != HR_OK) {
        if (err)
            *err = input->failure;
        return input->failure.status;
    }
    if (capacity < 64)
        return hr_fail(err, HR_E_INVALID, "reading text into %zu bytes: 64 is the least", capacity);
    hr_error failure;
    hr_error_clear(&failure);
    hr_status status = read_text(input, room, capacity, got, &failure);
    if (status > HR_AGAIN) {
        failure.status = status;
        input->failure = failure;
        if (err)
            *err = failure;
    }
    return status;
}

/* ---- jumping ----------------------------------------------------------------------------------------------- */

bool hr_input_can_jump(const hr_input *input, bool *ascii)
{
    *ascii = input->phase == HR_PHASE_ASCII;
    return (*ascii || input->phase == HR_PHASE_IDENTITY) && hr_intake_can_jump(&input->intake) &&
           input->failure.status == HR_OK && !input->start.raw && input->text >= input->discard;
}

hr_status hr_input_peek(const hr_input *input, uint64_t raw, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    const hr_stream *stream = &input->intake.stream;
    size_t size = 0, more = 0;
    hr_status status = HR_OK;
    for (; status == HR_OK && size < capacity; size += more) {
        more = 0;
        status = stream->read_at(stream->state, raw + size, room + size, capacity - size, &more, err);
    }
    if (status > HR_END)
        return status;
    *got = size;
    return HR_OK;
}

hr_status hr_input_jump(hr_input *input, uint64_t raw, hr_error *err)
{
    size_t size = raw < sizeof input->context ? (size_t)raw : sizeof input->context;
    if (input->phase == HR_PHASE_ASCII) { /* what detection will want to see */
        size_t got = 0;
        uint8_t context[HR_SAMPLE_CONTEXT];
        hr_status status = hr_input_peek(input, raw - size, context, size, &got, err);
        if (status == HR_OK && got < size)
            return hr_fail(err, HR_E_CHANGED, "reading the input: it was cut while it was being read");
        if (status != HR_OK)
            return status;
        memcpy(input->context, context, size);
        input->context_size = size;
    }
    hr_intake_jump(&input->intake, raw);
    hr_buffer_free(&input->raw);
    input->head = input->carry_size = 0;
    input->ended = false;
    input->text = raw - hr_input_shift(input);
    return HR_OK;
}

/* ---- looking ----------------------------------------------------------------------------------------------- */

bool hr_input_identity(const hr_input *input)
{
    return input->phase != HR_PHASE_DECODE;
}

uint64_t hr_input_shift(const hr_input *input)
{
    return input->phase == HR_PHASE_IDENTITY ? input->shift : input->guess.bom;
}

const hr_encoding_guess *hr_input_encoding(const hr_input *input)
{
    return &input->guess;
}

hr_compression hr_input_compression(const hr_input *input)
{
    return input->intake.compression;
}

uint64_t hr_input_stored(const hr_input *input)
{
    return input->intake.taken;
}

hr_status hr_input_digest(hr_input *input, uint8_t out[32], uint64_t *stored, hr_error *err)
{
    return hr_intake_digest(&input->intake, out, stored, err);
}

void hr_input_interrupt(hr_input *input)
{
    atomic_store_explicit(&input->intake.interrupted, true, memory_order_relaxed);
    if (input->intake.stream.interrupt)
        input->intake.stream.interrupt(input->intake.stream.state);
}
