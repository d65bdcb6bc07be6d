/* inflate_isal.c: gzip members (RFC 1952) through ISA-L, which inflates more than twice as fast as zlib. */
#ifdef HR_HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "core/input/inflate_parts.h"

/* ISA-L decodes up to three symbols at once, and gives none of them where the bits of one are missing. */
#define HELD_MOST 3u
#define MATCH_LEAST 3u /* bytes of the shortest copy, RFC 1951, 3.2.5 */
#define TRIAL_OUT (HELD_MOST + MATCH_LEAST)
#define TRIAL_IN 16u

/* RFC 1952, 2.3.1 */
enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_KNOWN = 31, METHOD_DEFLATE = 8 };
enum { FIXED_SIZE = 10, TRAILER_SIZE = 8 };

/* The parts of a member, in their order. */
typedef enum part {
    PART_FIXED,
    PART_EXTRA_SIZE,
    PART_EXTRA,
    PART_NAME,
    PART_COMMENT,
    PART_HCRC,
    PART_BODY,
    PART_TRAILER
} part;

typedef struct isal_state {
    struct inflate_state stream, before; /* `before`: at the beginning of a step */
    part at;
    uint8_t bytes[FIXED_SIZE]; /* of the part, so far */
    size_t size, extra;
    uint32_t crc; /* of the header, then of what was given out */
    uint32_t raw; /* bytes given out, modulo 2^32 */
    int failure;  /* what ISA-L answered, when bytes before the damage are still to be given out; 0: none */
    bool asked;   /* for what was held back */
    uint8_t held[HELD_MOST];
    size_t held_count, held_given;
} isal_state;

static void begin_member(isal_state *self)
{
    isal_inflate_reset(&self->stream);
    self->at = PART_FIXED;
    self->size = 0;
    self->crc = self->raw = 0;
}

static hr_status isal_open(void **state, hr_error *err)
{
    isal_state *self = hr_calloc(1, sizeof *self);
    if (!self)
        return hr_fail_memory(err, "preparing to decompress gzip data");
    isal_inflate_init(&self->stream);
    begin_member(self);
    *state = self;
    return HR_OK;
}

/* ---- header and trailer ---------------------------------------------------------------------------------------- */

static uint32_t little(const uint8_t *bytes, size_t size)
{
    uint32_t value = 0;
    while (size-- > 0)
        value = value << 8 | bytes[size];
    return value;
}

/* The first part from `next` on that the flags say is there. */
static void go_to(isal_state *self, part next, uint8_t flags)
{
    if (next == PART_EXTRA_SIZE && !(flags & FLAG_EXTRA))
        next = PART_NAME;
    if (next == PART_NAME && !(flags & FLAG_NAME))
        next = PART_COMMENT;
    if (next == PART_COMMENT && !(flags & FLAG_COMMENT))
        next = PART_HCRC;
    if (next == PART_HCRC && !(flags & FLAG_HCRC))
        next = PART_BODY;
    self->at = next;
    self->size = 0;
    if (next == PART_BODY)
        self->crc = 0;
}

/* One byte of the header. NULL, or what is wrong with it. The flags stay in `extra`'s upper half. */
static const char *take_header(isal_state *self, uint8_t byte)
{
    uint8_t flags = (uint8_t)(self->extra >> 16);
    uint16_t sum = (uint16_t)self->crc;
    self->crc = crc32_gzip_refl(self->crc, &byte, 1);
    switch (self->at) {
    case PART_FIXED:
        self->bytes[self->size++] = byte;
        if (self->size == 2 && self->bytes[1] != 0x8B)
            return "incorrect header check";
        if (self->size == 3 && byte != METHOD_DEFLATE)
            return "unknown compression method";
        if (self->size == 4 && byte > FLAGS_KNOWN)
            return "unknown header flags set";
        if (self->size == FIXED_SIZE) {
            self->extra = (size_t)self->bytes[3] << 16;
            go_to(self, PART_EXTRA_SIZE, self->bytes[3]);
        }
        return NULL;
    case PART_EXTRA_SIZE:
        self->bytes[self->size++] = byte;
        if (self->size < 2)
            return NULL;
        self->extra = self->extra | little(self->bytes, 2);
        self->size = 0;
        self->at = PART_EXTRA;
        if ((uint16_t)self->extra == 0)
            go_to(self, PART_NAME, flags);
        return NULL;
    case PART_EXTRA:
        if (++self->size == (uint16_t)self->extra)
            go_to(self, PART_NAME, flags);
        return NULL;
    case PART_NAME:
    case PART_COMMENT:
        if (!byte)
            go_to(self, self->at + 1, flags);
        return NULL;
    default: /* PART_HCRC */
        if (self->size == 0)
            self->extra = (self->extra & ~(size_t)0xFFFF) | sum;
        self->bytes[self->size++] = byte;
        if (self->size < 2)
            return NULL;
        if (little(self->bytes, 2) != (uint16_t)self->extra)
            return "header crc mismatch";
        go_to(self, PART_BODY, flags);
        return NULL;
    }
}

/* Behind the last bit of the body: whole bytes that ISA-L has taken from the input already. */
static void end_body(isal_state *self)
{
    struct inflate_state *stream = &self->stream;
    uint64_t bits = stream->read_in >> (stream->read_in_length % 8);
    self->size = (size_t)stream->read_in_length / 8;
    for (size_t i = 0; i < self->size && i < TRAILER_SIZE; i++)
        self->bytes[i] = (uint8_t)(bits >> (8 * i));
    self->at = PART_TRAILER;
}

static const char *check_trailer(const isal_state *self)
{
    if (little(self->bytes, 4) != self->crc)
        return "incorrect data check";
    return little(self->bytes + 4, 4) != self->raw ? "incorrect length check" : NULL;
}

/* ---- body ------------------------------------------------------------------------------------------------------ */

static const char *reason_of(int failure)
{
    switch (failure) {
    case ISAL_INVALID_BLOCK: return "invalid block";
    case ISAL_INVALID_SYMBOL: return "invalid symbol";
    case ISAL_INVALID_LOOKBACK: return "invalid distance too far back";
    default: return "not deflated data";
    }
}

/* What ISA-L has decoded, and not given out when it failed. */
static size_t drain(struct inflate_state *stream, uint8_t *out, size_t capacity)
{
    size_t left = (size_t)(stream->tmp_out_valid - stream->tmp_out_processed);
    size_t size = left < capacity ? left : capacity;
    memcpy(out, stream->tmp_out_buffer + stream->tmp_out_processed, size);
    stream->tmp_out_processed += (int32_t)size;
    return size;
}

typedef struct span {
    const uint8_t *in;
    size_t in_size, used;
    uint8_t *out;
    size_t capacity, got;
} span;

/* At most `most` bytes of the input. */
static int inflate_some(struct inflate_state *stream, span *bytes, size_t most)
{
    size_t in_room = bytes->in_size - bytes->used, out_room = bytes->capacity - bytes->got;
    in_room = in_room < most ? in_room : most;
    out_room = out_room < INT32_MAX ? out_room : INT32_MAX;
    stream->next_in = (uint8_t *)(uintptr_t)(bytes->in + bytes->used); /* it is only read */
    stream->avail_in = (uint32_t)in_room;
    stream->next_out = bytes->out + bytes->got;
    stream->avail_out = (uint32_t)out_room;
    int code = isal_inflate(stream);
    bytes->used += in_room - stream->avail_in;
    bytes->got += out_room - stream->avail_out;
    return code;
}

/* How far ISA-L gets before it fails depends on how much it has at hand. Once it has failed it is given the same bytes
 * one by one: so what comes before the damage is always the same. */
static int inflate_slowly(isal_state *self, span *bytes)
{
    memcpy(&self->stream, &self->before, sizeof self->stream);
    int code = ISAL_DECOMP_OK;
    size_t used, got;
    do {
        used = bytes->used;
        got = bytes->got;
        code = inflate_some(&self->stream, bytes, 1);
    } while (code >= ISAL_DECOMP_OK && (bytes->used > used || bytes->got > got));
    return code;
}

static hr_status take_body(isal_state *self, span *bytes, hr_error *err)
{
    struct inflate_state *stream = &self->stream;
    size_t used = bytes->used, got = bytes->got;
    if (!self->failure) {
        memcpy(&self->before, stream, sizeof *stream);
        int code = inflate_some(stream, bytes, UINT32_MAX);
        if (code < ISAL_DECOMP_OK) {
            bytes->used = used;
            bytes->got = got;
            code = inflate_slowly(self, bytes);
        }
        self->failure = code < ISAL_DECOMP_OK ? code : 0;
    }
    if (self->failure)
        bytes->got += drain(stream, bytes->out + bytes->got, bytes->capacity - bytes->got);
    self->crc = crc32_gzip_refl(self->crc, bytes->out + got, bytes->got - got);
    self->raw += (uint32_t)(bytes->got - got);
    if (self->failure && stream->tmp_out_processed == stream->tmp_out_valid)
        return hr_fail(err, HR_E_CORRUPT, "%s", reason_of(self->failure));
    if (stream->block_state == ISAL_BLOCK_FINISH)
        end_body(self);
    return HR_OK;
}

static hr_status isal_step(void *state, const uint8_t *in, size_t in_size, size_t *in_used, uint8_t *out,
                           size_t capacity, size_t *got, hr_error *err)
{
    isal_state *self = state;
    span bytes = {in, in_size, 0, out, capacity, 0};
    hr_status status = HR_OK;
    const char *wrong = NULL;
    while (!wrong && self->at < PART_BODY && bytes.used < in_size)
        wrong = take_header(self, in[bytes.used++]);
    if (!wrong && self->at == PART_BODY)
        status = take_body(self, &bytes, err);
    while (self->at == PART_TRAILER && self->size < TRAILER_SIZE && bytes.used < in_size)
        self->bytes[self->size++] = in[bytes.used++];
    if (self->at == PART_TRAILER && self->size == TRAILER_SIZE) {
        wrong = check_trailer(self);
        status = HR_END;
        if (!wrong)
            begin_member(self);
    }
    *in_used = bytes.used;
    *got = bytes.got;
    return wrong ? hr_fail(err, HR_E_CORRUPT, "%s", wrong) : status;
}

/* ---- where the stream is cut ----------------------------------------------------------------------------------- */

/* What comes when bytes of `pad` follow the cut; with `flip`, and what lies before it is changed. */
static size_t try_on(const isal_state *self, struct inflate_state *copy, uint8_t pad, bool flip, uint8_t *out)
{
    uint8_t in[TRIAL_IN];
    memset(in, pad, sizeof in);
    memcpy(copy, &self->stream, sizeof *copy);
    for (int32_t i = 0; flip && i < copy->tmp_out_valid; i++)
        copy->tmp_out_buffer[i] ^= 0xFF;
    copy->next_in = in;
    copy->avail_in = sizeof in;
    copy->next_out = out;
    copy->avail_out = TRIAL_OUT;
    isal_inflate(copy);
    size_t size = TRIAL_OUT - copy->avail_out;
    return size + drain(copy, out + size, TRIAL_OUT - size);
}

/* Whether the bytes from `at` on may be a copy of those before it. */
static bool may_be_copy(const uint8_t *out, size_t size, size_t at)
{
    for (size_t distance = 1; distance <= at; distance++) {
        size_t i = at;
        while (i < size && i < at + MATCH_LEAST && out[i] == out[i - distance])
            i++;
        if (i == at + MATCH_LEAST)
            return true;
    }
    return false;
}

/* The literals that the bits before the cut say. In a prefix code these are the symbols that come out the same whether
 * only zeros or only ones follow: the first and the last leaf of the subtree are then one. A copy is told from a
 * literal by its source: changed, when it lies before the trial, and compared when it lies within. */
static hr_status find_held(isal_state *self, hr_error *err)
{
    if (self->at != PART_BODY || self->stream.block_state != ISAL_BLOCK_CODED || self->failure)
        return HR_OK;
    struct inflate_state *copy = hr_malloc(sizeof *copy);
    if (!copy)
        return hr_fail_memory(err, "decompressing gzip data");
    uint8_t out[4][TRIAL_OUT];
    size_t size[4], least = HELD_MOST, count = 0;
    for (size_t i = 0; i < 4; i++) {
        size[i] = try_on(self, copy, i & 1 ? 0xFF : 0, i & 2, out[i]);
        least = size[i] < least ? size[i] : least;
    }
    hr_free(copy);
    for (; count < least; count++) {
        bool certain = true;
        for (size_t i = 0; i < 4; i++)
            certain = certain && out[i][count] == out[0][count] && !may_be_copy(out[i], size[i], count);
        if (!certain)
            break;
    }
    memcpy(self->held, out[0], count);
    self->held_count = count;
    return HR_OK;
}

static hr_status isal_cut(void *state, uint8_t *out, size_t capacity, size_t *got, hr_error *err)
{
    isal_state *self = state;
    if (!self->asked) {
        hr_status status = find_held(self, err);
        if (status != HR_OK)
            return status;
        self->asked = true;
    }
    size_t left = self->held_count - self->held_given, size = left < capacity ? left : capacity;
    memcpy(out, self->held + self->held_given, size);
    self->held_given += size;
    *got = size;
    return HR_OK;
}

static bool isal_begins(uint8_t byte)
{
    return byte == 0x1F;
}

static void isal_close(void *state)
{
    hr_free(state);
}

const hr_unpacker hr_unpacker_gzip = {"gzip", isal_open, isal_step, isal_cut, isal_begins, isal_close};
#else
typedef int hr_isal_is_not_there;
#endif
