/* arrow_part.c: a column of an Arrow array: values, validity and texts of batch after batch. */
#include "core/rows/arrow_part.h"

#define ALIGNMENT 64u
#define NEAR sizeof(((hr_text_view *)0)->in.text)
/* Texts of a batch are copied where they are less than this part of what would be kept for them. */
#define KEEP_PART 8u
/* ---- areas --------------------------------------------------------------------------------------------------- */

static uint8_t *area_room(hr_arrow_area *a, size_t more)
{
    if (!a->memory || a->capacity - a->size < more) { /* room for nothing is a place, too */
        size_t capacity = a->size + more > a->capacity * 2 ? a->size + more : a->capacity * 2;
        uint8_t *memory = hr_malloc(capacity + ALIGNMENT);
        if (!memory)
            return NULL;
        uint8_t *bytes = memory + (-(uintptr_t)memory % ALIGNMENT);
        if (a->size)
            memcpy(bytes, a->bytes, a->size);
        hr_free(a->memory);
        *a = (hr_arrow_area){memory, bytes, a->size, capacity};
    }
    return a->bytes + a->size;
}

static bool area_add(hr_arrow_area *a, const void *bytes, size_t size)
{
    uint8_t *room = area_room(a, size);
    if (!room)
        return false;
    memcpy(room, bytes, size);
    a->size += size;
    return true;
}

/* Appends `count` bits to the `there` that the area holds. Bits behind the last one are 0. `bits` NULL: all set. */
static bool area_add_bits(hr_arrow_area *a, size_t there, const uint8_t *bits, size_t count)
{
    size_t need = (there + count + 7) / 8 - a->size;
    uint8_t *room = area_room(a, need);
    if (!room)
        return false;
    memset(room, 0, need);
    a->size += need;
    uint8_t *out = a->bytes + there / 8;
    unsigned shift = there % 8;
    for (size_t i = 0; i < count; i += 8) {
        unsigned eight = bits ? bits[i / 8] : 0xFFu;
        if (count - i < 8)
            eight &= (1u << (count - i)) - 1;
        out[i / 8] |= (uint8_t)(eight << shift);
        if (shift && eight >> (8 - shift))
            out[i / 8 + 1] |= (uint8_t)(eight >> (8 - shift));
    }
    return true;
}

/* ---- parts --------------------------------------------------------------------------------------------------- */

void hr_arrow_part_free(hr_arrow_part *p)
{
    if (!p)
        return;
    hr_free(p->validity.memory);
    hr_free(p->values.memory);
    hr_free(p->texts.memory);
    for (size_t i = 0; i < p->chunk_count; i++)
        hr_chunk_release(p->chunks[i]);
    hr_free(p->chunks);
    hr_free(p->buffers);
    hr_free(p->sizes);
    hr_free(p);
}

static bool is_text(hr_type type)
{
    return type == HR_TYPE_TEXT || type == HR_TYPE_JSON;
}

/* utf8 begins with an offset of 0. */
hr_arrow_part *hr_arrow_part_new(hr_type type, hr_arrow_text text, size_t rows)
{
    bool string = is_text(type) && text == HR_ARROW_STRING;
    size_t width = string ? sizeof(int32_t) : hr_type_width(type);
    hr_arrow_part *p = hr_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->type = type;
    int32_t zero = 0;
    if (!area_room(&p->values, width ? (rows + 1) * width : rows / 8 + 1) ||
        (string && !area_add(&p->values, &zero, sizeof zero))) {
        hr_arrow_part_free(p);
        return NULL;
    }
    return p;
}

/* The buffer of a chunk; the chunks of batches come one after the other. */
static bool keep_chunk(hr_arrow_part *p, hr_chunk *chunk, uint32_t *buffer)
{
    if (p->chunk_count && p->chunks[p->chunk_count - 1] == chunk) {
        *buffer = (uint32_t)p->chunk_count - 1;
        return true;
    }
    hr_chunk **chunks = hr_array_room(p->chunks, p->chunk_count, &p->chunk_capacity, 16, sizeof *chunks);
    if (!chunks)
        return false;
    p->chunks = chunks;
    p->chunks[p->chunk_count] = hr_chunk_retain(chunk);
    *buffer = (uint32_t)p->chunk_count++;
    return true;
}

static const uint8_t *text_of(const hr_vector *vector, const hr_text_view *view)
{
    return view->size <= NEAR ? (const uint8_t *)view->in.text : vector->data + view->in.far.offset;
}

/* Until it is taken, the own buffer has this number. */
#define OWN_BUFFER UINT32_MAX

static hr_status add_views(hr_arrow_part *p, const hr_batch *batch, const hr_vector *vector, size_t *bytes,
                           hr_error *err)
{
    const hr_text_view *from = vector->values;
    hr_chunk *chunk = ((const hr_batch_body *)batch)->chunk;
    hr_text_view *views = (hr_text_view *)area_room(&p->values, batch->rows * sizeof *views);
    size_t far = 0;
    if (!views)
        return hr_fail_memory(err, "making an Arrow array");
    for (size_t r = 0; r < batch->rows; r++) {
        far += from[r].size > NEAR ? from[r].size : 0;
        if (from[r].size > INT32_MAX)
            return hr_fail(err, HR_E_LIMIT,
                           "a text of %u bytes is longer than Arrow's views can hold; option "
                           "limits.row_bytes would reject its row",
                           from[r].size);
    }
    memcpy(views, from, batch->rows * sizeof *views);
    p->values.size += batch->rows * sizeof *views;
    *bytes += far;
    if (!far)
        return HR_OK;
    bool within = chunk && vector->data >= chunk->bytes && vector->data < chunk->bytes + chunk->capacity;
    bool keep = within && far * KEEP_PART >= vector->data_size &&
                (size_t)(vector->data - chunk->bytes) + vector->data_size <= INT32_MAX;
    uint32_t buffer = OWN_BUFFER;
    if (keep ? !keep_chunk(p, chunk, &buffer) : !area_room(&p->texts, far))
        return hr_fail_memory(err, "making an Arrow array");
    size_t shift = keep ? (size_t)(vector->data - chunk->bytes) : 0;
    for (size_t r = 0; r < batch->rows; r++) {
        if (views[r].size <= NEAR)
            continue;
        views[r].in.far.buffer = buffer;
        if (keep) {
            views[r].in.far.offset += (uint32_t)shift;
            continue;
        }
        views[r].in.far.offset = (uint32_t)p->texts.size;
        p->own_views++;
        memcpy(p->texts.bytes + p->texts.size, text_of(vector, &from[r]), from[r].size);
        p->texts.size += from[r].size;
    }
    return HR_OK;
}

static hr_status add_strings(hr_arrow_part *p, const hr_batch *batch, const hr_vector *vector, size_t *bytes,
                             hr_error *err)
{
    const hr_text_view *from = vector->values;
    size_t size = 0;
    for (size_t r = 0; r < batch->rows; r++)
        size += from[r].size;
    if (size > INT32_MAX - p->texts.size)
        return hr_fail(err, HR_E_LIMIT,
                       "texts of %zu bytes are more than Arrow's offsets can hold; fewer rows an array, "
                       "or views, would do",
                       size + p->texts.size);
    int32_t *offsets = (int32_t *)area_room(&p->values, batch->rows * sizeof *offsets);
    uint8_t *room = area_room(&p->texts, size);
    if (!offsets || !room)
        return hr_fail_memory(err, "making an Arrow array");
    for (size_t r = 0; r < batch->rows; r++) {
        if (from[r].size)
            memcpy(p->texts.bytes + p->texts.size, text_of(vector, &from[r]), from[r].size);
        p->texts.size += from[r].size;
        offsets[r] = (int32_t)p->texts.size;
    }
    p->values.size += batch->rows * sizeof *offsets;
    *bytes += size;
    return HR_OK;
}

hr_status hr_arrow_part_add(hr_arrow_part *p, hr_arrow_text text, size_t room, const hr_batch *batch,
                            const hr_vector *vector, size_t *bytes, hr_error *err)
{
    bool ok = true;
    if (is_text(p->type)) {
        hr_status status = text == HR_ARROW_STRING ? add_strings(p, batch, vector, bytes, err)
                                                   : add_views(p, batch, vector, bytes, err);
        if (status != HR_OK)
            return status;
    } else if (p->type == HR_TYPE_BOOL) {
        ok = area_add_bits(&p->values, p->rows, vector->values, batch->rows);
    } else {
        ok = area_add(&p->values, vector->values, batch->rows * hr_type_width(p->type));
    }
    if (ok && vector->nulls && !p->validity.size) /* the first null: there was none before */
        ok = area_room(&p->validity, (room + 7) / 8) && area_add_bits(&p->validity, 0, NULL, p->rows);
    if (ok && (vector->nulls || p->nulls))
        ok = area_add_bits(&p->validity, p->rows, vector->validity, batch->rows);
    p->nulls += vector->nulls;
    p->rows += batch->rows;
    return ok ? HR_OK : hr_fail_memory(err, "making an Arrow array");
}

/* ---- buffers ------------------------------------------------------------------------------------------------- */

/* The views into the own buffer get its number. */
static void number_own(hr_arrow_part *p)
{
    hr_text_view *views = (hr_text_view *)p->values.bytes;
    for (size_t r = 0; p->own_views && r < p->rows; r++)
        if (views[r].size > NEAR && views[r].in.far.buffer == OWN_BUFFER)
            views[r].in.far.buffer = (uint32_t)p->chunk_count;
}

bool hr_arrow_part_buffers(hr_arrow_part *p, hr_arrow_text text, int64_t *count)
{
    bool string = is_text(p->type) && text == HR_ARROW_STRING, view = is_text(p->type) && !string;
    size_t variadic = view ? p->chunk_count + (p->own_views > 0) : 0, n = 0;
    p->buffers = hr_calloc(4 + variadic, sizeof *p->buffers);
    if (!p->buffers)
        return false;
    p->buffers[n++] = p->nulls ? p->validity.bytes : NULL;
    p->buffers[n++] = p->values.bytes;
    if (string) {
        if (!area_room(&p->texts, 1)) /* no buffer of an array is NULL but its validity */
            return false;
        p->buffers[n++] = p->texts.bytes;
    }
    if (view) {
        p->sizes = hr_calloc(variadic, sizeof *p->sizes);
        if (!p->sizes)
            return false;
        number_own(p);
        for (size_t i = 0; i < p->chunk_count; i++) {
            p->sizes[i] = (int64_t)p->chunks[i]->capacity;
            p->buffers[n++] = p->chunks[i]->bytes;
        }
        if (p->own_views) {
            p->sizes[p->chunk_count] = (int64_t)p->texts.size;
            p->buffers[n++] = p->texts.bytes;
        }
        p->buffers[n++] = p->sizes;
    }
    *count = (int64_t)n;
    return true;
}
