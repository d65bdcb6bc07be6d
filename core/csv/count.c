/* count.c: counting CSV records without batches: the same language as stretch.c, over whole chunks. */
#include "core/reader/reader_state.h"

void hr_csv_count_text(const hr_reader *reader, const uint8_t *data, size_t size, hr_csv_state *state,
                       hr_csv_tally *out)
{
    const hr_csv_syntax *syntax = &reader->syntax;
    bool vectors = syntax->escape == HR_SYNTAX_NONE;
    *out = (hr_csv_tally){0};
    for (size_t at = 0; at < size;) {
        if (vectors)
            at = reader->config.kernels->csv_count(syntax, state, data, at, size, out);
        if (at < size)
            at = hr_csv_count_exact(syntax, state, data, at, vectors && size - at > 64 ? at + 64 : size, size, out);
    }
}

/* Records at `begin` as far as they are whole. HR_OK with nothing moved: the record there is long, or goes on. */
static hr_status count_window(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t available = reader->end - reader->begin;
    /* No record of this window can be longer than the limit. */
    size_t size = hr_csv_window_size(data, available, reader->config.row_limit, reader->eof);
    hr_csv_tally counts;
    hr_csv_state state = HR_CSV_RECORD_START;
    hr_csv_count_text(reader, data, size, &state, &counts);
    /* Damage may break a record into lines (long.c): the way that makes batches knows, as far as this window goes. */
    if (counts.seen_damage)
        reader->damaged = reader->text + size;
    if (!counts.seen_row || counts.seen_damage)
        return HR_OK;
    uint64_t passed = counts.blanks + counts.comments;
    *records += counts.rows - passed;
    *skipped += passed;
    return hr_reader_advance(reader, counts.last_end, counts.rows - passed, 0, err);
}

/* Rows of another encoding are decoded by the reader itself, and so is what damage may break into lines. */
size_t hr_csv_split(hr_reader *reader, size_t most)
{
    const uint8_t *data = reader->chunk->bytes + reader->begin;
    size_t available = reader->end - reader->begin;
    if (reader->config.encoding_fallback || reader->text < reader->damaged)
        return 0;
    /* No record of a piece can be longer than the limit. Pieces that small would cost more than they bring. */
    if (reader->config.row_limit < reader->block / 64)
        return 0;
    if (most > reader->config.row_limit)
        most = reader->config.row_limit;
    size_t size = hr_csv_window_size(data, available, most, reader->eof);
    hr_csv_tally counts;
    hr_csv_state state = HR_CSV_RECORD_START;
    hr_csv_count_text(reader, data, size, &state, &counts);
    if (counts.seen_damage)
        reader->damaged = reader->text + size;
    return counts.seen_row && !counts.seen_damage ? counts.last_end : 0;
}

hr_status hr_csv_count(hr_reader *reader, uint64_t *records, uint64_t *skipped, hr_error *err)
{
    size_t before = reader->begin, available = reader->end - reader->begin;
    bool window = available > 0 && reader->text >= reader->damaged && !reader->skipping && !reader->record.open &&
                  !reader->force_long;
    if (window) {
        hr_status status = count_window(reader, records, skipped, err);
        if (status != HR_OK || reader->begin != before)
            return status;
    }
    if (!reader->eof && available < HR_WINDOW_MAX && reader->text >= reader->damaged)
        return hr_reader_fill(reader, err);
    return hr_reader_count_batch(reader, records, skipped, err);
}
