/* test_kafka_pure.c: what the connector kafka does without a broker: positions, what messages become, which message
 * each byte came from. */
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/position.h"
#include "connectors/kafka/record.h"
#include "connectors/kafka/trail.h"
#include "tests/unit/support.h"

/* ---- positions --------------------------------------------------------------------------------------------------- */

Test(kafka_position, every_position_reads_back_as_itself)
{
    static const hr_kafka_position some[] = {
        {.offset = -1},
        {.offset = 0},
        {.offset = 1234, .marked = true, .mark = 0x9ae16a3b},
        {.offset = 7, .marked = true, .mark = 1, .taken = 57, .shape = 0x1f0e},
        {.offset = INT64_MAX, .taken = UINT32_MAX, .shape = 1},
        {.offset = 90, .marked = true, .mark = 2, .back = 51, .taken = 3},
        {.offset = 600, .begins = 590},
        {.offset = INT64_MAX, .marked = true, .mark = UINT32_MAX, .back = UINT32_MAX, .taken = UINT32_MAX},
        {.offset = INT64_MAX, .begins = INT64_MAX, .taken = UINT32_MAX}};
    static const char *const texts[] = {"",
                                        "0",
                                        "1234#9ae16a3b",
                                        "7#00000001+57~1f0e",
                                        "9223372036854775807+4294967295~0001",
                                        "90#00000002-51+3~0000",
                                        "600^590",
                                        "9223372036854775807#ffffffff-4294967295+4294967295~0000",
                                        "9223372036854775807^9223372036854775807+4294967295~0000"};
    for (size_t i = 0; i < HR_COUNT(some); i++) {
        char text[HR_KAFKA_POSITION_TEXT];
        hr_kafka_position back;
        hr_kafka_position_print(&some[i], text);
        cr_assert_str_eq(text, texts[i]);
        cr_assert(hr_kafka_position_parse(text, &back));
        cr_assert(hr_kafka_position_equal(&some[i], &back));
    }
}

Test(kafka_position, what_is_none_is_refused)
{
    static const char *const texts[] = {"-1",
                                        "a",
                                        "1#",
                                        "1#123",
                                        "1#12345678x",
                                        "1#123456789",
                                        "1+",
                                        "1+a",
                                        "1+4294967296~0000",
                                        "1+5",
                                        "1+5~",
                                        "1+5~00",
                                        "1+5~00000",
                                        "1+5~00G0",
                                        "9223372036854775808",
                                        " 1",
                                        "1 ",
                                        "1#ABCDEF01",
                                        "#12345678",
                                        "1^",
                                        "1^-1",
                                        "1^2#12345678",
                                        "5#12345678-",
                                        "5#12345678-5",
                                        "5-1",
                                        "5#12345678+1-1"};
    hr_kafka_position back;
    for (size_t i = 0; i < HR_COUNT(texts); i++)
        cr_assert_not(hr_kafka_position_parse(texts[i], &back), "%s", texts[i]);
}

Test(kafka_position, the_ledger_wins_over_the_broker_and_nothing_that_is_gone_is_passed_over)
{
    hr_kafka_loss loss;
    hr_kafka_known known = {.standing.offset = 5, .committed = 9, .low = 0, .high = 20};
    cr_assert_eq(hr_kafka_begin(&known, &loss), 5);
    cr_assert_eq(loss, HR_KAFKA_LOSS_NONE);
    known.low = 6;
    cr_assert_eq(hr_kafka_begin(&known, &loss), 5);
    cr_assert_eq(loss, HR_KAFKA_LOSS_RETENTION);
    known = (hr_kafka_known){.standing.offset = -1, .committed = 9, .low = 0, .high = 8};
    cr_assert_eq(hr_kafka_begin(&known, &loss), 9);
    cr_assert_eq(loss, HR_KAFKA_LOSS_TRUNCATED);
    known.high = 9;
    hr_kafka_begin(&known, &loss);
    cr_assert_eq(loss, HR_KAFKA_LOSS_NONE);
    known.committed = -1;
    cr_assert_eq(hr_kafka_begin(&known, &loss), -1);
}

Test(kafka_position, a_log_that_begins_earlier_than_before_is_another_one)
{
    hr_kafka_loss loss;
    hr_kafka_known known = {.standing = {.offset = 600, .begins = 600}, .committed = -1, .low = 600, .high = 700};
    hr_kafka_begin(&known, &loss);
    cr_assert_eq(loss, HR_KAFKA_LOSS_NONE);
    known.low = 0;
    hr_kafka_begin(&known, &loss);
    cr_assert_eq(loss, HR_KAFKA_LOSS_RECREATED);
}

Test(kafka_position, what_is_no_message_is_passed_with_the_mark_of_the_last_one)
{
    hr_kafka_position position = {.offset = 10, .marked = true, .mark = 7, .taken = 3};
    hr_kafka_position_pass(&position, 61);
    cr_assert(position.offset == 61 && position.back == 51 && position.mark == 7 && !position.taken);
    cr_assert_eq(hr_kafka_position_marked(&position), 9);
    hr_kafka_position_pass(&position, 70);
    cr_assert_eq(hr_kafka_position_marked(&position), 9);
    hr_kafka_position_pass(&position, (int64_t)1 << 40); /* too far to be written */
    cr_assert_not(position.marked);
    position = (hr_kafka_position){.offset = 5, .begins = 4};
    hr_kafka_position_pass(&position, 9);
    cr_assert(position.offset == 9 && position.begins == 4 && !position.back);
}

Test(kafka_position, a_mark_tells_messages_apart)
{
    cr_assert_neq(hr_kafka_mark(1, "a", 1), hr_kafka_mark(2, "a", 1));
    cr_assert_neq(hr_kafka_mark(1, "a", 1), hr_kafka_mark(1, "b", 1));
    cr_assert_eq(hr_kafka_mark(1, NULL, 0), hr_kafka_mark(1, "", 0));
}

Test(kafka_position, times_are_read_with_and_without_a_zone)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {{"1970-01-01", 0},
                 {"1970-01-01T00:00:01Z", 1000},
                 {"2026-11-22T08:00:00Z", 1795334400000},
                 {"2026-11-22T09:00:00+01:00", 1795334400000},
                 {"2026-11-22T06:30-0130", 1795334400000},
                 {"2026-11-22 08:00:00.25", 1795334400250},
                 {"2024-02-29", 1709164800000}};
    int64_t ms;
    for (size_t i = 0; i < HR_COUNT(times); i++) {
        cr_assert(hr_kafka_time_parse(times[i].text, &ms), "%s", times[i].text);
        cr_assert_eq(ms, times[i].ms, "%s: %lld", times[i].text, (long long)ms);
    }
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-13-01",
                                        "2026-02-30",
                                        "2026-11-22T",
                                        "2026-11-22T08",
                                        "yesterday",
                                        "2026-11-22T24:00",
                                        "2026-11-22T08:00:00.",
                                        "2026-11-22T08:00:00Zz",
                                        "1969-12-31"};
    for (size_t i = 0; i < HR_COUNT(wrong); i++)
        cr_assert_not(hr_kafka_time_parse(wrong[i], &ms), "%s", wrong[i]);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static hr_kafka_message message_of(const char *value)
{
    return (hr_kafka_message){.value = (const uint8_t *)value,
                              .value_size = value ? strlen(value) : 0,
                              .key = (const uint8_t *)"k\"1",
                              .key_size = 3,
                              .offset = 12,
                              .timestamp = 1000,
                              .partition = 3};
}

/* Renders into exactly the room that was asked for, so that a sanitizer sees a byte too many. */
static void expect(const hr_kafka_shape *shape, hr_kafka_message message, const char *text, bool altered)
{
    bool is_altered;
    size_t bound = hr_kafka_record_bound(shape, &message);
    uint8_t *room = malloc(bound);
    size_t size = hr_kafka_record_render(shape, &message, room, &is_altered);
    cr_assert_leq(size, bound);
    cr_assert(size == strlen(text) && !memcmp(room, text, size), "%.*s instead of %s", (int)size, (char *)room, text);
    cr_assert_eq(is_altered, altered, "%s", text);
    free(room);
}

static hr_kafka_shape shape_of(hr_kafka_value value, const char *metadata)
{
    hr_kafka_shape shape = {.value = value, .delimiter = ',', .topic = "t"};
    hr_error err;
    cr_assert_eq(hr_kafka_shape_meta(&shape, metadata, "_", &err), HR_OK, "%s", err.text);
    return shape;
}

Test(kafka_record, a_value_of_json_is_one_line_and_as_valid_as_before)
{
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "");
    expect(&shape, message_of("{\"a\":1}"), "{\"a\":1}\n", false);
    expect(&shape, message_of("{\"a\":1}\n"), "{\"a\":1}\n", false);
    expect(&shape, message_of("{\n \"a\":1\n}\n"), "{\r \"a\":1\r}\n", true);
    expect(&shape, message_of("{\"a\":\"x\ny\"}"), "{\"a\":\"x\ry\"}\n", true); /* a control character: rejected */
    expect(&shape, message_of("[1]"), "[1]\n", false);
    expect(&shape, message_of(""), "\n", false);
    expect(&shape, message_of(NULL), "\n", false);
}

Test(kafka_record, metadata_stands_behind_the_opening_brace)
{
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "key,partition,offset,timestamp,topic");
    const char *members =
        "\"_key\":\"k\\\"1\",\"_partition\":3,\"_offset\":12,\"_timestamp\":\"1970-01-01T00:00:01.000Z\","
        "\"_topic\":\"t\"";
    char text[300];
    snprintf(text, sizeof text, "{%s,\"a\":1}\n", members);
    expect(&shape, message_of("{\"a\":1}"), text, true);
    expect(&shape, message_of(" \t{\"a\":1}"), text, true);
    snprintf(text, sizeof text, "{%s}\n", members);
    expect(&shape, message_of("{}"), text, true);
    expect(&shape, message_of(NULL), "\n", false);
    shape = shape_of(HR_KAFKA_NDJSON, "key64,timestamp");
    hr_kafka_message bare = message_of("{\"a\":1}");
    bare.key = NULL;
    bare.timestamp = -1;
    expect(&shape, bare, "{\"_key\":null,\"_timestamp\":null,\"a\":1}\n", true);
    expect(&shape, message_of("{\"a\":1}"), "{\"_key\":\"ayIx\",\"_timestamp\":\"1970-01-01T00:00:01.000Z\",\"a\":1}\n",
           true);
}

Test(kafka_record, a_value_that_is_no_object_becomes_a_member_beside_its_metadata)
{
    static const char *const fine[] = {"7", "-1.5e+3", "null", "[1,{\"a\":[\"]\"]}]", "\"x\\\"y\"", " [ ] \t"};
    static const char *const broken[] = {
        "1,\"_offset\":5", "\"a\",\"_offset\":\"b\"", "[],\"_offset\":[]", "[1", "\"a", "\"", "[]]", "1 2"};
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "offset");
    char text[100];
    for (size_t i = 0; i < HR_COUNT(fine); i++) {
        snprintf(text, sizeof text, "{\"_offset\":12,\"value\":%s}\n", fine[i]);
        expect(&shape, message_of(fine[i]), text, true);
    }
    for (size_t i = 0; i < HR_COUNT(broken); i++) { /* what is no JSON stays none */
        snprintf(text, sizeof text, "%s\n", broken[i]);
        expect(&shape, message_of(broken[i]), text, false);
    }
    expect(&shape, message_of("[}"), "{\"_offset\":12,\"value\":[}}\n", true);
    expect(&shape, message_of("\"a\\\""), "{\"_offset\":12,\"value\":\"a\\\"}\n", true);
}

Test(kafka_record, a_member_that_is_named_as_metadata_neither_hides_it_nor_is_hidden)
{
    static const char refused[] = "this message has a member that is named as one of its metadata\n";
    static const char *const own[] = {"{\"_offset\":999}", "{\"a\":{},\"b\":[{}],\"_offset\" : 999}",
                                      "{\"a\":\"}\",\"\\u005foff\\u0073et\":1}", " {\n\"_offset\":1}",
                                      "{\"a\":1,\"_offset\":"};
    static const char *const others[] = {
        "{\"a\":{\"_offset\":1}}", "{\"a\":\"_offset\"}",   "{\"_offsets\":1}", "{\"_offse\":1}",
        "{\"\\u005f\":1}",         "{\"a\":[\"_offset\"]}", "{\"_key\":1}"};
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "offset");
    char text[200], fault[200];
    for (size_t i = 0; i < HR_COUNT(own); i++) {
        hr_kafka_message message = message_of(own[i]);
        expect(&shape, message, refused, true);
        cr_assert(hr_kafka_record_fault(&shape, &message, fault, sizeof fault));
        cr_assert(strstr(fault, "a member _offset itself"), "%s", fault);
    }
    for (size_t i = 0; i < HR_COUNT(others); i++) {
        hr_kafka_message message = message_of(others[i]);
        snprintf(text, sizeof text, "{\"_offset\":12,%s\n", others[i] + 1);
        expect(&shape, message, text, true);
        cr_assert_not(hr_kafka_record_fault(&shape, &message, fault, sizeof fault));
    }
    hr_error err;
    shape = (hr_kafka_shape){.value = HR_KAFKA_NDJSON, .topic = "t"};
    cr_assert_eq(hr_kafka_shape_meta(&shape, "offset", "kafka.", &err), HR_OK);
    expect(&shape, message_of("{\"_offset\":999}"), "{\"kafka.offset\":12,\"_offset\":999}\n", true);
    shape.meta_count = 0;
    cr_assert_eq(hr_kafka_shape_meta(&shape, "offset", "", &err), HR_OK);
    expect(&shape, message_of("{\"offset\":999}"), refused, true);
}

Test(kafka_record, times_beyond_what_nanoseconds_count_are_no_others)
{
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "timestamp");
    hr_kafka_message message = message_of("{}");
    message.timestamp = INT64_C(1764000000000000); /* microseconds, by mistake */
    expect(&shape, message, "{\"_timestamp\":\"+57868-12-07T16:00:00.000Z\"}\n", true);
    message.timestamp = INT64_C(253402300799999);
    expect(&shape, message, "{\"_timestamp\":\"9999-12-31T23:59:59.999Z\"}\n", true);
    message.timestamp = INT64_MAX / 1000000;
    expect(&shape, message, "{\"_timestamp\":\"2262-04-11T23:47:16.854Z\"}\n", true);
    message.timestamp = INT64_MAX;
    expect(&shape, message, "{\"_timestamp\":\"+292278994-08-17T07:12:55.807Z\"}\n", true);
}

Test(kafka_record, shapes_that_write_other_records_are_told_apart)
{
    hr_kafka_shape shapes[] = {shape_of(HR_KAFKA_CSV, ""), shape_of(HR_KAFKA_CSV, "offset"),
                               shape_of(HR_KAFKA_CSV, "offset,topic"), shape_of(HR_KAFKA_CSV, "topic,offset"),
                               shape_of(HR_KAFKA_NDJSON, "")};
    for (size_t i = 0; i < HR_COUNT(shapes); i++)
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(hr_kafka_shape_hash(&shapes[i]), hr_kafka_shape_hash(&shapes[k]));
    shapes[4] = shapes[0];
    shapes[4].delimiter = ';';
    cr_assert_neq(hr_kafka_shape_hash(&shapes[0]), hr_kafka_shape_hash(&shapes[4]));
}

Test(kafka_record, each_record_of_a_message_has_its_metadata)
{
    hr_kafka_shape shape = shape_of(HR_KAFKA_CSV, "offset");
    expect(&shape, message_of("1,a\n2,\"b\nc\"\r\n\n3,6\" pipe\n4,d\n"),
           "12,1,a\n12,2,\"b\nc\"\r\n\n12,3,6\" pipe\n12,4,d\n", true);
    shape = shape_of(HR_KAFKA_CSV, "key");
    char *lines = calloc(1, 300001), *key = calloc(1, 1001), fault[200];
    memset(lines, '\n', 300000);
    memset(key, 'k', 1000);
    hr_kafka_message message = message_of(lines);
    message.key = (const uint8_t *)key;
    message.key_size = 1000;
    expect(&shape, message, "\"the quotes of this message do not close\"!\n", true); /* 300 MB of keys */
    cr_assert(hr_kafka_record_fault(&shape, &message, fault, sizeof fault));
    cr_assert(strstr(fault, "too many records"));
    free(lines);
    free(key);
}

Test(kafka_record, headers_of_one_name_are_a_list)
{
    hr_kafka_header headers[] = {{.name = "b", .value = (const uint8_t *)"1", .size = 1},
                                 {.name = "a", .value = (const uint8_t *)"2", .size = 1},
                                 {.name = "b"},
                                 {.name = "b", .value = (const uint8_t *)"3", .size = 1}},
                    *room[4];
    hr_kafka_message message = message_of("{}");
    message.headers = headers;
    message.header_count = 4;
    hr_kafka_headers_link(headers, 4, room);
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "headers");
    expect(&shape, message, "{\"_headers\":{\"b\":[\"1\",null,\"3\"],\"a\":\"2\"}}\n", true);
}

Test(kafka_record, headers_keep_text_null_and_bytes_apart)
{
    hr_kafka_header headers[] = {{.name = "a", .value = (const uint8_t *)"x\"\n", .size = 3},
                                 {.name = "b"},
                                 {.name = "c", .value = (const uint8_t *)"\xff\x00", .size = 2},
                                 {.name = "d", .value = (const uint8_t *)"\xc3\xa4", .size = 2}};
    hr_kafka_message message = message_of("{\"v\":1}");
    message.headers = headers;
    message.header_count = 4;
    hr_kafka_shape shape = shape_of(HR_KAFKA_NDJSON, "headers");
    expect(&shape, message,
           "{\"_headers\":{\"a\":\"x\\\"\\n\",\"b\":null,\"c\":{\"base64\":\"/wA=\"},\"d\":\"\xc3\xa4\"},\"v\":1}\n",
           true);
    shape.value = HR_KAFKA_CSV;
    message.value = (const uint8_t *)"1,2";
    message.value_size = 3;
    message.header_count = 2;
    expect(&shape, message, "\"{\"\"a\"\":\"\"x\\\"\"\\n\"\",\"\"b\"\":null}\",1,2\n", true);
}

Test(kafka_record, other_values_become_a_member)
{
    hr_kafka_shape shape = shape_of(HR_KAFKA_RAW, "");
    expect(&shape, message_of("a\"\\\n\x01"), "{\"value\":\"a\\\"\\\\\\n\\u0001\"}\n", true);
    shape = shape_of(HR_KAFKA_BASE64, "offset");
    expect(&shape, message_of("hello"), "{\"_offset\":12,\"value\":\"aGVsbG8=\"}\n", true);
    expect(&shape, message_of(NULL), "\n", false);
}

Test(kafka_record, quotes_that_do_not_close_take_no_other_message_with_them)
{
    static const char refused[] = "\"the quotes of this message do not close\"!\n";
    hr_kafka_shape shape = shape_of(HR_KAFKA_CSV, "");
    expect(&shape, message_of("1,abc"), "1,abc\n", false);
    expect(&shape, message_of("1,abc\r\n"), "1,abc\r\n", false);
    expect(&shape, message_of("1,\"a\nb\"\n"), "1,\"a\nb\"\n", false);
    expect(&shape, message_of("1,6\" pipe\n2,\"\"\"x\"\"\""), "1,6\" pipe\n2,\"\"\"x\"\"\"\n", false);
    expect(&shape, message_of("1,\"abc"), refused, true);
    expect(&shape, message_of("a\"b,\"c"), refused, true);
    expect(&shape, message_of("\"a\"b,c"), refused, true);
    expect(&shape, message_of("\"a\"\"\n"), refused, true);
    shape = shape_of(HR_KAFKA_CSV, "key,offset");
    expect(&shape, message_of("1,2"), "\"k\"\"1\",12,1,2\n", true);
}

Test(kafka_record, metadata_that_there_is_not_is_named)
{
    hr_kafka_shape shape = {0};
    hr_error err;
    cr_assert_eq(hr_kafka_shape_meta(&shape, "key,ofset", "_", &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "ofset"));
    shape.meta_count = 0;
    cr_assert_eq(hr_kafka_shape_meta(&shape, "key,key64", "_", &err), HR_E_INVALID);
    shape.meta_count = 0;
    cr_assert_eq(hr_kafka_shape_meta(&shape, "key", "a b", &err), HR_E_INVALID);
    cr_assert(strstr(err.text, "metadata-prefix"));
    cr_assert_eq(
        hr_kafka_shape_meta(&shape, "key,partition,offset,timestamp,headers,topic,key64,key,offset", "_", &err),
        HR_E_INVALID);
}

/* ---- the trail --------------------------------------------------------------------------------------------------- */

typedef struct given {
    int32_t partition;
    int64_t offset;
    uint32_t size;
    uint64_t begin;
} given;

/* Messages of four partitions in stretches, with gaps in their offsets; positions, finds and acknowledgements in
 * between, against a plain list. */
Test(kafka_trail, every_byte_is_traced_to_its_message_whatever_the_order_of_calls)
{
    enum { MOST = 60000 };
    given *all = calloc(MOST, sizeof *all);
    hr_trail trail = {.ceiling = (size_t)1 << 30};
    int64_t next[4] = {0, 100, 5, 7}, walked[4] = {-1, -1, -1, -1}, expected[4] = {-1, -1, -1, -1};
    size_t count = 0, walk = 0, front = 0;
    int32_t partition = 0;
    while (count < MOST) {
        if (!rnd(50))
            partition = (int32_t)rnd(4);
        next[partition] += !rnd(40) ? rnd(9) : 0;
        all[count] = (given){partition, next[partition]++, 1 + rnd(300), trail.end};
        cr_assert(hr_trail_add(&trail, partition, all[count].offset, all[count].size, count % 3 == 0, (uint32_t)count));
        count++;
        hr_trail_place place;
        if (!rnd(300)) { /* a position, at a message's end or within one */
            size_t to = walk + rnd((uint32_t)(count - walk) + 1);
            uint64_t bytes = to == count ? trail.end : all[to].begin;
            while (hr_trail_next(&trail, bytes, &place)) {
                cr_assert_eq(place.mark, (uint32_t)walk);
                walked[place.partition] = place.offset;
                walk++;
            }
            for (size_t i = 0; i < to; i++)
                expected[all[i].partition] = all[i].offset;
            cr_assert_eq(walk, to);
            cr_assert_arr_eq(walked, expected, sizeof walked);
        }
        if (!rnd(200))
            while (front < walk && rnd(100)) {
                cr_assert(hr_trail_front(&trail, &place));
                cr_assert(place.partition == all[front].partition && place.offset == all[front].offset);
                hr_trail_drop(&trail);
                front++;
            }
        size_t one = front + rnd((uint32_t)(count - front) + 1);
        if (one < count && !rnd(20)) {
            cr_assert(hr_trail_find(&trail, all[one].begin + rnd(all[one].size), &place));
            cr_assert(place.partition == all[one].partition && place.offset == all[one].offset &&
                      place.begin == all[one].begin && place.size == all[one].size && place.altered == (one % 3 == 0));
        }
    }
    hr_trail_place place;
    cr_assert_not(hr_trail_find(&trail, trail.end, &place));
    hr_trail_free(&trail);
    free(all);
}

Test(kafka_trail, a_message_that_ends_behind_the_position_comes_again)
{
    hr_trail trail = {.ceiling = 1 << 20};
    hr_trail_place place;
    cr_assert(hr_trail_add(&trail, 0, 10, 100, false, 1));
    cr_assert(hr_trail_add(&trail, 0, 11, 100, false, 2));
    cr_assert(hr_trail_next(&trail, 150, &place));
    cr_assert_eq(place.offset, 10);
    cr_assert(hr_trail_next(&trail, 150, &place));
    cr_assert(place.offset == 11 && place.begin == 100);
    cr_assert(hr_trail_next(&trail, 200, &place));
    cr_assert_eq(place.offset, 11);
    cr_assert_not(hr_trail_next(&trail, 200, &place));
    cr_assert(hr_trail_add(&trail, 0, 12, 5, false, 3)); /* joins nothing that was walked */
    cr_assert(hr_trail_next(&trail, 205, &place));
    cr_assert(place.offset == 12 && place.begin == 200);
    hr_trail_free(&trail);
}

Test(kafka_trail, what_is_no_message_is_passed_once_all_before_it_is)
{
    hr_trail trail = {.ceiling = 1 << 20};
    hr_trail_place place;
    cr_assert(hr_trail_add(&trail, 0, 10, 100, true, 1));
    cr_assert(hr_trail_gap(&trail, 0, 62));
    cr_assert(hr_trail_add(&trail, 0, 62, 100, false, 2));
    cr_assert_eq(trail.gap_count, 1);
    cr_assert(hr_trail_next(&trail, 99, &place));
    cr_assert(hr_trail_next(&trail, 100, &place));
    cr_assert(place.offset == 10 && !place.gap && place.altered && place.ordinal == 0);
    cr_assert(hr_trail_next(&trail, 100, &place));
    cr_assert(place.offset == 61 && place.gap && !place.size && place.ordinal == 1);
    cr_assert_not(hr_trail_next(&trail, 100, &place));
    cr_assert(hr_trail_find(&trail, 100, &place));
    cr_assert(place.offset == 62 && place.ordinal == 2);
    hr_trail_drop(&trail);
    hr_trail_drop(&trail);
    cr_assert_eq(trail.gap_count, 0);
    cr_assert(hr_trail_front(&trail, &place));
    cr_assert(place.offset == 62 && place.begin == 100);
    hr_trail_free(&trail);
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

Test(kafka_token, a_token_says_who_it_is_and_until_when)
{
    hr_kafka_token token;
    hr_error err;
    /* {"sub":"alice","iat":1,"exp":1795334400}, {"exp":1.5}, {} */
    cr_assert_eq(
        hr_kafka_token_parse("eyJhIjoxfQ.eyJzdWIiOiJhbGljZSIsImlhdCI6MSwiZXhwIjoxNzk1MzM0NDAwfQ.", &token, &err), HR_OK,
        "%s", err.text);
    cr_assert_str_eq(token.subject, "alice");
    cr_assert_eq(token.expires_ms, 1795334400000);
    cr_assert_eq(hr_kafka_token_parse("x.eyJleHAiOjEuNX0.sig", &token, &err), HR_OK);
    cr_assert_str_eq(token.subject, "");
    cr_assert_eq(token.expires_ms, 1500);
    cr_assert_eq(hr_kafka_token_parse("x.e30.", &token, &err), HR_OK);
    cr_assert_eq(token.expires_ms, 0);
}

Test(kafka_token, what_is_none_is_refused)
{
    /* {"sub":"a\\u0000b"}, {"sub": */
    static const char *const texts[] = {
        "", "a", "a.b", "..", "a.e30=.c", "a.eyJzdWIiOiJhXHUwMDAwYiJ9.", "a.eyJzdWIiOg.", "a.e 30.c"};
    hr_kafka_token token;
    hr_error err;
    for (size_t i = 0; i < HR_COUNT(texts); i++)
        cr_assert_eq(hr_kafka_token_parse(texts[i], &token, &err), HR_E_INVALID, "%s", texts[i]);
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static const hr_option table[] = {{"group", HR_OPTION_TEXT, NULL, NULL, "", false}};

Test(kafka_address, brokers_topic_user_and_settings_are_taken_apart)
{
    hr_kafka_address address;
    hr_error err;
    cr_assert_eq(hr_kafka_address_parse(
                     "kafka://al%40ice:p%3Aw@a:9092,b:9093/orders.v1?rdkafka.client.id=me%26&rdkafka.x=", table, 1,
                     &address, &err),
                 HR_OK, "%s", err.text);
    cr_assert_str_eq(address.brokers, "a:9092,b:9093");
    cr_assert_str_eq(address.topic, "orders.v1");
    cr_assert_str_eq(address.user, "al@ice");
    cr_assert_str_eq(address.password, "p:w");
    cr_assert_eq(address.settings, 2);
    cr_assert_str_eq(address.names[0], "client.id");
    cr_assert_str_eq(address.values[0], "me&");
    cr_assert_str_eq(address.values[1], "");
    hr_kafka_address_free(&address);
}

Test(kafka_address, what_is_wrong_with_it_is_said)
{
    static const char *const uris[][2] = {{"kafka://a:1", "no topic"},
                                          {"kafka://a:1/", "no topic"},
                                          {"kafka:///t", "no broker"},
                                          {"kafka://a:1/a%20b", "no name of a topic"},
                                          {"kafka://a:1/..", "no name of a topic"},
                                          {"kafka://a:1/t?grup=x", "did you mean group"},
                                          {"kafka://a:1/t?rdkafka.x=%zz", "no %XX"}};
    for (size_t i = 0; i < HR_COUNT(uris); i++) {
        hr_kafka_address address;
        hr_error err;
        cr_assert_eq(hr_kafka_address_parse(uris[i][0], table, 1, &address, &err), HR_E_INVALID, "%s", uris[i][0]);
        cr_assert(strstr(err.text, uris[i][1]), "%s: %s", uris[i][0], err.text);
    }
}
