/* ndjson_reference.c: what a reader should say of NDJSON, by way of documents: every line parsed into a tree, columns
 * looked up there. */
#include <stdlib.h>

#include "core/json/json.h"
#include "core/json/scan.h"
#include "simd/simd.h"
#include "tests/reference/transcript_say.h"

typedef struct list {
    char **names;
    size_t count;
} list;

static void add(list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->names[i], name))
            return;
    names->names = realloc(names->names, (names->count + 1) * sizeof *names->names);
    REQUIRE(names->names);
    names->names[names->count++] = strdup(name);
}

static void free_list(list *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
}

static hr_json_document *parse(const uint8_t *line, size_t size, unsigned depth)
{
    hr_json_document *document = NULL;
    hr_json_limits limits = {.depth = depth, .memory = (size_t)1 << 30};
    hr_status status = hr_json_parse(line, size, &limits, &document, NULL);
    return status == HR_OK ? document : NULL;
}

static size_t line_end(const sheet *doc, size_t begin)
{
    const uint8_t *lf = memchr(doc->text + begin, '\n', doc->size - begin);
    return lf ? (size_t)(lf - doc->text) + 1 : doc->size;
}

static void add_member(list *names, const hr_json_value *value)
{
    size_t size;
    const char *name = hr_json_name(value, &size);
    hr_buffer pointer = {0};
    if (strlen(name) != size)
        return;
    if (*name && *name != '/') {
        add(names, name);
        return;
    }
    transcript_say_text(&pointer, "/");
    for (; *name; name++)
        transcript_say(&pointer,
                       *name == '/'   ? "~1"
                       : *name == '~' ? "~0"
                                      : name,
                       *name == '/' || *name == '~' ? 2 : 1);
    transcript_say(&pointer, "", 1);
    add(names, (char *)pointer.data);
    hr_buffer_free(&pointer);
}

static void find_names(const sheet *doc, const setup *s, list *names)
{
    if (s->columns) {
        char *copy = strdup(s->columns), *rest = copy;
        for (char *name; (name = strsep(&rest, ",")) != NULL;)
            add(names, name);
        free(copy);
        return;
    }
    size_t sample = s->sample ? (size_t)strtoull(s->sample, NULL, 10) : (size_t)256 << 10;
    for (size_t at = 0, end; at < doc->size; at = end) {
        end = line_end(doc, at);
        bool cut = doc->size >= sample && (end > sample || (end == sample && doc->text[end - 1] != '\n'));
        hr_json_document *document = cut ? NULL : parse(doc->text + at, end - at, s->depth);
        if (document && hr_json_kind_of(hr_json_root(document)) == HR_JSON_OBJECT)
            for (const hr_json_value *v = hr_json_first(hr_json_root(document)); v; v = hr_json_next(v))
                add_member(names, v);
        hr_json_free(document);
        if (cut)
            break;
    }
}

static uint64_t raw_of(const sheet *doc, size_t at)
{
    return doc->raw_of ? doc->raw_of[at] : at + doc->shift;
}

static void expect_row(const sheet *doc, const setup *s, const list *names, size_t begin,
                       const hr_json_document *document, transcript *out)
{
    const hr_json_value *root = hr_json_root(document);
    size_t size;
    const char *text = hr_json_text(root, &size);
    transcript_say_row_head(&out->rows, out->row_count + out->rejected + 1, s->offsets, raw_of(doc, begin),
                            (const uint8_t *)text, size);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->names[i];
        const hr_json_value *value = *name == '/' ? hr_json_pointer(root, name) : hr_json_member(root, name);
        bool string = hr_json_kind_of(value) == HR_JSON_STRING, null = hr_json_kind_of(value) == HR_JSON_NULL;
        text = null ? "" : string ? hr_json_string(value, &size) : hr_json_text(value, &size);
        transcript_say_value(&out->rows, (const uint8_t *)text, null ? 0 : size, string, null);
    }
    transcript_say_text(&out->rows, "\n");
    out->row_count++;
}

static hr_reject_kind kind_of(hr_json_fault fault)
{
    return fault == HR_JSON_UTF8                                     ? HR_REJECT_ENCODING
           : fault == HR_JSON_TOO_DEEP                               ? HR_REJECT_DEPTH
           : fault == HR_JSON_NO_OBJECT || fault == HR_JSON_STRANGER ? HR_REJECT_MEMBERS
                                                                     : HR_REJECT_JSON;
}

static void expect_reject(const sheet *doc, hr_reject_kind kind, size_t begin, size_t end, uint64_t at, uint64_t line,
                          transcript *out)
{
    hr_reject reject = {.kind = kind,
                        .row = out->row_count + out->rejected + 1,
                        .line = line,
                        .offset = raw_of(doc, begin),
                        .at = at,
                        .column = HR_UNKNOWN,
                        .raw = doc->raw + raw_of(doc, begin),
                        .raw_size = (size_t)(raw_of(doc, end) - raw_of(doc, begin))};
    transcript_say_reject(&out->rejects, &reject);
    out->rejected++;
}

static void expect_line(const sheet *doc, const setup *s, const list *names, const hr_json_plan *plan, size_t begin,
                        size_t end, uint64_t number, transcript *out)
{
    size_t limit = s->csv.row_bytes, size = end - begin - (doc->text[end - 1] == '\n');
    if (end - begin > limit) {
        expect_reject(doc, HR_REJECT_SIZE, begin, begin + limit, HR_UNKNOWN, number, out);
        return;
    }
    hr_json_line line;
    hr_span *cells = calloc(names->count + 1, sizeof *cells);
    uint64_t repeated = 0;
    hr_json_line_exact(plan, doc->text + begin, size, &line, cells, &repeated);
    free(cells);
    hr_json_document *document = parse(doc->text + begin, size, s->depth);
    bool json = line.fault == HR_JSON_SOUND || line.fault == HR_JSON_NO_OBJECT || line.fault == HR_JSON_STRANGER;
    bool blank = json && line.size == 0;
    if ((document != NULL) != (json && !blank)) {
        fprintf(stderr, "as a line it %s JSON, as a document it %s: %.*s\n", json ? "is" : "is not",
                document ? "is" : "is not", (int)size, (const char *)doc->text + begin);
        abort();
    }
    if (blank)
        out->skipped++;
    else if (line.fault == HR_JSON_SOUND)
        expect_row(doc, s, names, begin, document, out);
    else
        expect_reject(doc, kind_of(line.fault), begin, end, raw_of(doc, begin + line.at), number, out);
    hr_json_free(document);
}

void transcript_expect_ndjson(const sheet *doc, const setup *s, transcript *out, ndjson_place **places,
                              size_t *place_count)
{
    *out = (transcript){.status = HR_END};
    list names = {0};
    find_names(doc, s, &names);
    for (size_t i = 0; i < names.count; i++)
        transcript_say(&out->names, names.names[i], strlen(names.names[i]) + 1);
    hr_json_plan_options options = {.columns = (const char *const *)names.names,
                                    .count = names.count,
                                    .depth_limit = s->depth,
                                    .refuse_strangers = s->strict_members && names.count};
    hr_json_plan *plan;
    REQUIRE(hr_json_plan_new(&options, &plan, NULL) == HR_OK);
    ndjson_place *made = calloc(doc->size + 1, sizeof *made);
    REQUIRE(made);
    size_t count = 0;
    uint64_t line = 1;
    for (size_t at = 0, end; at < doc->size; at = end) {
        end = line_end(doc, at);
        expect_line(doc, s, &names, plan, at, end, line, out);
        line += doc->text[end - 1] == '\n';
        made[count++] = (ndjson_place){raw_of(doc, end), out->row_count + out->rejected + 1, line};
    }
    hr_json_plan_free(plan);
    free_list(&names);
    *places = made;
    *place_count = count;
}
