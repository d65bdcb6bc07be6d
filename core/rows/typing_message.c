/* typing_message.c: what is said of a row that breaks its schema. */
#include <stdio.h>

#include "core/rows/typing.h"

#define CLIP 48u

/* The beginning of a value, for people: cut at a character, no control characters. */
static void clip(const uint8_t *value, size_t size, char out[CLIP + 4])
{
    size_t used = size < CLIP ? size : CLIP;
    while (used < size && used > 0 && (value[used] & 0xC0) == 0x80)
        used--;
    for (size_t i = 0; i < used; i++)
        out[i] = value[i] < 0x20 || value[i] == 0x7F ? '?' : (char)value[i];
    memcpy(out + used, used < size ? "..." : "", used < size ? 4 : 1);
}

static void describe_type(const hr_column *column, char *out, size_t room)
{
    if (column->type == HR_TYPE_DECIMAL)
        snprintf(out, room, "decimal(%u,%u)", column->precision, column->scale);
    else
        snprintf(out, room, "%s%s", column->zoned ? "zoned " : "", hr_type_name(column->type));
}

hr_status hr_typing_message(const hr_typing *typing, hr_batch_body *body, const hr_breach *breach, char *out,
                            size_t room, const uint8_t **about, size_t *about_size, hr_error *err)
{
    const hr_typing_column *column = &typing->columns[breach->column];
    hr_column_walk walk = {.typing = typing, .column = column, .body = body, .typed = body->typed};
    bool null = true;
    hr_status status = hr_walk_field(&walk, breach->row, &null, err);
    if (status != HR_OK)
        return status;
    char value[CLIP + 4], type[32];
    clip(walk.value, walk.size, value);
    describe_type(column->declared, type, sizeof type);
    if (null)
        snprintf(out, room, "%s", breach->why);
    else if (breach->kind == HR_REJECT_TYPE)
        snprintf(out, room, "'%s' is no %s: %s", value, type, breach->why);
    else
        snprintf(out, room, "'%s': %s", value, breach->why);
    *about = null && (body->batch.flags & HR_BATCH_NDJSON) ? NULL : walk.value;
    *about_size = walk.size;
    return HR_OK;
}
