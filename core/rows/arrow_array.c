/* arrow_array.c: the rows of batches, appended column by column, become an array of Arrow's C data interface. */
#include "core/rows/arrow_part.h"

/* Values of one batch: wide schemas over very short rows. */
#define BATCH_MOST ((size_t)1 << 30)

struct hr_arrow_builder {
    const hr_schema *schema;
    hr_arrow_text text;
    size_t count, rows, bytes, room, row_bytes; /* room: for so many rows at first; row_bytes: of fixed width */
    hr_arrow_part **parts;                      /* [count] */
};

static void release_part(struct ArrowArray *array)
{
    hr_arrow_part_free(array->private_data);
    array->release = NULL;
}

/* All that the array of a whole batch of columns owns beside them. */
typedef struct root {
    const void *validity;
    struct ArrowArray **list;
    struct ArrowArray children[];
} root;

static void release_root(struct ArrowArray *array)
{
    root *own = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) /* it was not moved elsewhere */
            array->children[i]->release(array->children[i]);
    hr_free(own->list);
    hr_free(own);
    array->release = NULL;
}

static void clear_parts(hr_arrow_builder *builder)
{
    for (size_t i = 0; i < builder->count; i++) {
        hr_arrow_part_free(builder->parts[i]);
        builder->parts[i] = NULL;
    }
    builder->rows = builder->bytes = 0;
}

hr_status hr_arrow_builder_take(hr_arrow_builder *builder, struct ArrowArray *out, hr_error *err)
{
    size_t count = builder->count;
    root *own = hr_calloc(1, sizeof *own + count * sizeof *own->children);
    if (!own || !(own->list = hr_calloc(count, sizeof *own->list))) {
        hr_free(own);
        return hr_fail_memory(err, "making an Arrow array");
    }
    struct ArrowArray made = {.length = (int64_t)builder->rows,
                              .n_buffers = 1,
                              .buffers = &own->validity,
                              .children = own->list,
                              .release = release_root,
                              .private_data = own};
    for (size_t i = 0; i < count; i++) {
        hr_arrow_part *p = builder->parts[i];
        int64_t buffers = 0;
        if (!hr_arrow_part_buffers(p, builder->text, &buffers)) {
            release_root(&made);
            return hr_fail_memory(err, "making an Arrow array");
        }
        own->children[i] = (struct ArrowArray){.length = (int64_t)p->rows,
                                               .null_count = (int64_t)p->nulls,
                                               .n_buffers = buffers,
                                               .buffers = p->buffers,
                                               .release = release_part,
                                               .private_data = p};
        builder->parts[i] = NULL;
        own->list[i] = &own->children[i];
        made.n_children++;
    }
    builder->rows = builder->bytes = 0;
    *out = made;
    return HR_OK;
}

/* ---- builders ------------------------------------------------------------------------------------------------ */

hr_status hr_arrow_builder_new(const hr_schema *schema, hr_arrow_text text, size_t rows, hr_arrow_builder **out,
                               hr_error *err)
{
    hr_arrow_builder *builder = hr_calloc(1, sizeof *builder);
    if (!builder)
        return hr_fail_memory(err, "making an Arrow stream");
    const hr_column *columns = hr_schema_columns(schema, &builder->count);
    builder->schema = schema;
    builder->text = text;
    for (size_t i = 0; i < builder->count; i++)
        builder->row_bytes += hr_type_width(columns[i].type) + 1;
    size_t most = HR_ARROW_BYTES / (builder->row_bytes + 1) + 1;
    builder->room = rows < most ? rows : most;
    builder->parts = hr_calloc(builder->count, sizeof *builder->parts);
    if (!builder->parts) {
        hr_free(builder);
        return hr_fail_memory(err, "making an Arrow stream");
    }
    *out = builder;
    return HR_OK;
}

void hr_arrow_builder_free(hr_arrow_builder *builder)
{
    if (!builder)
        return;
    clear_parts(builder);
    hr_free(builder->parts);
    hr_free(builder);
}

hr_status hr_arrow_builder_add(hr_arrow_builder *builder, const hr_batch *batch, hr_error *err)
{
    size_t count;
    const hr_column *columns = hr_schema_columns(builder->schema, &count);
    if (batch->rows * builder->row_bytes > BATCH_MOST)
        return hr_fail(
            err, HR_E_LIMIT,
            "%u rows of %zu columns are more values than fit an Arrow array; a schema of fewer columns would do",
            batch->rows, count);
    for (size_t i = 0; i < count; i++) {
        if (!builder->parts[i])
            builder->parts[i] = hr_arrow_part_new(columns[i].type, builder->text, builder->room);
        if (!builder->parts[i])
            return hr_fail_memory(err, "making an Arrow array");
        hr_status status = hr_arrow_part_add(builder->parts[i], builder->text, builder->room, batch, &batch->vectors[i],
                                             &builder->bytes, err);
        if (status != HR_OK)
            return status;
    }
    builder->rows += batch->rows;
    builder->bytes += batch->rows * builder->row_bytes;
    return HR_OK;
}

size_t hr_arrow_builder_rows(const hr_arrow_builder *builder)
{
    return builder->rows;
}

size_t hr_arrow_builder_bytes(const hr_arrow_builder *builder)
{
    return builder->bytes;
}
