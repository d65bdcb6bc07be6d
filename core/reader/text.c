/* text.c: the text of a reader: chunks that are filled, lines in them, and the way through them. */
#include "core/reader/reader_state.h"

/* Below this much room a chunk is not read into any more. */
#define ROOM_LEAST ((size_t)64 << 10)
#define LINE_LEAST ((size_t)64)
#define CACHE_LINE 64u
#define PAGE ((size_t)4096)

size_t hr_csv_window_size(const uint8_t *data, size_t available, size_t most, bool final)
{
    size_t size = available < most ? available : most;
    if (size && data[size - 1] == '\r' && (size < available ? data[size] == '\n' : !final))
        size--;
    return size;
}

/* Looks at a little of the text first, and then at more and more: a line is short, and what stands behind it may hold
 * no newline of the other kind for long. */
size_t hr_csv_line_end(const uint8_t *data, size_t from, size_t size, bool final)
{
    for (size_t at = from, stretch = LINE_LEAST; at < size; at += stretch, stretch *= 2) {
        size_t most = size - at < stretch ? size - at : stretch;
        const uint8_t *lf = memchr(data + at, '\n', most);
        const uint8_t *cr = memchr(data + at, '\r', lf ? (size_t)(lf - data) - at : most);
        if (!cr && lf)
            return (size_t)(lf - data) + 1;
        if (!cr)
            continue;
        size_t behind = (size_t)(cr - data) + 1;
        if (behind == size)
            return final ? behind : SIZE_MAX;
        return data[behind] == '\n' ? behind + 1 : behind;
    }
    return SIZE_MAX;
}

/* What is read behind a tail at this place begins on a line of the cache: the system copies a fifth faster to there. */
static size_t padding(const hr_chunk *chunk, size_t tail)
{
    return (size_t)(-(uintptr_t)(chunk->bytes + tail)) % CACHE_LINE;
}

/* Makes room behind `end`: in place when no batch holds the chunk, else in a new one to which what is not yet given out
 * is copied (less than a record, or a record that is still growing: then the room doubles). */
static hr_status make_room(hr_reader *reader, hr_error *err)
{
    size_t tail = reader->end - reader->begin, pad;
    bool own = reader->chunk && !reader->chunk->lent;
    if (own && reader->chunk->capacity - reader->end >= ROOM_LEAST)
        return HR_OK;
    if (own && hr_chunk_sole(reader->chunk) && reader->chunk->capacity - tail >= reader->chunk->capacity / 2) {
        pad = padding(reader->chunk, tail);
        memmove(reader->chunk->bytes + pad, reader->chunk->bytes + reader->begin, tail);
    } else {
        size_t capacity = (tail * 2 > HR_CHUNK_SIZE ? tail * 2 : HR_CHUNK_SIZE) + CACHE_LINE;
        hr_chunk *chunk = hr_chunk_new(capacity);
        if (!chunk)
            return hr_fail_memory(err, "reading (limits.row_bytes bounds the longest record)");
        pad = padding(chunk, tail);
        if (tail)
            memcpy(chunk->bytes + pad, reader->chunk->bytes + reader->begin, tail);
        hr_chunk_release(reader->chunk);
        reader->chunk = chunk;
    }
    reader->begin = pad;
    reader->end = pad + tail;
    return HR_OK;
}

hr_status hr_reader_fill(hr_reader *reader, hr_error *err)
{
    if (reader->eof)
        return HR_OK;
    hr_status status = hr_reader_make_input(reader, err);
    bool borrowed = false;
    if (status == HR_OK && reader->memory)
        status = hr_reader_borrow(reader, &borrowed, err);
    if (status == HR_OK && !borrowed)
        status = make_room(reader, err);
    if (status != HR_OK || borrowed)
        return status;
    size_t got = 0, room = reader->chunk->capacity - reader->end;
    if (room > ROOM_LEAST)
        room -= room % PAGE; /* so that the next read begins with a page of the file, too */
    room = hr_reader_sip(reader, room);
    status = hr_input_read(reader->input, reader->chunk->bytes + reader->end, room, &got, err);
    if (status == HR_OK) {
        reader->end += got;
    } else if (status == HR_END) {
        reader->eof = true;
        status = HR_OK;
    }
    return status;
}

hr_status hr_reader_raw(hr_reader *reader, size_t ahead, uint64_t *raw, hr_error *err)
{
    if (hr_reader_identity(reader)) {
        *raw = reader->raw + ahead;
        return HR_OK;
    }
    return hr_input_locate(reader->input, reader->text + ahead, raw, err);
}

hr_status hr_reader_advance(hr_reader *reader, size_t size, uint64_t rows, uint64_t lines, hr_error *err)
{
    uint64_t raw;
    hr_status status = hr_reader_raw(reader, size, &raw, err);
    if (status != HR_OK)
        return status;
    reader->begin += size;
    reader->text += size;
    reader->raw = raw;
    reader->row += rows;
    reader->line += lines;
    if (reader->input)
        hr_input_release(reader->input, reader->text);
    return HR_OK;
}
