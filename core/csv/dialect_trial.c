/* dialect_trial.c: lexes the sample under one syntax, and gives its records and fields: by the vector kernel as far as
 * it vouches for what it sees, and by the exact lexer elsewhere, as window.c does. */
#include "core/csv/dialect_parts.h"

#define MARK_ROOM 256u
/* Where the exact lexer gives back to the kernel. */
#define EXACT_STRETCH 64u
/* How much may stand behind an opening quote at the end of a sample that goes on, before the quote counts as never
 * closed. */
#define OPEN_QUOTE_MAX (32u * 1024u)
#define RESUMPTIONS_MAX 8u

hr_status hr_trial_new(size_t room, hr_trial *out, hr_error *err)
{
    hr_trial trial = {.room = room, .kernels = hr_kernels_get(NULL)};
    trial.begins = hr_malloc((room + 3) * sizeof(uint32_t));
    trial.records = hr_malloc((room + 3) * sizeof(uint32_t));
    trial.flags = hr_malloc(room + 3);
    trial.window = hr_malloc(2 * (HR_WINDOW_MAX + 2 + HR_INDEX_SLACK) * sizeof(uint16_t));
    if (!trial.begins || !trial.records || !trial.flags || !trial.window) {
        hr_trial_free(&trial);
        return hr_fail_memory(err, "looking at the beginning of the input");
    }
    *out = trial;
    return HR_OK;
}

void hr_trial_free(hr_trial *trial)
{
    hr_free(trial->begins);
    hr_free(trial->records);
    hr_free(trial->flags);
    hr_free(trial->window);
    memset(trial, 0, sizeof *trial);
}

/* One window: its separators go behind those that are there. trial->fields counts closed fields, so that begins[fields]
 * is the open one, and records[count] is the first field of the open record. */
static void lex_window(hr_trial *trial, hr_csv_state *state, size_t base, size_t size, uint32_t *record_marks)
{
    hr_csv_index index = {.begins = trial->window, .row_ends = trial->window + HR_WINDOW_MAX + 2 + HR_INDEX_SLACK};
    hr_csv_mark marks[MARK_ROOM];
    index.begins[0] = 0;
    index.begin_count = 1;
    bool vectors = trial->syntax.escape == HR_SYNTAX_NONE;
    for (size_t at = 0; at < size;) {
        size_t marked = 0;
        uint32_t rows = index.row_count;
        if (vectors) {
            at = trial->kernels->csv_index(&trial->syntax, state, trial->text + base, at, size, &index);
        }
        if (index.row_count != rows) {
            *record_marks = 0; /* the kernel has gone on to another record */
        }
        if (at == size) {
            break;
        }
        size_t until = vectors && size - at > EXACT_STRETCH ? at + EXACT_STRETCH : size;
        at = hr_csv_index_exact(&trial->syntax, state, trial->text + base, at, until, size, &index, record_marks, marks,
                                MARK_ROOM, &marked);
        for (size_t i = 0; i < marked; i++) {
            trial->flags[trial->count + marks[i].row] |= (uint8_t)(1u << marks[i].kind);
        }
    }
    size_t open = trial->fields;
    for (uint32_t i = 1; i < index.begin_count; i++) {
        trial->begins[open + i] = (uint32_t)(base + index.begins[i]);
    }
    for (uint32_t i = 0; i < index.row_count; i++) {
        trial->records[++trial->count] = (uint32_t)(open + index.row_ends[i]);
    }
    trial->fields += index.begin_count - 1;
}

static hr_csv_state lex_from(hr_trial *trial, size_t from)
{
    hr_csv_state state = HR_CSV_RECORD_START;
    uint32_t record_marks = 0;
    while (from < trial->size) {
        size_t size = trial->size - from;
        if (size > HR_WINDOW_MAX) {
            size = HR_WINDOW_MAX;
            size -= trial->text[from + size - 1] == '\r' ? 1u : 0u;
        }
        lex_window(trial, &state, from, size, &record_marks);
        from += size;
    }
    return state;
}

/* The open record has a quote that never closes: it becomes a record of its own that ends with the physical line where
 * the quote opened. Returns where to go on. */
static size_t close_unclosed(hr_trial *trial)
{
    size_t at = trial->begins[trial->fields];
    while (at < trial->size && trial->text[at] != '\n' && trial->text[at] != '\r') {
        at++;
    }
    bool newline = at < trial->size;
    at += at + 1 < trial->size && trial->text[at] == '\r' && trial->text[at + 1] == '\n' ? 1u : 0u;
    at += newline ? 1u : 0u;
    trial->flags[trial->count] |= HR_TRIAL_UNCLOSED;
    trial->fields = trial->records[trial->count] + 1;
    trial->begins[trial->fields] = (uint32_t)(newline ? at : at + 1);
    trial->records[++trial->count] = (uint32_t)trial->fields;
    trial->flags[trial->count] = 0;
    return at;
}

static void begin_trial(hr_trial *trial, const uint8_t *text, size_t size, const hr_csv_syntax *syntax)
{
    trial->text = text;
    trial->size = size;
    trial->syntax = *syntax;
    trial->fields = trial->count = 0;
    trial->begins[0] = trial->records[0] = 0;
    trial->cut = false;
    memset(trial->flags, 0, size + 3);
}

size_t hr_trial_open_record(hr_trial *trial, const uint8_t *text, size_t size, const hr_csv_syntax *syntax)
{
    begin_trial(trial, text, size, syntax);
    hr_csv_state state = lex_from(trial, 0);
    size_t open = trial->begins[trial->records[trial->count]];
    trial->fields = trial->count = 0;
    return state == HR_CSV_QUOTED || state == HR_CSV_ESCAPE_QUOTED ? open : SIZE_MAX;
}

void hr_trial_run(hr_trial *trial, const uint8_t *text, size_t size, bool whole, const hr_csv_syntax *syntax)
{
    begin_trial(trial, text, size, syntax);
    hr_csv_state state = lex_from(trial, 0);
    for (size_t again = 0; again < RESUMPTIONS_MAX && (state == HR_CSV_QUOTED || state == HR_CSV_ESCAPE_QUOTED);
         again++) {
        if (!whole && size - trial->begins[trial->fields] <= OPEN_QUOTE_MAX) {
            break;
        }
        /* flags of the records that the resumed walk will find again are still clear: they stood inside the quotes */
        state = lex_from(trial, close_unclosed(trial));
    }
    if (state == HR_CSV_RECORD_START) {
        return;
    }
    if (!whole && trial->count > 0) {
        trial->cut = true;
        return;
    }
    if (state == HR_CSV_QUOTED || state == HR_CSV_ESCAPE_QUOTED) {
        trial->flags[trial->count] |= HR_TRIAL_UNCLOSED;
    }
    trial->begins[++trial->fields] = (uint32_t)(size + 1);
    trial->records[++trial->count] = (uint32_t)trial->fields;
}

uint32_t hr_trial_width(const hr_trial *trial, size_t record)
{
    return trial->records[record + 1] - trial->records[record];
}

void hr_trial_field(const hr_trial *trial, size_t field, const uint8_t **data, size_t *size)
{
    size_t begin = trial->begins[field], end = trial->begins[field + 1] - 1u;
    if (end > begin && end < trial->size && trial->text[end] == '\n' && trial->text[end - 1] == '\r') {
        end--;
    }
    *data = trial->text + begin;
    *size = end - begin;
}

bool hr_trial_value(const hr_trial *trial, size_t field, const uint8_t **data, size_t *size)
{
    int quote = trial->syntax.quote;
    hr_trial_field(trial, field, data, size);
    if (*size >= 2 && quote >= 0 && (*data)[0] == (uint8_t)quote && (*data)[*size - 1] == (uint8_t)quote) {
        (*data)++;
        *size -= 2;
        return true;
    }
    return false;
}

void hr_trial_raw(const hr_trial *trial, size_t record, const uint8_t **data, size_t *size)
{
    const uint8_t *last;
    size_t last_size;
    *data = trial->text + trial->begins[trial->records[record]];
    hr_trial_field(trial, trial->records[record + 1] - 1, &last, &last_size);
    *size = (size_t)(last + last_size - *data);
}

bool hr_trial_blank(const hr_trial *trial, size_t record)
{
    const uint8_t *data;
    size_t size;
    hr_trial_raw(trial, record, &data, &size);
    return size == 0;
}
