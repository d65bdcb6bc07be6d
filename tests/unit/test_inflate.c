/* test_inflate.c: decompression gives the same bytes and the same verdict however the stored bytes arrive. */
#include "tests/unit/input_samples.h"

TestSuite(inflate, .fini = scratch_free);

typedef struct outcome {
    bytes raw;
    hr_status status;
    hr_error error;
} outcome;

/* Runs until the end or an error: stored bytes up to `split` first, then the rest, each time into `room` bytes. */
static outcome unpack(hr_compression compression, bytes stored, size_t split, size_t room)
{
    outcome out = {.status = HR_OK};
    hr_error_clear(&out.error);
    hr_inflate *inflate = NULL;
    cr_assert_eq(hr_inflate_new(compression, &inflate, &out.error), HR_OK);
    uint8_t *block = malloc(room);
    /* Each piece in memory of its very size, so that a sanitizer sees a read beyond. */
    uint8_t *first = malloc(split + 1), *rest = malloc(stored.size - split + 1);
    memcpy(first + 1, stored.data, split);
    memcpy(rest + 1, stored.data + split, stored.size - split);
    size_t at = 0, capacity = 1 << 12, idle = 0;
    uint8_t *raw = malloc(capacity);
    while (out.status == HR_OK) {
        size_t end = at < split ? split : stored.size, used = 0, got = 0;
        const uint8_t *in = at < split ? first + 1 + at : rest + 1 + (at - split);
        out.status = hr_inflate_run(inflate, in, end - at, end == stored.size, &used, block, room, &got, &out.error);
        if (out.status != HR_OK)
            break;
        cr_assert(used <= end - at && got <= room);
        idle = used || got ? 0 : idle + 1;
        cr_assert_lt(idle, 3, "no progress at stored byte %zu", at);
        at += used;
        while (out.raw.size + got > capacity)
            raw = realloc(raw, capacity *= 2);
        memcpy(raw + out.raw.size, block, got);
        out.raw.size += got;
    }
    if (out.status > HR_AGAIN) { /* the same error again */
        hr_error again;
        size_t used = 0, got = 0;
        cr_assert_eq(hr_inflate_run(inflate, stored.data, 0, true, &used, block, room, &got, &again), out.status);
        cr_assert_str_eq(again.text, out.error.text);
        cr_assert_eq(out.error.offset, out.raw.size);
    }
    out.raw.data = raw;
    free(first);
    free(rest);
    free(block);
    hr_inflate_free(inflate);
    return out;
}

static void expect(hr_compression compression, bytes stored, size_t split, size_t room, outcome want)
{
    outcome got = unpack(compression, stored, split, room);
    cr_assert_eq(got.status, want.status, "split %zu room %zu: %s, not %s (%s)", split, room,
                 hr_status_name(got.status), hr_status_name(want.status), got.error.text);
    cr_assert(same(got.raw, want.raw), "split %zu room %zu: %zu bytes, not %zu", split, room, got.raw.size,
              want.raw.size);
    free(got.raw.data);
}

static void expect_under_all_splits(hr_compression compression, bytes stored, outcome want)
{
    static const size_t rooms[] = {1, 64, 300, 1 << 12};
    for (size_t split = 0; split <= stored.size; split++)
        for (size_t i = 0; i < HR_COUNT(rooms); i++)
            expect(compression, stored, split, rooms[i], want);
}

static void expect_whole(hr_compression compression, bytes stored, bytes raw)
{
    expect_under_all_splits(compression, stored, (outcome){.raw = raw, .status = HR_END});
}

Test(inflate, gzip_of_every_kind_of_block_under_every_split)
{
    bytes rows = some_rows(40), nothing = text_bytes("");
    expect_whole(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false), rows);
    expect_whole(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 6, Z_FIXED, true), rows);
    expect_whole(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 9, Z_HUFFMAN_ONLY, false), rows);
    expect_whole(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 0, Z_DEFAULT_STRATEGY, true), rows);
    expect_whole(HR_COMPRESSION_GZIP, gzip("", 0, 6, Z_DEFAULT_STRATEGY, false), nothing);
}

Test(inflate, zstd_of_one_and_of_many_blocks_under_every_split)
{
    bytes rows = some_rows(40), noise = some_noise(500), nothing = text_bytes("");
    expect_whole(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 0, 0), rows);
    expect_whole(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 100, 0), rows);
    expect_whole(HR_COMPRESSION_ZSTD, zstd(noise.data, noise.size, 70, 0), noise);
    expect_whole(HR_COMPRESSION_ZSTD, zstd("", 0, 0, 0), nothing);
}

/* Two copies of `part` around an empty one, with `end` behind. */
static bytes chain(bytes part, bytes empty, const char *end, size_t end_size)
{
    bytes out = join((bytes){NULL, 0}, part.data, part.size);
    out = join(out, empty.data, empty.size);
    out = join(out, part.data, part.size);
    return join(out, end, end_size);
}

Test(inflate, members_and_frames_follow_each_other_at_any_boundary)
{
    bytes rows = some_rows(12), twice = chain(rows, text_bytes(""), "", 0);
    bytes member = gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false),
          no_rows = gzip("", 0, 6, Z_DEFAULT_STRATEGY, true);
    expect_whole(HR_COMPRESSION_GZIP, chain(member, no_rows, "", 0), twice);
    expect_whole(HR_COMPRESSION_GZIP, chain(member, no_rows, "\0\0\0\0\0\0\0", 7), twice);
    bytes frame = zstd(rows.data, rows.size, 100, 0),
          skippable = join((bytes){NULL, 0}, "\x5A\x2A\x4D\x18\5\0\0\0abcde", 13);
    expect_whole(HR_COMPRESSION_ZSTD, chain(frame, skippable, "", 0), twice);
    expect_whole(HR_COMPRESSION_ZSTD, chain(frame, zstd("", 0, 0, 0), "\0\0\0", 3), twice);
    expect_whole(HR_COMPRESSION_ZSTD, chain(skippable, frame, "", 0), rows);
}

Test(inflate, what_follows_the_end_and_is_not_compressed_is_damage_behind_all_bytes)
{
    bytes rows = some_rows(12);
    outcome want = {.raw = rows, .status = HR_E_CORRUPT};
    bytes member = gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false), frame = zstd(rows.data, rows.size, 0, 0);
    static const struct {
        const char *data;
        size_t size;
    } ends[] = {{"x", 1}, {"\0\0x", 3}, {"\x1F", 1}, {"\x1F\0", 2}, {"\x28\xB5\x2F", 3}};
    for (size_t i = 0; i < HR_COUNT(ends); i++) {
        expect_under_all_splits(HR_COMPRESSION_GZIP,
                                join(join((bytes){NULL, 0}, member.data, member.size), ends[i].data, ends[i].size),
                                want);
        expect_under_all_splits(HR_COMPRESSION_ZSTD,
                                join(join((bytes){NULL, 0}, frame.data, frame.size), ends[i].data, ends[i].size), want);
    }
}

/* What zlib, asked once, makes of a cut stream: all that the bytes say. */
static size_t raw_before_cut(bytes stored, size_t cut)
{
    z_stream stream = {.next_in = stored.data, .avail_in = (uInt)cut};
    uint8_t room[1 << 14];
    inflateInit2(&stream, 31);
    stream.next_out = room;
    stream.avail_out = sizeof room;
    inflate(&stream, Z_SYNC_FLUSH);
    inflateEnd(&stream);
    return stream.total_out;
}

Test(inflate, gzip_cut_at_any_byte_gives_every_byte_before_the_cut)
{
    bytes rows = some_rows(60);
    for (int strategy = 0; strategy <= Z_FIXED; strategy++) {
        bytes stored = gzip(rows.data, rows.size, strategy == 1 ? 0 : 6, strategy, false);
        for (size_t cut = 0; cut < stored.size; cut++) {
            outcome want = {.raw = {rows.data, raw_before_cut(stored, cut)}, .status = HR_E_CORRUPT};
            for (size_t split = 0; split <= cut; split += cut < 40 ? 1 : 13)
                expect(HR_COMPRESSION_GZIP, (bytes){stored.data, cut}, split, split % 3 ? 64 : 1 << 14, want);
            outcome got = unpack(HR_COMPRESSION_GZIP, (bytes){stored.data, cut}, 0, 100);
            char say[64];
            snprintf(say, sizeof say, "cut off at stored byte %zu:", cut);
            cr_assert(strstr(got.error.text, say), "%s", got.error.text);
            free(got.raw.data);
        }
    }
}

Test(inflate, zstd_cut_at_any_byte_gives_every_whole_block_before_the_cut)
{
    enum { BLOCK = 90 };
    bytes rows = some_rows(40), stored = zstd(rows.data, rows.size, BLOCK, 0);
    size_t before = 0;
    for (size_t cut = 0; cut < stored.size; cut++) {
        outcome got = unpack(HR_COMPRESSION_ZSTD, (bytes){stored.data, cut}, 0, 1 << 14);
        cr_assert_eq(got.status, HR_E_CORRUPT);
        cr_assert(got.raw.size >= before && got.raw.size <= rows.size &&
                  !memcmp(got.raw.data, rows.data, got.raw.size));
        /* The last block is stored as it is, so it comes byte by byte. */
        cr_assert(got.raw.size % BLOCK == 0 || got.raw.size > rows.size - BLOCK, "part of a block at %zu: %zu of %zu",
                  cut, got.raw.size, rows.size);
        before = got.raw.size;
        for (size_t split = 0; split <= cut; split += 7)
            expect(HR_COMPRESSION_ZSTD, (bytes){stored.data, cut}, split, split % 3 ? 64 : 1 << 14, got);
        free(got.raw.data);
    }
    cr_assert_eq(before, rows.size); /* only the checksum was missing */
}

/* Each bit of each byte. Either an error, or nothing changed but what does not matter; always the same under splits. */
static void flip_everything(hr_compression compression, bytes stored, bytes raw)
{
    for (size_t at = 0; at < stored.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            stored.data[at] ^= (uint8_t)(1 << bit);
            outcome got = unpack(compression, stored, 0, 1 << 14);
            cr_assert(got.status == HR_END
                          ? same(got.raw, raw)
                          : got.status == HR_E_CORRUPT || got.status == HR_E_LIMIT || got.status == HR_E_UNSUPPORTED,
                      "byte %zu bit %d: %s", at, bit, got.error.text);
            expect(compression, stored, at, 64, got);
            expect(compression, stored, at + 1, 1 << 14, got);
            expect(compression, stored, stored.size / 2, 65, got);
            free(got.raw.data);
            stored.data[at] ^= (uint8_t)(1 << bit);
        }
}

Test(inflate, any_flipped_bit_is_noticed_or_harmless)
{
    bytes rows = some_rows(15);
    flip_everything(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, true), rows);
    flip_everything(HR_COMPRESSION_GZIP, gzip(rows.data, rows.size, 6, Z_FIXED, false), rows);
    flip_everything(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 0, 0), rows);
    flip_everything(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 64, 0), rows);
}

Test(inflate, wrong_check_and_wrong_length_come_behind_all_bytes)
{
    bytes rows = some_rows(15), stored = gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false);
    for (size_t back = 1; back <= 8; back++) {
        bytes broken = join((bytes){NULL, 0}, stored.data, stored.size);
        broken.data[broken.size - back] ^= 1;
        expect_under_all_splits(HR_COMPRESSION_GZIP, broken, (outcome){.raw = rows, .status = HR_E_CORRUPT});
    }
}

Test(inflate, large_data_in_small_and_large_pieces)
{
    bytes rows = some_rows(60000);
    bytes packed[] = {gzip(rows.data, rows.size, 6, Z_DEFAULT_STRATEGY, false), zstd(rows.data, rows.size, 0, 0),
                      zstd(rows.data, rows.size, 5000, 0)};
    for (size_t i = 0; i < HR_COUNT(packed); i++) {
        outcome want = {.raw = rows, .status = HR_END};
        hr_compression compression = i ? HR_COMPRESSION_ZSTD : HR_COMPRESSION_GZIP;
        for (size_t room = 64; room < 1 << 21; room = room * 3 + 1)
            expect(compression, packed[i], packed[i].size / 3, room, want);
        /* Damage in the middle: the same bytes come before it, whatever the pieces. */
        packed[i].data[packed[i].size / 2] ^= 0x10;
        outcome broken = unpack(compression, packed[i], 0, 1 << 20);
        cr_assert_eq(broken.status, HR_E_CORRUPT);
        cr_assert_gt(broken.raw.size, rows.size / 3);
        for (size_t split = packed[i].size / 2 - 300; split < packed[i].size / 2 + 300; split += 37)
            expect(compression, packed[i], split, 100000, broken);
        expect(compression, packed[i], 0, 64, broken);
        free(broken.raw.data);
    }
}

Test(inflate, zstd_window_beyond_the_limit_says_what_to_do)
{
    bytes rows = some_rows(100);
    outcome got = unpack(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 1000, 27), 0, 1 << 14);
    cr_assert_eq(got.status, HR_E_LIMIT);
    cr_assert(strstr(got.error.text, "--long"), "%s", got.error.text);
    free(got.raw.data);
    expect(HR_COMPRESSION_ZSTD, zstd(rows.data, rows.size, 1000, 26), 0, 1 << 14,
           (outcome){.raw = rows, .status = HR_END});
}

Test(inflate, no_compression_copies)
{
    bytes rows = some_rows(10);
    expect_whole(HR_COMPRESSION_NONE, join((bytes){NULL, 0}, rows.data, rows.size), rows);
    expect_whole(HR_COMPRESSION_NONE, text_bytes(""), text_bytes(""));
}

Test(inflate, compression_shows_in_the_first_bytes)
{
    cr_assert_eq(hr_compression_detect((const uint8_t *)"\x1F\x8B\x08\x00", 4), HR_COMPRESSION_GZIP);
    cr_assert_eq(hr_compression_detect((const uint8_t *)"\x28\xB5\x2F\xFD", 4), HR_COMPRESSION_ZSTD);
    cr_assert_eq(hr_compression_detect((const uint8_t *)"\x53\x2A\x4D\x18", 4), HR_COMPRESSION_ZSTD);
    cr_assert_eq(hr_compression_detect((const uint8_t *)"a,b\n", 4), HR_COMPRESSION_NONE);
    cr_assert_eq(hr_compression_detect((const uint8_t *)"\x1F\x8B", 2), HR_COMPRESSION_NONE);
    cr_assert_eq(hr_compression_detect((const uint8_t *)"", 0), HR_COMPRESSION_NONE);
    cr_assert_str_eq(hr_compression_name(HR_COMPRESSION_GZIP), "gzip");
}
