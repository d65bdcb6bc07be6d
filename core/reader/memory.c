/* memory.c: reading memory that the caller keeps: batches point into it where text and bytes are the same.
 *
 * The input (core/input) reads the memory as a stream, and decides as it does for any other: what compression and what
 * encoding. Once it can jump, text is lent, a piece at a time, and the input jumps behind it; while nothing but ASCII
 * has been seen only ASCII is lent, so that the first other byte comes before the input as it would in a stream. */
#include "core/reader/reader_state.h"

/* The least room that the input asks for. */
#define SIP ((size_t)64)

/* ---- the memory as a stream -------------------------------------------------------------------------------- */

typedef struct held {
    const uint8_t *data;
    size_t size, at;
} held;

static hr_status read_at(void *state, uint64_t at, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    const held *memory = state;
    (void)err;
    if (at >= memory->size)
        return HR_END;
    size_t left = memory->size - (size_t)at, size = left < capacity ? left : capacity;
    memcpy(room, memory->data + at, size);
    *got = size;
    return HR_OK;
}

static hr_status read_on(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    held *memory = state;
    hr_status status = read_at(memory, memory->at, room, capacity, got, err);
    if (status == HR_OK)
        memory->at += *got;
    return status;
}

/* Memory never keeps anybody waiting. */
static void interrupt(void *state)
{
    (void)state;
}

hr_status hr_reader_open_memory(const void *data, size_t size, const hr_options *options, hr_reader **out,
                                hr_error *err)
{
    held *memory = hr_malloc(sizeof *memory);
    if (!memory)
        return hr_fail_memory(err, "making a reader");
    *memory = (held){data, size, 0};
    hr_stream stream = {.read = read_on, .interrupt = interrupt, .close = hr_free, .state = memory, .read_at = read_at};
    hr_reader *reader;
    hr_status status = hr_reader_open_stream(&stream, options, false, &reader, err);
    if (status != HR_OK)
        return status;
    reader->memory = data;
    reader->memory_size = size;
    reader->piece = HR_CHUNK_SIZE; /* what is looked at shall still be in the cache when it is parsed */
    *out = reader;
    return HR_OK;
}

/* ---- lending ----------------------------------------------------------------------------------------------- */

hr_status hr_reader_borrow(hr_reader *reader, bool *done, hr_error *err)
{
    bool ascii;
    if (!hr_input_can_jump(reader->input, &ascii))
        return HR_OK;
    size_t tail = reader->end - reader->begin;
    size_t from = (size_t)(reader->text + hr_input_shift(reader->input));
    size_t left = reader->memory_size - from - tail, size = left < reader->piece ? left : reader->piece;
    const uint8_t *text = reader->memory + from;
    if (ascii)
        size = reader->config.kernels->ascii_prefix(text + tail, size);
    if (left && !size)
        return HR_OK;
    if (left) {
        hr_chunk *chunk = hr_chunk_lend(text, tail + size);
        if (!chunk)
            return hr_fail_memory(err, "reading memory");
        hr_status status = hr_input_jump(reader->input, from + tail + size, err);
        if (status != HR_OK) {
            hr_chunk_release(chunk);
            return status;
        }
        hr_chunk_release(reader->chunk);
        reader->chunk = chunk;
        reader->begin = 0;
        reader->end = tail + size;
    }
    reader->eof = !left;
    *done = true;
    return HR_OK;
}

/* The input decides at the first byte that it is asked for: at the beginning, and where ASCII ends. A resumed one never
 * jumps. */
size_t hr_reader_sip(const hr_reader *reader, size_t room)
{
    bool undecided = reader->memory && !reader->resume_at.size && hr_reader_identity(reader) &&
                     hr_input_compression(reader->input) == HR_COMPRESSION_NONE;
    return undecided && room > SIP ? SIP : room;
}
