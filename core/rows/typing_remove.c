/* typing_remove.c: takes rows out of a batch and of its vectors. */
#include "core/rows/typing.h"

/* The rows that stay move together; the first broken one is where it begins. Values of `width` bytes. */
static void close_up(const hr_typed *typed, uint32_t rows, void *values, size_t width)
{
    uint8_t *bytes = values;
    uint32_t to = typed->breaches[0].row;
    for (uint32_t r = to; r < rows; r++)
        if (!hr_typed_broken(typed, r)) {
            memmove(bytes + to * width, bytes + r * width, width);
            to++;
        }
}

/* How many bits of the rows that stay are set is given back. */
static uint32_t close_up_bits(const hr_typed *typed, uint32_t rows, uint8_t *bits)
{
    uint32_t to = 0, set = 0;
    for (uint32_t r = 0; r < rows; r++) {
        if (hr_typed_broken(typed, r))
            continue;
        unsigned bit = hr_bit(bits, r);
        bits[to / 8] = (uint8_t)((bits[to / 8] & ~(1u << (to % 8))) | bit << (to % 8));
        set += bit;
        to++;
    }
    return set;
}

static void close_up_vector(const hr_typed *typed, uint32_t rows, uint32_t left, hr_vector *vector)
{
    /* What the vectors point to is the room of the typed batch. */
    if (vector->type == HR_TYPE_BOOL)
        (void)close_up_bits(typed, rows, (uint8_t *)vector->values);
    else
        close_up(typed, rows, (void *)vector->values, hr_type_width(vector->type));
    if (vector->validity)
        vector->nulls = left - close_up_bits(typed, rows, (uint8_t *)vector->validity);
    if (!vector->nulls)
        vector->validity = NULL;
}

hr_status hr_typing_remove(const hr_typing *typing, hr_batch_body *body, hr_error *err)
{
    hr_typed *typed = body->typed;
    hr_batch *batch = &body->batch;
    if (!typed->breach_count)
        return HR_OK;
    hr_status status = hr_batch_number(body, err);
    if (status != HR_OK)
        return status;
    uint32_t rows = batch->rows, left = rows - (uint32_t)typed->breach_count;
    close_up(typed, rows, body->row_first, sizeof *body->row_first);
    close_up(typed, rows, body->row_number, sizeof *body->row_number);
    if (batch->row_fields)
        close_up(typed, rows, body->row_fields, sizeof *body->row_fields);
    if (batch->row_offset)
        close_up(typed, rows, body->row_offset, sizeof *body->row_offset);
    if (batch->row_size)
        close_up(typed, rows, body->row_size, sizeof *body->row_size);
    if (batch->cells)
        close_up(typed, rows, body->cells, sizeof *body->cells * batch->columns);
    for (size_t i = 0; i < typing->count; i++) {
        hr_vector *vector = &typed->vectors[i];
        if (typing->columns[i].source != HR_NO_COLUMN)
            close_up_vector(typed, rows, left, vector);
        else if ((vector->nulls = left) == 0)
            vector->validity = NULL;
    }
    batch->rows = left;
    return HR_OK;
}
