/* infer.c: the facts of all columns: gathered by any number of threads, each with room of its own, and added up. */
#include <pthread.h>
#include <stdatomic.h>

#include "core/rows/batch.h"
#include "core/rows/infer.h"
#include "simd/simd.h"

/* What one thread has gathered; free ones wait in a list. */
typedef struct gathering {
    struct gathering *next;
    hr_infer_room room;
    hr_infer_facts facts[]; /* [count] */
} gathering;

struct hr_infer {
    size_t count;
    hr_infer_column *columns; /* [count] facts of what is settled; examples of what was taken */
    _Atomic(uint32_t) *known; /* [count] bit 1 << class: its example is there */
    uint64_t rows;            /* of the batches that were taken */
    pthread_mutex_t lock;     /* of the list */
    gathering *free;
};

/* A class that a batch is perhaps the first to hold. */
typedef struct finding {
    uint32_t column, row;
    hr_value_class kind;
    hr_infer_example example; /* but for row and line, which are not known yet */
} finding;

typedef struct findings {
    size_t count, capacity;
    finding list[];
} findings;

#define SETTLED (1u << HR_CLASS_NULL) /* a class of which no example is wanted */

hr_status hr_infer_new(const char *const *names, size_t count, hr_infer **out, hr_error *err)
{
    hr_infer *infer = hr_calloc(1, sizeof *infer);
    if (!infer)
        return hr_fail_memory(err, "inferring types");
    if (pthread_mutex_init(&infer->lock, NULL)) {
        hr_free(infer);
        return hr_fail(err, HR_E_MEMORY, "there is no room for a lock");
    }
    infer->columns = hr_calloc(count ? count : 1, sizeof *infer->columns);
    infer->known = hr_calloc(count ? count : 1, sizeof *infer->known);
    bool good = infer->columns && infer->known;
    for (size_t i = 0; good && i < count; i++) {
        infer->columns[i].name = hr_strdup(names[i]);
        good = infer->columns[i].name != NULL;
        hr_infer_facts_clear(&infer->columns[i].facts);
        atomic_init(&infer->known[i], SETTLED);
        infer->count = i + 1;
    }
    if (!good) {
        hr_infer_free(infer);
        return hr_fail_memory(err, "inferring types");
    }
    *out = infer;
    return HR_OK;
}

static void gathering_free(gathering *one)
{
    hr_buffer_free(&one->room.value);
    hr_free(one);
}

void hr_infer_free(hr_infer *infer)
{
    if (!infer)
        return;
    for (gathering *one = infer->free, *next; one; one = next) {
        next = one->next;
        gathering_free(one);
    }
    for (size_t i = 0; infer->columns && i < infer->count; i++)
        hr_free((void *)infer->columns[i].name);
    hr_free(infer->columns);
    hr_free(infer->known);
    pthread_mutex_destroy(&infer->lock);
    hr_free(infer);
}

/* ---- one batch, in any thread ------------------------------------------------------------------------------- */

static gathering *gathering_take(hr_infer *infer)
{
    pthread_mutex_lock(&infer->lock);
    gathering *one = infer->free;
    if (one)
        infer->free = one->next;
    pthread_mutex_unlock(&infer->lock);
    if (one)
        return one;
    one = hr_calloc(1, sizeof *one + infer->count * sizeof one->facts[0]);
    for (size_t i = 0; one && i < infer->count; i++)
        hr_infer_facts_clear(&one->facts[i]);
    return one;
}

static void gathering_give(hr_infer *infer, gathering *one)
{
    pthread_mutex_lock(&infer->lock);
    one->next = infer->free;
    infer->free = one;
    pthread_mutex_unlock(&infer->lock);
}

static void quote(hr_infer_example *out, const uint8_t *text, size_t size)
{
    out->cut = size > HR_EXAMPLE_MAX;
    size_t kept = out->cut ? HR_EXAMPLE_MAX : size;
    while (out->cut && kept > 0 && (text[kept] & 0xC0) == 0x80)
        kept--;
    out->size = (uint8_t)kept;
    memcpy(out->text, text, kept);
}

static bool findings_room(findings **list)
{
    findings *old = *list;
    if (old && old->count < old->capacity)
        return true;
    size_t capacity = old ? old->capacity * 2 : 4;
    findings *grown = hr_realloc(old, sizeof *grown + capacity * sizeof grown->list[0]);
    if (!grown)
        return false;
    grown->count = old ? grown->count : 0;
    grown->capacity = capacity;
    *list = grown;
    return true;
}

/* The first value of each of the `wanted` classes in the column: each is there. */
static hr_status find_first(const hr_batch *batch, size_t column, uint32_t wanted, hr_infer_room *room, findings **list,
                            hr_error *err)
{
    for (size_t row = 0; wanted && row < batch->rows; row++) {
        hr_value_class kind;
        const uint8_t *text;
        size_t size;
        hr_status status = hr_infer_look(batch, row, column, room, &kind, &text, &size, err);
        if (status != HR_OK)
            return status;
        if (!(wanted >> kind & 1u))
            continue;
        wanted &= ~(1u << kind);
        if (!findings_room(list))
            return hr_fail_memory(err, "inferring types");
        finding *one = &(*list)->list[(*list)->count++];
        *one = (finding){.column = (uint32_t)column, .row = (uint32_t)row, .kind = kind};
        quote(&one->example, text, size);
    }
    return HR_OK;
}

hr_status hr_infer_run(void *context, const hr_batch *batch, void **result, hr_error *err)
{
    hr_infer *infer = context;
    gathering *work = gathering_take(infer);
    if (!work)
        return hr_fail_memory(err, "inferring types");
    findings *found = NULL;
    hr_status status = HR_OK;
    size_t count = batch->rows ? infer->count : 0;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        uint32_t seen = 0;
        status = hr_infer_scan(batch, i, &work->facts[i], &work->room, &seen, err);
        seen &= ~atomic_load_explicit(&infer->known[i], memory_order_relaxed);
        if (status == HR_OK && seen)
            status = find_first(batch, i, seen, &work->room, &found, err);
    }
    gathering_give(infer, work);
    if (status == HR_OK)
        *result = found;
    else
        hr_free(found);
    return status;
}

void hr_infer_drop(void *context, void *result)
{
    (void)context;
    hr_free(result);
}

/* ---- in order ----------------------------------------------------------------------------------------------- */

void hr_infer_take(hr_infer *infer, const hr_batch *batch, uint64_t first_line, void *result)
{
    findings *found = result;
    const hr_kernels *kernels = found ? hr_kernels_get(NULL) : NULL;
    for (size_t i = 0; found && i < found->count; i++) {
        finding *one = &found->list[i];
        uint32_t known = atomic_load_explicit(&infer->known[one->column], memory_order_relaxed);
        if (known >> one->kind & 1u)
            continue;
        const uint8_t *row;
        size_t size;
        hr_batch_row(batch, one->row, &row, &size);
        one->example.row = hr_batch_row_number(batch, one->row);
        one->example.line = first_line + hr_batch_lines(batch, kernels, batch->data, (size_t)(row - batch->data));
        infer->columns[one->column].examples[one->kind] = one->example;
        atomic_store_explicit(&infer->known[one->column], known | 1u << one->kind, memory_order_relaxed);
    }
    infer->rows += batch->rows;
    hr_free(found);
}

void hr_infer_settle(hr_infer *infer)
{
    for (gathering *one = infer->free; one; one = one->next)
        for (size_t i = 0; i < infer->count; i++) {
            hr_infer_facts_add(&infer->columns[i].facts, &one->facts[i]);
            hr_infer_facts_clear(&one->facts[i]);
        }
}

const hr_infer_column *hr_infer_columns(const hr_infer *infer, size_t *count)
{
    *count = infer->count;
    return infer->columns;
}

uint64_t hr_infer_rows(const hr_infer *infer)
{
    return infer->rows;
}

/* ---- several inputs ----------------------------------------------------------------------------------------- */

/* The same place is likely: files of a feed have their columns in one order. */
static size_t find_column(const hr_infer *infer, const char *name, size_t likely)
{
    if (likely < infer->count && !strcmp(infer->columns[likely].name, name))
        return likely;
    for (size_t i = 0; i < infer->count; i++)
        if (!strcmp(infer->columns[i].name, name))
            return i;
    return SIZE_MAX;
}

static hr_status add_column(hr_infer *infer, const char *name, hr_error *err)
{
    size_t count = infer->count + 1;
    hr_infer_column *columns = hr_realloc(infer->columns, count * sizeof *columns);
    if (!columns)
        return hr_fail_memory(err, "inferring types");
    infer->columns = columns;
    _Atomic(uint32_t) *known = hr_realloc(infer->known, count * sizeof *known);
    if (!known)
        return hr_fail_memory(err, "inferring types");
    infer->known = known;
    hr_infer_column *made = &columns[infer->count];
    *made = (hr_infer_column){.name = hr_strdup(name)};
    if (!made->name)
        return hr_fail_memory(err, "inferring types");
    hr_infer_facts_clear(&made->facts);
    atomic_init(&known[infer->count], SETTLED);
    made->facts.counts[HR_CLASS_NULL] = infer->rows; /* the inputs before did not have it */
    infer->count = count;
    return HR_OK;
}

static void merge_column(hr_infer_column *into, const hr_infer_column *from, uint32_t file)
{
    hr_infer_facts_add(&into->facts, &from->facts);
    for (size_t kind = 0; kind < HR_CLASSES; kind++)
        if (!into->examples[kind].row && from->examples[kind].row) {
            into->examples[kind] = from->examples[kind];
            into->examples[kind].file = file;
        }
}

static hr_status merge(hr_infer *into, const hr_infer *from, uint32_t file, hr_error *err)
{
    bool *had = hr_calloc(into->count + from->count + 1, sizeof *had);
    if (!had)
        return hr_fail_memory(err, "inferring types");
    hr_status status = HR_OK;
    for (size_t i = 0; i < from->count && status == HR_OK; i++) {
        size_t at = find_column(into, from->columns[i].name, i);
        if (at == SIZE_MAX) {
            at = into->count;
            status = add_column(into, from->columns[i].name, err);
        }
        if (status == HR_OK) {
            merge_column(&into->columns[at], &from->columns[i], file);
            had[at] = true;
        }
    }
    for (size_t i = 0; i < into->count && status == HR_OK; i++)
        if (!had[i])
            into->columns[i].facts.counts[HR_CLASS_NULL] += from->rows;
    into->rows += from->rows;
    hr_free(had);
    return status;
}

hr_status hr_infer_merge(hr_infer **into, const hr_infer *from, uint32_t file, hr_error *err)
{
    if (*into)
        return merge(*into, from, file, err);
    hr_infer *made = NULL;
    hr_status status = hr_infer_new(NULL, 0, &made, err);
    if (status == HR_OK)
        status = merge(made, from, file, err);
    if (status == HR_OK)
        *into = made;
    else
        hr_infer_free(made);
    return status;
}
