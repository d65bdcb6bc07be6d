/* presence.c: which columns of NDJSON any record has had. */
#include "core/json/presence.h"

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

hr_status hr_json_presence_key(const hr_batch *batch, const char *const *names, const uint32_t *key, size_t count,
                               hr_error *err)
{
    if (!batch->cells || batch->rows < 2 || count == 0)
        return HR_OK;
    for (size_t i = 0; i < count; i++)
        if (has_column(batch, key[i]))
            return HR_OK;
    char **members = NULL, shown[256] = "";
    size_t member_count = 0, used = 0;
    hr_status status = find_members(batch, &members, &member_count, err);
    for (size_t i = 0; i < member_count && used + strlen(members[i]) + 16 < sizeof shown; i++) {
        int size = snprintf(shown + used, sizeof shown - used, "%s%s", i ? ", " : "; they have ", members[i]);
        used += (size_t)size;
    }
    hr_json_columns_free(members, member_count);
    if (status != HR_OK)
        return status;
    return hr_fail(err, HR_E_INVALID,
                   "none of the first records has the key '%.200s': all but one would be duplicates%s", names[key[0]],
                   shown);
}
