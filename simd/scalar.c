/* scalar.c: the oracle. The CSV language as one table of states, and the other kernels at their plainest. */
#include <string.h>

#include "simd/tables.h"

/* ---- CSV: bytes become classes, classes move the state ------------------------------------------------------- */

typedef enum byte_class {
    OTHER = 0,
    DELIMITER,
    NEWLINE, /* LF, or a CR that no LF follows */
    HALF,    /* the CR of a CRLF */
    QUOTE,
    ESCAPE,
    COMMENT,
    CLASS_COUNT
} byte_class;

enum { STATE_COUNT = HR_CSV_COMMENT + 1 };

/* clang-format off */
#define RS HR_CSV_RECORD_START
#define FS HR_CSV_FIELD_START
#define UN HR_CSV_UNQUOTED
#define QU HR_CSV_QUOTED
#define QS HR_CSV_QUOTE_SEEN
#define EU HR_CSV_ESCAPE_UNQUOTED
#define EQ HR_CSV_ESCAPE_QUOTED
#define CO HR_CSV_COMMENT
/* A byte is a separator exactly when it leads to FS (delimiter) or is a NEWLINE that leads to RS. */
static const uint8_t next_state[STATE_COUNT][CLASS_COUNT] = {
    /*                             OTHER  DELIMITER  NEWLINE  HALF  QUOTE  ESCAPE  COMMENT */
    [HR_CSV_RECORD_START]      = {  UN,     FS,        RS,     RS,   QU,     EU,     CO  },
    [HR_CSV_FIELD_START]       = {  UN,     FS,        RS,     FS,   QU,     EU,     UN  },
    [HR_CSV_UNQUOTED]          = {  UN,     FS,        RS,     UN,   UN,     EU,     UN  },
    [HR_CSV_QUOTED]            = {  QU,     QU,        QU,     QU,   QS,     EQ,     QU  },
    [HR_CSV_QUOTE_SEEN]        = {  UN,     FS,        RS,     QS,   QU,     EU,     UN  },
    [HR_CSV_ESCAPE_UNQUOTED]   = {  UN,     UN,        UN,     UN,   UN,     UN,     UN  },
    [HR_CSV_ESCAPE_QUOTED]     = {  QU,     QU,        QU,     QU,   QU,     QU,     QU  },
    [HR_CSV_COMMENT]           = {  CO,     CO,        RS,     CO,   CO,     CO,     CO  },
};
/* What a byte makes of its record, beside moving the state: a hr_csv_mark_kind, or 0. */
#define AQ HR_MARK_AFTER_QUOTE
#define SQ HR_MARK_STRAY_QUOTE
#define CL HR_MARK_COMMENT
static const uint8_t mark_of[STATE_COUNT][CLASS_COUNT] = {
    /*                             OTHER  DELIMITER  NEWLINE  HALF  QUOTE  ESCAPE  COMMENT */
    [HR_CSV_RECORD_START]      = {  0,      0,         0,      0,    0,      0,      CL  },
    [HR_CSV_UNQUOTED]          = {  0,      0,         0,      0,    SQ,     0,      0   },
    [HR_CSV_QUOTE_SEEN]        = {  AQ,     0,         0,      0,    0,      AQ,     AQ  },
};
#undef RS
#undef FS
#undef UN
#undef QU
#undef QS
#undef EU
#undef EQ
#undef CO
#undef AQ
#undef SQ
#undef CL
/* clang-format on */

/* The class of each byte value; a CR is NEWLINE here, and HALF is found by looking at the byte behind it. */
typedef struct byte_classes {
    uint8_t of[256];
} byte_classes;

static void set_class(byte_classes *classes, int byte, byte_class class)
{
    if (byte >= 0)
        classes->of[(uint8_t)byte] = (uint8_t) class;
}

static void classes_init(byte_classes *classes, const hr_csv_syntax *syntax)
{
    memset(classes, OTHER, sizeof *classes);
    set_class(classes, syntax->comment, COMMENT);
    set_class(classes, syntax->delimiter, DELIMITER);
    set_class(classes, syntax->quote, QUOTE);
    set_class(classes, syntax->escape, ESCAPE); /* wins over quote */
    set_class(classes, '\n', NEWLINE);
    set_class(classes, '\r', NEWLINE);
}

static inline byte_class class_at(const byte_classes *classes, const uint8_t *data, size_t i, size_t size)
{
    if (data[i] == '\r' && i + 1 < size && data[i + 1] == '\n')
        return HALF;
    return (byte_class)classes->of[data[i]];
}

/* Where a walk may end before `size`: no field is open. */
static inline bool at_boundary(hr_csv_state state)
{
    return state == HR_CSV_RECORD_START || state == HR_CSV_FIELD_START;
}

static inline bool keeps_newlines(hr_csv_state state)
{
    return state == HR_CSV_QUOTED || state == HR_CSV_ESCAPE_QUOTED || state == HR_CSV_ESCAPE_UNQUOTED;
}

size_t hr_csv_index_exact(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                          size_t until, size_t size, hr_csv_index *index, uint32_t *record_marks, hr_csv_mark *marks,
                          size_t mark_capacity, size_t *mark_count)
{
    byte_classes classes;
    classes_init(&classes, syntax);
    hr_csv_state now = *state;
    size_t i = from;
    for (; i < size && !(i >= until && at_boundary(now)); i++) {
        byte_class class = class_at(&classes, data, i, size);
        uint8_t mark = mark_of[now][class];
        if (mark == HR_MARK_STRAY_QUOTE && syntax->strays)
            mark = 0;
        if (mark != 0 && marks != NULL && (*record_marks & (1u << mark)) == 0) {
            if (*mark_count == mark_capacity)
                break;
            marks[*mark_count] = (hr_csv_mark){index->row_count, (uint32_t)i, (hr_csv_mark_kind)mark};
            *mark_count += 1;
            *record_marks |= 1u << mark;
        }
        if (data[i] == '\r')
            index->seen_cr = true;
        if ((class == NEWLINE || class == HALF) && keeps_newlines(now))
            index->kept_newlines++;

        now = (hr_csv_state)next_state[now][class];
        if (class == DELIMITER && now == HR_CSV_FIELD_START) {
            index->begins[index->begin_count++] = (uint16_t)(i + 1);
        } else if (class == NEWLINE && now == HR_CSV_RECORD_START) {
            index->row_ends[index->row_count++] = (uint16_t)index->begin_count;
            index->begins[index->begin_count++] = (uint16_t)(i + 1);
            if (marks != NULL)
                *record_marks = 0;
        }
    }
    *state = now;
    return i;
}

size_t hr_csv_count_exact(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from,
                          size_t until, size_t size, hr_csv_tally *tally)
{
    byte_classes classes;
    classes_init(&classes, syntax);
    hr_csv_state now = *state;
    size_t i = from;
    for (; i < size && !(i >= until && at_boundary(now)); i++) {
        byte_class class = class_at(&classes, data, i, size);
        hr_csv_state before = now;
        now = (hr_csv_state)next_state[before][class];
        tally->seen_damage |= before == HR_CSV_QUOTE_SEEN && (now == HR_CSV_UNQUOTED || now == HR_CSV_ESCAPE_UNQUOTED);
        if (class == NEWLINE && now == HR_CSV_RECORD_START) {
            tally->rows++;
            tally->blanks += before == HR_CSV_RECORD_START;
            tally->comments += before == HR_CSV_COMMENT;
            tally->last_end = i + 1;
            tally->seen_row = true;
        }
    }
    *state = now;
    return i;
}

/* Stops before a byte that marks its record, as a vector kernel stops before the block that holds one: whoever calls
 * the table in use learns of damage the same way with each. */
static size_t csv_index(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from, size_t size,
                        hr_csv_index *index)
{
    hr_csv_mark none;
    uint32_t record_marks = 0;
    size_t mark_count = 0;
    return hr_csv_index_exact(syntax, state, data, from, size, size, index, &record_marks, &none, 0, &mark_count);
}

static size_t csv_count(const hr_csv_syntax *syntax, hr_csv_state *state, const uint8_t *data, size_t from, size_t size,
                        hr_csv_tally *tally)
{
    return hr_csv_count_exact(syntax, state, data, from, size, size, tally);
}

/* ---- UTF-8 ---------------------------------------------------------------------------------------------------- */

static inline bool within(uint8_t byte, uint8_t low, uint8_t high)
{
    return byte >= low && byte <= high;
}

/* Length of the well-formed sequence at data[0, size), size >= 1, or 0: the rows of Unicode table 3-7. */
static size_t utf8_sequence(const uint8_t *data, size_t size)
{
    static const struct {
        uint8_t lead_low, lead_high, second_low, second_high, length;
    } rows[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, /* U+0080..07FF */
        {0xE0, 0xE0, 0xA0, 0xBF, 3}, /* U+0800..0FFF */
        {0xE1, 0xEC, 0x80, 0xBF, 3}, /* U+1000..CFFF */
        {0xED, 0xED, 0x80, 0x9F, 3}, /* U+D000..D7FF, short of the surrogates */
        {0xEE, 0xEF, 0x80, 0xBF, 3}, /* U+E000..FFFF */
        {0xF0, 0xF0, 0x90, 0xBF, 4}, /* U+10000..3FFFF */
        {0xF1, 0xF3, 0x80, 0xBF, 4}, /* U+40000..FFFFF */
        {0xF4, 0xF4, 0x80, 0x8F, 4}, /* U+100000..10FFFF */
    };
    if (data[0] < 0x80)
        return 1;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!within(data[0], rows[r].lead_low, rows[r].lead_high))
            continue;
        if (size < rows[r].length || !within(data[1], rows[r].second_low, rows[r].second_high))
            return 0;
        for (size_t k = 2; k < rows[r].length; k++)
            if (!within(data[k], 0x80, 0xBF))
                return 0;
        return rows[r].length;
    }
    return 0;
}

size_t hr_scalar_utf8_valid(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        size_t length = utf8_sequence(data + i, size - i);
        if (length == 0)
            return i;
        i += length;
    }
    return size;
}

/* ---- bytes ---------------------------------------------------------------------------------------------------- */

static size_t ascii_prefix(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size && data[i] < 0x80)
        i++;
    return i;
}

static uint64_t newlines(const uint8_t *data, size_t size)
{
    uint64_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += data[i] == '\n' || (data[i] == '\r' && (i + 1 == size || data[i + 1] != '\n'));
    return count;
}

static size_t find4(const uint8_t *data, size_t size, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    size_t i = 0;
    while (i < size && data[i] != a && data[i] != b && data[i] != c && data[i] != d)
        i++;
    return i;
}

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static void json_index(const hr_json_wants *wants, const uint8_t *data, size_t size, hr_json_index *index)
{
    (void)wants;
    index->tokens = index->lines = index->keys = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i == size ? data[size - 1] == '\n' : data[i] != '\n')
            continue;
        index->kinds[index->tokens] = '\n';
        index->offsets[index->tokens] = (uint16_t)i;
        index->line_ends[index->lines++] = (uint16_t)index->tokens++;
    }
    memset(index->doubted, 0xFF, (index->lines + 63) / 64 * sizeof *index->doubted);
}

const hr_kernels hr_kernels_scalar = {
    .name = "scalar",
    .csv_index = csv_index,
    .csv_count = csv_count,
    .utf8_valid = hr_scalar_utf8_valid,
    .ascii_prefix = ascii_prefix,
    .newlines = newlines,
    .find4 = find4,
    .decode_single = hr_scalar_decode_single,
    .decode_utf16 = hr_scalar_decode_utf16,
    .json_index = json_index,
    .csv_rows = hr_scalar_csv_rows,
    .json_rows = hr_scalar_json_rows,
    .copy_rows = hr_scalar_copy_rows,
};
