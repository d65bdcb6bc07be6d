/* quote.c: names and texts in SQL. */
#include "connectors/postgres/connect.h"

bool hr_pg_quote_name(hr_buffer *out, const char *name)
{
    bool ok = hr_buffer_add(out, "\"", 1);
    for (; ok && *name; name++)
        ok = hr_buffer_add(out, name, 1) && (*name != '"' || hr_buffer_add(out, "\"", 1));
    return ok && hr_buffer_add(out, "\"", 1);
}

bool hr_pg_quote_text(hr_buffer *out, const char *text)
{
    bool ok = hr_buffer_text(out, strchr(text, '\\') ? "E'" : "'");
    for (; ok && *text; text++)
        ok = hr_buffer_add(out, text, 1) && ((*text != '\'' && *text != '\\') || hr_buffer_add(out, text, 1));
    return ok && hr_buffer_add(out, "'", 1);
}

/* One part of a name into `room`; *end: what follows. False: a quote is not closed. */
static bool take_part(const char *text, char *room, const char **end)
{
    bool quoted = *text == '"', open = quoted;
    text += quoted;
    while (*text && (quoted ? open : *text != '.')) {
        if (quoted && *text == '"' && *++text != '"')
            open = false;
        else
            *room++ = *text++;
    }
    *room = '\0';
    *end = text;
    return !open;
}

static hr_status check_part(const char *part, const char *whole, hr_error *err)
{
    if (!*part)
        return hr_fail(err, HR_E_INVALID, "\"%.150s\" is no name of a table: give TABLE or SCHEMA.TABLE", whole);
    if (strlen(part) > HR_PG_NAME_MAX)
        return hr_fail(err, HR_E_INVALID,
                       "\"%.150s\" is longer than the %u bytes that PostgreSQL has for a name: give a shorter one",
                       part, HR_PG_NAME_MAX);
    return HR_OK;
}

hr_status hr_pg_split_name(const char *text, char **schema, char **table, hr_error *err)
{
    const char *end = text;
    char *first = hr_malloc(strlen(text) + 1), *second = hr_malloc(strlen(text) + 1);
    hr_status status = first && second ? HR_OK : hr_fail_memory(err, "reading the name of a table");
    bool two = false, fine = status == HR_OK && take_part(text, first, &end);
    if (fine && *end == '.') {
        two = true;
        fine = take_part(end + 1, second, &end);
    }
    if (status == HR_OK && (!fine || *end))
        status = hr_fail(err, HR_E_INVALID,
                         "\"%.150s\" is no name of a table: give TABLE or SCHEMA.TABLE, and a name with dots or quotes "
                         "in double quotes",
                         text);
    if (status == HR_OK)
        status = check_part(first, text, err);
    if (status == HR_OK && two)
        status = check_part(second, text, err);
    if (status == HR_OK) {
        *schema = two ? first : NULL;
        *table = two ? second : first;
        if (!two)
            hr_free(second);
        return HR_OK;
    }
    hr_free(first);
    hr_free(second);
    return status;
}
