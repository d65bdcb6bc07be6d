/* input.c: inputs of the crash tests, and what must come of them: fields over several lines, duplicates, rows of every
 * kind that is rejected, blank lines; packed in one piece or in many. */
#include "tests/crash/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE_SIZE ((size_t)70000) /* of text in a member or frame */

static const char *const comments[] = {"",      "plain", "caf\xC3\xA9",     "\xE6\xBC\xA2\xE5\xAD\x97",
                                       "a;b|c", "'x'",   "\xF0\x9F\x8C\x8A"};

/* Appends a member to the text, and its canonical form to the row. NULL: null. */
static void add_member(crash_bytes *text, crash_bytes *row, const char *name, const char *value, bool first)
{
    char *begin = crash_text("%s\"%s\":%s", first ? "{" : ",", name, value ? "\"" : "null");
    crash_bytes_text(text, begin);
    free(begin);
    for (const char *p = value; p && *p; p++) {
        if (*p == '"' || *p == '\n' || *p == '\r')
            crash_bytes_text(text, "\\");
        crash_bytes_add(text, *p == '\n' ? "n" : *p == '\r' ? "r" : p, 1);
    }
    crash_bytes_text(text, value ? "\"" : "");
    crash_bytes_text(row, value ? value : "\x1E");
    crash_bytes_text(row, "\x1F");
}

/* Appends a field to the text, quoted when it must be, and its canonical form to the row. NULL: null. */
static void add_field(crash_bytes *text, crash_bytes *row, const char *value, bool last)
{
    if (!value) {
        crash_bytes_text(row, "\x1E");
    } else if (*value && !strpbrk(value, "\",\r\n")) {
        crash_bytes_text(text, value);
        crash_bytes_text(row, value);
    } else {
        crash_bytes_text(text, "\"");
        for (const char *p = value; *p; p++) {
            crash_bytes_add(text, p, 1);
            if (*p == '"')
                crash_bytes_add(text, p, 1);
        }
        crash_bytes_text(text, "\"");
        crash_bytes_text(row, value);
    }
    crash_bytes_text(row, "\x1F");
    crash_bytes_text(text, last ? "" : ",");
}

static void add_good_row(crash_input *input, size_t id, bool again, size_t variant)
{
    crash_bytes row = {0};
    char text[5][96];
    snprintf(text[0], sizeof text[0], "%zu", id);
    snprintf(text[1], sizeof text[1], "name %zu", variant % 997);
    if (input->pretty)
        snprintf(text[2], sizeof text[2], "note %zu", variant);
    else
        snprintf(text[2], sizeof text[2], "row %zu, first line%s\"second\" of %zu%s", variant,
                 variant % 2 ? "\n" : "\r\n", variant * 7, variant % 5 ? "" : "\n\nfourth");
    snprintf(text[3], sizeof text[3], "%zu.%02zu", variant % 1000, variant % 100);
    snprintf(text[4], sizeof text[4], "%s", comments[variant % CRASH_COUNT(comments)]);
    static const char *const names[] = {"id", "name", "note", "amount", "comment"};
    for (size_t i = 0; i < 5; i++) {
        const char *value = i == 3 && variant % 3 == 0 ? NULL : text[i];
        if (input->ndjson)
            add_member(&input->text, &row, names[i], value, i == 0);
        else
            add_field(&input->text, &row, value, i == 4);
    }
    crash_bytes_text(&input->text, input->ndjson ? "}\n" : "\n");
    if (!again)
        crash_texts_add(&input->first, crash_text("%s", row.data));
    crash_texts_add(&input->good, row.data);
}

/* A line that is no JSON. */
static const char *bad_line(const crash_input *input, size_t number, char room[160])
{
    switch (number % 4) {
    case 0: snprintf(room, 160, "{\"id\":\"%zu\"", number); break;
    case 1: snprintf(room, 160, "{\"id\":%03zu0}", number % 10); break;
    case 2: snprintf(room, 160, "{\"id\":\"%zu\"} {}", number); break;
    default: snprintf(room, 160, "{\"id\":\"%s\"}", input->utf16 ? "\\ud800" : "\xFF\xFE"); break;
    }
    return room;
}

static void add_bad_row(crash_input *input, size_t number)
{
    char row[160];
    switch (input->ndjson ? 4 : number % 4) {
    case 4: bad_line(input, number, row); break;
    case 0: snprintf(row, sizeof row, "%zu,too few", number); break;
    case 1: snprintf(row, sizeof row, "%zu,too,many,fields,in,this,row", number); break;
    case 2: snprintf(row, sizeof row, "%zu,\"closed\" and more,x,1.00,y", number); break;
    default:
        snprintf(row, sizeof row, "%zu,%s,x,1.00,y", number, input->utf16 ? "too,many" : "no UTF-8: \xFF\xFE");
        break;
    }
    crash_bytes_text(&input->text, row);
    crash_bytes_text(&input->text, "\n");
    crash_texts_add(&input->bad, crash_text("%s", row));
}

void crash_input_make(crash_input *input)
{
    size_t fresh = 0;
    crash_bytes_text(&input->text, input->ndjson ? "" : CRASH_HEADER "\n");
    for (size_t i = 0; i < input->rows; i++) {
        bool again = !input->pretty && fresh > 20 && crash_random() % 13 == 0;
        add_good_row(input, again ? (size_t)(crash_random() % fresh) : fresh, again, i);
        fresh += again ? 0 : 1;
        if (!input->pretty && crash_random() % 150 == 0)
            add_bad_row(input, i);
        if (!input->pretty && crash_random() % 400 == 0) {
            crash_bytes_text(&input->text, "\n");
            input->skipped++;
        }
    }
    if (input->pretty)
        return;
    /* A quote that never closes costs its own line only. */
    const char *open = input->ndjson ? "{\"id\":\"never closed}" : "1,\"never closed,x,1.00,y";
    crash_bytes_text(&input->text, open);
    crash_bytes_text(&input->text, "\n");
    crash_texts_add(&input->bad, crash_text("%s", open));
    for (size_t i = 0; i < 5; i++) {
        const char *form =
            "{\"id\":\"%zu\",\"name\":\"last\",\"note\":\"%zu\",\"amount\":\"1.00\",\"comment\":\"end\"}";
        char *line = input->ndjson ? crash_text(form, fresh + i, i) : crash_text("%zu,last,%zu,1.00,end", fresh + i, i);
        crash_bytes_text(&input->text, line);
        crash_bytes_text(&input->text, i < 4 ? "\n" : "");
        char *row = crash_text("%zu\x1Flast\x1F%zu\x1F"
                               "1.00\x1F"
                               "end\x1F",
                               fresh + i, i);
        crash_texts_add(&input->first, row);
        crash_texts_add(&input->good, crash_text("%s", row));
        free(line);
    }
}

void crash_input_clear(crash_input *input)
{
    crash_texts_clear(&input->good);
    crash_texts_clear(&input->first);
    crash_texts_clear(&input->bad);
    free(input->text.data);
    input->text = (crash_bytes){0};
}

/* ---- packing ----------------------------------------------------------------------------------------------- */

const char *crash_packing_suffix(crash_packing packing)
{
    return packing == CRASH_PLAIN ? "" : packing <= CRASH_GZIP_MEMBERS ? ".gz" : ".zst";
}

static void gzip_piece(const char *data, size_t size, crash_bytes *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        crash_die("deflateInit2");
    size_t room = deflateBound(&stream, size);
    char *packed = crash_room(NULL, room);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        crash_die("deflate");
    crash_bytes_add(out, packed, room - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

static void zstd_piece(const char *data, size_t size, crash_bytes *out)
{
    size_t room = ZSTD_compressBound(size);
    char *packed = crash_room(NULL, room);
    size_t used = ZSTD_compress(packed, room, data, size, 3);
    if (ZSTD_isError(used))
        crash_die("ZSTD_compress");
    crash_bytes_add(out, packed, used);
    free(packed);
}

void crash_pack(crash_packing packing, const crash_bytes *text, crash_bytes *out)
{
    bool pieces = packing == CRASH_GZIP_MEMBERS || packing == CRASH_ZSTD_FRAMES;
    if (packing == CRASH_PLAIN) {
        crash_bytes_add(out, text->data, text->size);
        return;
    }
    for (size_t at = 0; at < text->size;) {
        size_t size = pieces && text->size - at > PIECE_SIZE ? PIECE_SIZE : text->size - at;
        (packing <= CRASH_GZIP_MEMBERS ? gzip_piece : zstd_piece)(text->data + at, size, out);
        at += size;
    }
}

/* UTF-8, known to be valid, to UTF-16LE with its mark. */
static void to_utf16(const crash_bytes *text, crash_bytes *out)
{
    crash_bytes_add(out, "\xFF\xFE", 2);
    for (size_t i = 0; i < text->size;) {
        const unsigned char *p = (const unsigned char *)text->data + i;
        unsigned more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
        uint32_t code = more == 0 ? *p : *p & (0x3Fu >> more);
        for (unsigned k = 1; k <= more; k++)
            code = code << 6 | (p[k] & 0x3Fu);
        uint32_t units[2] = {code, 0};
        if (code > 0xFFFF) {
            units[0] = 0xD800 + ((code - 0x10000) >> 10);
            units[1] = 0xDC00 + ((code - 0x10000) & 0x3FF);
        }
        for (unsigned k = 0; k < (code > 0xFFFF ? 2u : 1u); k++) {
            unsigned char pair[2] = {(unsigned char)units[k], (unsigned char)(units[k] >> 8)};
            crash_bytes_add(out, pair, 2);
        }
        i += more + 1;
    }
}

void crash_input_write(const crash_input *input, const char *path)
{
    crash_bytes wide = {0}, packed = {0};
    if (input->utf16)
        to_utf16(&input->text, &wide);
    crash_pack(input->packing, input->utf16 ? &wide : &input->text, &packed);
    crash_write_file(path, packed.data, packed.size);
    free(wide.data);
    free(packed.data);
}
