/* input_map.c: decoding to UTF-8 with the way back: raw bytes and points are kept until their text is released. */
#include <inttypes.h>

#include "core/input/input_parts.h"

/* Raw bytes taken at a time, and between two points. */
#define TAKE_ROOM ((size_t)64 << 10)
#define POINT_EVERY ((size_t)4 << 10)
/* No character of any encoding, escape sequences before it included, is longer, in raw bytes or in text. */
#define LONGEST 32u

static const hr_point *points_of(const hr_input *input)
{
    return (const hr_point *)(const void *)input->points.data;
}

static size_t point_count(const hr_input *input)
{
    return input->points.size / sizeof(hr_point);
}

/* Room for one more point; those before point_head are dropped when they are the greater part. */
static hr_status point_room(hr_input *input, hr_error *err)
{
    hr_buffer *points = &input->points;
    size_t dead = input->point_head * sizeof(hr_point), alive = points->size - dead;
    if (dead > alive) {
        memmove(points->data, points->data + dead, alive);
        points->size = alive;
        input->point_head = 0;
    }
    if (!hr_buffer_room(points, sizeof(hr_point)))
        return hr_fail_memory(err,
                              "keeping the way from the text back to the input; a lower limits.row_bytes needs less");
    return HR_OK;
}

static void add_point(hr_input *input, hr_point point)
{
    memcpy(input->points.data + input->points.size, &point, sizeof point);
    input->points.size += sizeof point;
}

hr_status hr_input_decode_begin(hr_input *input, hr_point start, size_t context, hr_error *err)
{
    hr_status status = input->decoder ? HR_OK : hr_decoder_new(input->guess.name, &input->decoder, err);
    if (status == HR_OK)
        status = point_room(input, err);
    if (status != HR_OK)
        return status;
    input->modal = !hr_decoder_stateless(input->decoder);
    input->may_doubt = hr_input_may_doubt(input->guess.name);
    input->decoded = start.text;
    hr_point first = {start.raw - context, start.text - context};
    add_point(input, first);
    input->cursor = first;
    input->phase = HR_PHASE_DECODE;
    return HR_OK;
}

/* Forgets the raw bytes before the first point, once they are the greater part, so that each byte moves at most once.
 */
static void compact(hr_input *input)
{
    hr_buffer *raw = &input->raw;
    size_t dead = (size_t)(points_of(input)[input->point_head].raw - input->raw_base), alive = raw->size - dead;
    if (!dead || dead < alive)
        return;
    memmove(raw->data, raw->data + dead, alive);
    raw->size = alive;
    input->raw_base += dead;
    input->head -= dead;
}

/* Decodes up to `size` bytes from `head` on; false when nothing could be. */
static bool decode_some(hr_input *input, size_t size, bool last, uint8_t *room, size_t capacity, size_t *got)
{
    size_t used = 0, made = 0;
    hr_decoder_run(input->decoder, input->raw.data + input->head, size, last, &used, room, capacity, &made);
    if (input->may_doubt)
        hr_input_look(input, input->raw.data + input->head, used, input->raw_base + input->head);
    input->head += used;
    input->decoded += made;
    *got += made;
    return used > 0;
}

/* One character, for decoders that cannot be started in the middle: each gets a point. */
static bool decode_one(hr_input *input, uint8_t *room, size_t capacity, size_t *got)
{
    size_t left = input->raw.size - input->head;
    for (size_t size = 1; size <= left && size <= LONGEST; size++)
        if (decode_some(input, size, input->ended && size == left, room, capacity, got))
            return true;
    return false;
}

hr_status hr_input_decode(hr_input *input, uint8_t *room, size_t capacity, size_t *got, hr_error *err)
{
    size_t made = 0;
    for (;;) {
        bool progress = true;
        while (progress && input->head < input->raw.size && capacity - made >= LONGEST) {
            hr_status status = point_room(input, err);
            if (status != HR_OK)
                return status;
            size_t left = input->raw.size - input->head, size = left < POINT_EVERY ? left : POINT_EVERY;
            progress = input->modal ? decode_one(input, room + made, capacity - made, &made)
                                    : decode_some(input, size, input->ended && size == left, room + made,
                                                  capacity - made, &made);
            hr_point here = {input->raw_base + input->head, input->decoded};
            hr_point before = points_of(input)[point_count(input) - 1];
            /* Escape sequences belong to the text behind them. */
            if (input->modal ? here.text > before.text : here.raw - before.raw >= POINT_EVERY / 2)
                add_point(input, here);
        }
        if (made) {
            *got = made;
            return HR_OK;
        }
        if (input->ended && input->head < input->raw.size)
            return hr_fail(err, HR_E_ENCODING, "decoding %s: stuck at byte %" PRIu64 ": convert the file to UTF-8",
                           input->guess.name, input->raw_base + input->head);
        uint8_t none[1];
        if (input->ended) /* says how it ended */
            return hr_intake_read(&input->intake, none, sizeof none, &made, err);
        compact(input);
        /* One read, not more: what has come is to be given out. */
        size_t room_size = TAKE_ROOM;
        uint8_t *fresh = hr_buffer_room(&input->raw, room_size);
        if (!fresh)
            return hr_fail_memory(err, "holding the undecoded input; a lower limits.row_bytes needs less");
        hr_status status = hr_input_take(input, fresh, room_size, &room_size, err);
        if (status == HR_OK)
            input->raw.size += room_size;
        else if (!input->ended)
            return status;
    }
}

/* ---- the way back ------------------------------------------------------------------------------------------ */

/* The last point in use that is not behind text offset `text`; NULL: all are. */
static const hr_point *point_before(const hr_input *input, uint64_t text)
{
    const hr_point *points = points_of(input);
    size_t low = input->point_head, high = point_count(input);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points[middle].text <= text)
            low = middle + 1;
        else
            high = middle;
    }
    return low > input->point_head ? &points[low - 1] : NULL;
}

/* Decodes again from *at, a point that is kept, up to text offset `text`; false when no character begins there. */
static bool walk(hr_input *input, hr_point *at, uint64_t text)
{
    uint8_t scratch[POINT_EVERY];
    while (at->text < text) {
        size_t from = (size_t)(at->raw - input->raw_base), used = 0, made = 0;
        uint64_t left = text - at->text;
        hr_decoder_reset(input->locator);
        /* What was decoded ends at a boundary, so that its last character is as complete as it will be. */
        hr_decoder_run(input->locator, input->raw.data + from, input->head - from, true, &used, scratch,
                       left < sizeof scratch ? (size_t)left : sizeof scratch, &made);
        at->raw += used;
        at->text += made;
        if (!used || !made)
            return false;
    }
    return true;
}

hr_status hr_input_locate(hr_input *input, uint64_t text, uint64_t *raw, hr_error *err)
{
    if (hr_input_identity(input)) {
        *raw = text + hr_input_shift(input);
        return HR_OK;
    }
    if (text < input->turn) {
        *raw = text;
        return HR_OK;
    }
    const hr_point *before = point_before(input, text);
    if (!before || text > input->decoded)
        return hr_fail(err, HR_E_INVALID, "looking for text offset %" PRIu64 " in the input: it was %s", text,
                       before ? "not read yet" : "released");
    hr_point at = *before;
    if (input->cursor.text <= text && input->cursor.text > at.text)
        at = input->cursor;
    if (!input->modal && !input->locator) {
        hr_status status = hr_decoder_new(input->guess.name, &input->locator, err);
        if (status != HR_OK)
            return status;
    }
    if (input->modal ? at.text != text : !walk(input, &at, text))
        return hr_fail(err, HR_E_INVALID, "looking for text offset %" PRIu64 " in the input: no character begins there",
                       text);
    input->cursor = at;
    *raw = at.raw;
    return HR_OK;
}

uint64_t hr_input_turn(const hr_input *input)
{
    return hr_input_identity(input) ? HR_UNKNOWN : input->turn;
}

hr_status hr_input_raw(hr_input *input, uint64_t from, uint64_t to, const uint8_t **data, hr_error *err)
{
    if (hr_input_identity(input) || from > to || from < input->raw_base || to > input->raw_base + input->head)
        return hr_fail(err, HR_E_STATE, "looking at bytes %" PRIu64 " to %" PRIu64 " of the input: they are not kept",
                       from, to);
    *data = input->raw.data + (from - input->raw_base);
    return HR_OK;
}

void hr_input_release(hr_input *input, uint64_t text)
{
    if (hr_input_identity(input))
        return;
    const hr_point *points = points_of(input);
    size_t count = point_count(input);
    while (input->point_head + 1 < count && points[input->point_head + 1].text <= text)
        input->point_head++;
}
