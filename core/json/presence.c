/* presence.c: which columns of NDJSON any record has had, and whether some have the key. */
#include "core/json/presence.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/json/rows.h"

/* Of the first records, enough to show how names are spelt. */
#define SHOWN_BYTES ((size_t)64 << 10)
#define SHOWN_MEMBERS 1000u

hr_status hr_json_presence_begin(hr_json_presence *presence, const char *const *names, size_t count, hr_error *err)
{
    if (presence->names || count == 0)
        return HR_OK;
    presence->names = hr_calloc(count, sizeof *presence->names);
    presence->seen = hr_calloc(count, sizeof *presence->seen);
    bool good = presence->names && presence->seen;
    for (size_t i = 0; good && i < count; i++) {
        presence->names[i] = hr_strdup(names[i]);
        good = presence->names[i] != NULL;
        presence->count = i + good;
    }
    if (!good)
        return hr_fail_memory(err, "looking for columns");
    presence->missing = count;
    return HR_OK;
}

void hr_json_presence_clear(hr_json_presence *presence)
{
    hr_json_columns_free(presence->names, presence->count);
    hr_json_columns_free(presence->members, presence->member_count);
    hr_free(presence->seen);
    *presence = (hr_json_presence){0};
}

static bool has_column(const hr_batch *batch, size_t column)
{
    uint32_t row = 0;
    while (row < batch->rows && batch->cells[(size_t)row * batch->columns + column].size == 0)
        row++;
    return row < batch->rows;
}

static hr_status find_members(const hr_batch *batch, char ***members, size_t *count, hr_error *err)
{
    const hr_csv_config config = {.column_limit = SHOWN_MEMBERS};
    size_t begin = batch->row_first[0], end = begin;
    for (uint32_t i = 0; i < batch->rows && (i == 0 || end - begin < SHOWN_BYTES); i++)
        end = batch->row_first[i] + batch->row_size[i];
    hr_status status = hr_json_columns_find(batch->data + begin, end - begin, true, &config, members, count, err);
    return status == HR_E_LIMIT ? HR_OK : status; /* they are only to help */
}

hr_status hr_json_presence_look(hr_json_presence *presence, const hr_batch *batch, hr_error *err)
{
    if (presence->missing == 0 || batch->rows == 0)
        return HR_OK;
    if (!batch->cells || batch->columns != presence->count) {
        presence->missing = 0;
        return HR_OK;
    }
    for (size_t i = 0; i < presence->count; i++)
        if (!presence->seen[i] && has_column(batch, i)) {
            presence->seen[i] = true;
            presence->missing--;
        }
    if (presence->looked || presence->missing == 0)
        return HR_OK;
    presence->looked = true;
    return find_members(batch, &presence->members, &presence->member_count, err);
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

/* `null` is as good as none. */
static bool is_null(const hr_batch *batch, hr_span cell)
{
    return cell.size == 0 || (cell.size == 4 && memcmp(batch->data + cell.begin, "null", 4) == 0);
}

static void look_at_rows(hr_json_keyed *keyed, const hr_batch *batch, const uint32_t *key, size_t count)
{
    for (uint32_t row = 0; row < batch->rows; row++) {
        const hr_span *cells = &batch->cells[(size_t)row * batch->columns];
        bool there = false, null = true;
        for (size_t i = 0; i < count; i++) {
            there |= cells[key[i]].size > 0;
            null = null && is_null(batch, cells[key[i]]);
        }
        keyed->without += null;
        keyed->settled |= there;
    }
}

hr_status hr_json_keyed_look(hr_json_keyed *keyed, const hr_batch *batch, const char *const *names, const uint32_t *key,
                             size_t count, hr_error *err)
{
    if (batch->rows == 0)
        return HR_OK;
    if (!batch->cells || count == 0) {
        keyed->settled = true;
        return HR_OK;
    }
    bool first = keyed->records == 0;
    uint32_t last = batch->rows - 1;
    look_at_rows(keyed, batch, key, count);
    keyed->records += batch->rows;
    keyed->bytes += batch->row_first[last] + batch->row_size[last] - batch->row_first[0];
    if (keyed->settled)
        return HR_OK;
    if (first) {
        hr_status status = find_members(batch, &keyed->members, &keyed->member_count, err);
        if (status != HR_OK)
            return status;
    }
    return keyed->bytes < HR_JSON_KEYED_WITHIN ? HR_OK : hr_json_keyed_judge(keyed, names[key[0]], err);
}

hr_status hr_json_keyed_judge(hr_json_keyed *keyed, const char *name, hr_error *err)
{
    keyed->settled |= keyed->records < 2;
    if (keyed->settled)
        return HR_OK;
    char shown[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < keyed->member_count && used + strlen(keyed->members[i]) + 16 < sizeof shown; i++) {
        int size = snprintf(shown + used, sizeof shown - used, "%s%s", i ? ", " : "; they have ", keyed->members[i]);
        used += (size_t)size;
    }
    return hr_fail(err, HR_E_INVALID,
                   "none of the %" PRIu64 " records has the key '%.200s': all but one would be duplicates%s",
                   keyed->records, name, shown);
}

bool hr_json_keyed_open(const hr_json_keyed *keyed)
{
    return keyed->records > 0 && !keyed->settled;
}

void hr_json_keyed_clear(hr_json_keyed *keyed)
{
    hr_json_columns_free(keyed->members, keyed->member_count);
    *keyed = (hr_json_keyed){0};
}
