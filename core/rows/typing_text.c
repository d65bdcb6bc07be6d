/* typing_text.c: columns of texts and of JSON, as views. What is longer than a view stays where it is in the batch;
 * where some long value of the column is escaped, all of its long values are copied, for a column has one buffer. */
#include "core/json/scan.h"
#include "core/rows/nulls.h"
#include "core/rows/typing.h"
#include "core/rows/value_fast.h"

#define NEAR sizeof(((hr_text_view *)0)->in.text)

/* A column of texts on its way. */
typedef struct text_walk {
    hr_column_walk *w;
    hr_text_view *views;
    uint8_t *room; /* where long values are copied to; NULL: they stay in the batch */
    size_t used;   /* end of the last long value */
    bool ndjson, json;
} text_walk;

/* Up to 12 of the 16 bytes that are readable, zeros behind them. */
static inline void set_near_quickly(hr_text_view *view, const uint8_t *text, size_t size)
{
    static const uint64_t low[NEAR + 1] = {0,
                                           0xFF,
                                           0xFFFF,
                                           0xFFFFFF,
                                           0xFFFFFFFF,
                                           UINT64_C(0xFFFFFFFFFF),
                                           UINT64_C(0xFFFFFFFFFFFF),
                                           UINT64_C(0xFFFFFFFFFFFFFF),
                                           UINT64_MAX,
                                           UINT64_MAX,
                                           UINT64_MAX,
                                           UINT64_MAX,
                                           UINT64_MAX};
    static const uint64_t high[NEAR + 1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF};
    uint64_t a = hr_load8(text) & low[size], b = hr_load8(text + 8) & high[size];
    uint64_t words[2] = {size | a << 32, a >> 32 | b << 32};
    memcpy(view, words, sizeof words);
}

static void set_near(hr_text_view *view, const uint8_t *text, size_t size)
{
    *view = (hr_text_view){.size = (uint32_t)size};
    if (size)
        memcpy(view->in.text, text, size);
}

static inline void set_far(text_walk *t, hr_text_view *view, const uint8_t *text, size_t size)
{
    size_t offset = (size_t)(text - t->w->body->batch.data);
    if (t->room) {
        offset = t->used;
        memcpy(t->room + offset, text, size);
    }
    view->size = (uint32_t)size;
    memcpy(view->in.far.prefix, text, sizeof view->in.far.prefix);
    view->in.far.buffer = 0;
    view->in.far.offset = (uint32_t)offset;
    t->used = t->used > offset + size ? t->used : offset + size;
}

/* One RFC 8259 value? A newline in it is white space as a carriage return is, and as wrong within a string. */
static hr_status check_json(hr_column_walk *w, uint32_t r, hr_error *err)
{
    hr_typed *typed = w->typed;
    const uint8_t *text = w->value;
    if (w->size && memchr(text, '\n', w->size)) {
        hr_status status = hr_typed_scratch(typed, w->size, err);
        if (status != HR_OK)
            return status;
        if (text == w->field.data) /* else it stands in the scratch */
            memcpy(typed->scratch, text, w->size);
        for (size_t i = 0; i < w->size; i++)
            if (typed->scratch[i] == '\n')
                typed->scratch[i] = '\r';
        text = typed->scratch;
    }
    hr_json_line line = {0};
    uint64_t repeated = 0;
    hr_json_line_exact(w->typing->json, text, w->size, &line, NULL, &repeated);
    const char *why = line.fault != HR_JSON_SOUND ? hr_json_fault_text(line.fault)
                      : line.size == 0            ? "it is blank"
                                                  : NULL;
    return why ? hr_walk_breach(w, r, HR_REJECT_TYPE, why, err) : HR_OK;
}

/* HR_AGAIN: a long value has escapes, and so all of them need room. */
static hr_status look_closer(text_walk *t, uint32_t r, hr_error *err)
{
    hr_column_walk *w = t->w;
    bool null;
    hr_status status = hr_walk_field(w, r, &null, err);
    if (status != HR_OK)
        return status;
    if (null) {
        t->views[r] = (hr_text_view){.size = 0};
        hr_walk_null(w, r);
        return HR_OK;
    }
    if (w->size <= NEAR)
        set_near(&t->views[r], w->value, w->size);
    else if (!t->room && w->value == w->typed->scratch)
        return HR_AGAIN;
    else
        set_far(t, &t->views[r], w->value, w->size);
    return t->json && !t->ndjson ? check_json(w, r, err) : HR_OK;
}

/* Room for all values of the column. */
static hr_status make_room(text_walk *t, hr_error *err)
{
    hr_column_walk *w = t->w;
    size_t size = 0;
    for (uint32_t r = 0; r < w->rows; r++)
        size += hr_batch_field(&w->body->batch, r, w->column->source).size + 2; /* quotes of JSON */
    t->room = hr_batch_keep(w->body, size);
    t->used = 0;
    memset(w->validity, 0xFF, (w->rows + 7u) / 8);
    w->vector->nulls = 0;
    return t->room ? HR_OK : hr_fail_memory(err, "typing texts");
}

/* A value that is its own text: no escapes, no null. */
static inline bool look(text_walk *t, const hr_glance *glance, uint32_t r)
{
    const uint8_t *text;
    size_t size;
    bool quoted;
    if (!hr_glance_at(glance, r, &text, &size, &quoted) || size == 0)
        return false;
    if (t->ndjson) {
        if (quoted ? memchr(text, '\\', size) != NULL : *text == 'n')
            return false;
    } else if (quoted && memchr(text, glance->quote, size)) {
        return false;
    }
    if (size <= NEAR)
        set_near_quickly(&t->views[r], text, size);
    else
        set_far(t, &t->views[r], text, size);
    return true;
}

static hr_status walk_rows(text_walk *t, bool quick, hr_error *err)
{
    const hr_glance glance = hr_walk_begin(t->w);
    for (uint32_t r = 0; r < t->w->rows; r++) {
        if (quick && HR_LIKELY(look(t, &glance, r)))
            continue;
        hr_status status = look_closer(t, r, err);
        if (HR_UNLIKELY(status != HR_OK))
            return status;
    }
    return HR_OK;
}

hr_status hr_typing_text(hr_column_walk *walk, hr_text_view *views, hr_error *err)
{
    const hr_batch *batch = &walk->body->batch;
    text_walk t = {.w = walk, .views = views, .json = walk->vector->type == HR_TYPE_JSON};
    t.ndjson = batch->flags & HR_BATCH_NDJSON;
    bool quick = !t.json && (t.ndjson || batch->dialect->escape == HR_NO_BYTE);
    hr_status status = walk_rows(&t, quick, err);
    if (status == HR_AGAIN) {
        status = make_room(&t, err);
        if (status == HR_OK)
            status = walk_rows(&t, quick, err);
    }
    walk->vector->data = t.room ? t.room : batch->data;
    walk->vector->data_size = t.used;
    return status;
}
