/* shapes_json.c: the three shapes of NDJSON: nested events, short flat orders, long nested messages in many scripts. */
#include "bench/generate.h"

static void put_name(hr_maker *maker)
{
    hr_put_word(maker);
    hr_put_byte(maker, '-');
    hr_put_word(maker);
    hr_put_number(maker, hr_maker_bits(maker) >> 54);
}

static void put_words(hr_maker *maker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            hr_put_byte(maker, ' ');
        hr_put_word(maker);
    }
}

static void put_hex(hr_maker *maker, int digits)
{
    for (int i = 0; i < digits; i++)
        hr_put_byte(maker, "0123456789abcdef"[hr_maker_bits(maker) >> 60]);
}

/* `"key":` with what stands before it. */
static void put_number_member(hr_maker *maker, const char *key, uint64_t number)
{
    hr_put_text(maker, key);
    hr_put_number(maker, number);
}

/* ---- orders: flat, about 165 bytes ------------------------------------------------------------------------------- */

static void orders_record(hr_maker *maker)
{
    static const char *const states[4] = {"new", "paid", "shipped", "returned"};
    uint64_t bits = hr_maker_bits(maker) >> 4;
    put_number_member(maker, "{\"order_id\":", 1000000 + maker->row);
    hr_put_text(maker, ",\"customer\":\"");
    put_name(maker);
    put_number_member(maker, "\",\"product\":", bits & 0xFFFF);
    put_number_member(maker, ",\"quantity\":", 1 + (bits >> 16 & 7));
    hr_put_text(maker, ",\"amount\":");
    hr_put_hundredths(maker, bits >> 20 & 0xFFFFF);
    hr_put_text(maker, ",\"tax\":7,\"state\":\"");
    hr_put_text(maker, states[bits >> 40 & 3]);
    hr_put_text(maker, "\",\"gift\":");
    hr_put_text(maker, (bits >> 42 & 15) == 0 ? "true" : (bits >> 42 & 15) == 1 ? "null" : "false");
    hr_put_text(maker, ",\"placed_at\":\"");
    hr_put_time(maker, 1700000000 + maker->row, 'T');
    hr_put_text(maker, "Z\"}\n");
}

/* ---- events: nested, about 1.3 kB -------------------------------------------------------------------------------- */

static void put_commit(hr_maker *maker)
{
    hr_put_text(maker, "{\"sha\":\"");
    put_hex(maker, 40);
    hr_put_text(maker, "\",\"tree\":\"");
    put_hex(maker, 40);
    hr_put_text(maker, "\",\"author\":{\"name\":\"");
    put_name(maker);
    hr_put_text(maker, "\",\"email\":\"");
    put_name(maker);
    hr_put_text(maker, "@example.org\"},\"message\":\"");
    put_words(maker, 6 + hr_maker_below(maker, 6));
    if ((hr_maker_bits(maker) >> 62) == 0)
        hr_put_text(maker, "\\n\\nSee \\\"notes\\\"");
    hr_put_text(maker, "\",\"distinct\":true,\"url\":\"https://api.example.org/commits/");
    put_hex(maker, 40);
    hr_put_text(maker, "\"}");
}

static void events_record(hr_maker *maker)
{
    static const char *const types[4] = {"PushEvent", "WatchEvent", "IssuesEvent", "CreateEvent"};
    uint64_t bits = hr_maker_bits(maker) >> 4, actor = bits & 0xFFFFFF, repository = bits >> 24 & 0xFFFFFF;
    hr_put_text(maker, "{\"id\":\"");
    hr_put_number(maker, UINT64_C(30000000000) + maker->row);
    hr_put_text(maker, "\",\"type\":\"");
    hr_put_text(maker, types[bits >> 48 & 3]);
    put_number_member(maker, "\",\"actor\":{\"id\":", actor);
    hr_put_text(maker, ",\"login\":\"");
    put_name(maker);
    hr_put_text(maker, "\",\"gravatar_id\":\"\",\"url\":\"https://api.example.org/users/");
    hr_put_number(maker, actor);
    put_number_member(maker, "\",\"avatar_url\":\"https://avatars.example.org/u/", actor);
    put_number_member(maker, "?\"},\"repo\":{\"id\":", repository);
    hr_put_text(maker, ",\"name\":\"");
    put_name(maker);
    hr_put_byte(maker, '/');
    put_name(maker);
    put_number_member(maker, "\",\"url\":\"https://api.example.org/repositories/", repository);
    put_number_member(maker, "?branch=main&tab=readme\",\"stars\":", bits >> 50 & 63);
    hr_put_text(maker, "},\"payload\":{\"push_id\":");
    hr_put_number(maker, UINT64_C(14000000000) + maker->row);
    put_number_member(maker, ",\"size\":", 2);
    hr_put_text(maker, ",\"ref\":\"refs/heads/main\",\"head\":\"");
    put_hex(maker, 40);
    hr_put_text(maker, "\",\"before\":\"");
    put_hex(maker, 40);
    hr_put_text(maker, "\",\"commits\":[");
    put_commit(maker);
    hr_put_byte(maker, ',');
    put_commit(maker);
    hr_put_text(maker, "]},\"score\":");
    hr_put_hundredths(maker, bits >> 20 & 0xFFFF);
    hr_put_text(maker, bits >> 55 & 1 ? ",\"public\":true,\"org\":null" : ",\"public\":false,\"org\":{\"id\":77}");
    hr_put_text(maker, ",\"created_at\":\"");
    hr_put_time(maker, 1700000000 + maker->row / 4, 'T');
    hr_put_text(maker, "Z\"}\n");
}

/* ---- tweets: nested, about 2.5 kB, with text beyond ASCII, escapes and arrays --------------------------------------
 */

/* Pieces of text in several scripts, with JSON's escapes (a pair of surrogates among them). */
static void put_talk(hr_maker *maker, uint64_t pieces)
{
    static const char *const texts[16] = {
        "\xE3\x81\x84\xE3\x82\x8D\xE3\x81\xAF\xE3\x81\xAB\xE3\x81\xBB\xE3\x81\xB8\xE3\x81\xA8",
        "\xE4\xBB\x8A\xE6\x97\xA5\xE3\x81\xAF\xE8\x89\xAF\xE3\x81\x84\xE5\xA4\xA9\xE6\xB0\x97",
        "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82",
        "voil\xC3\xA0 l\xE2\x80\x99\xC3\xA9t\xC3\xA9",
        "\xF0\x9F\x98\x80\xF0\x9F\x8E\x89",
        "\\u65e5\\u672c",
        "\\ud83d\\ude00",
        "caf\\u00e9",
        "he said \\\"yes\\\"",
        "one\\ntwo",
        "https:\\/\\/t.example\\/abc",
        "RT @someone: ",
        "#breakfast",
        "nothing much to see here",
        "and then we went home",
        "gr\xC3\xBC\xC3\x9F"
        "e aus K\xC3\xB6ln",
    };
    for (uint64_t i = 0; i < pieces; i++) {
        if (i > 0)
            hr_put_byte(maker, ' ');
        hr_put_text(maker, texts[hr_maker_bits(maker) >> 60]);
    }
}

static void put_user(hr_maker *maker)
{
    uint64_t id = hr_maker_bits(maker) >> 32;
    put_number_member(maker, "{\"id\":", id);
    put_number_member(maker, ",\"id_str\":\"", id);
    hr_put_text(maker, "\",\"name\":\"");
    put_talk(maker, 2);
    hr_put_text(maker, "\",\"screen_name\":\"");
    put_name(maker);
    hr_put_text(maker, "\",\"location\":null,\"description\":\"");
    put_talk(maker, 6);
    hr_put_text(maker, "\",\"url\":\"http:\\/\\/t.example\\/");
    put_hex(maker, 10);
    hr_put_text(maker, "\",\"protected\":false,\"followers_count\":");
    hr_put_number(maker, id & 0xFFFFF);
    put_number_member(maker, ",\"friends_count\":", id & 0xFFF);
    put_number_member(maker, ",\"listed_count\":", id & 0xFF);
    hr_put_text(maker, ",\"created_at\":\"Mon Apr 26 06:01:55 +0000 2010\",\"utc_offset\":null,\"geo_enabled\":true,"
                       "\"verified\":false,\"statuses_count\":");
    hr_put_number(maker, id & 0xFFFF);
    hr_put_text(maker, ",\"lang\":\"ja\",\"profile_background_color\":\"C0DEED\",\"profile_image_url\":"
                       "\"http:\\/\\/img.example\\/profile_images\\/");
    put_hex(maker, 20);
    hr_put_text(maker, "_normal.jpeg\",\"profile_link_color\":\"0084B4\",\"profile_use_background_image\":true,"
                       "\"default_profile\":true,\"following\":false,\"notifications\":false}");
}

static void put_entities(hr_maker *maker)
{
    hr_put_text(maker, "{\"hashtags\":[");
    uint64_t tags = hr_maker_bits(maker) >> 62;
    for (uint64_t i = 0; i < tags; i++) {
        hr_put_text(maker, i > 0 ? ",{\"text\":\"" : "{\"text\":\"");
        put_talk(maker, 1);
        put_number_member(maker, "\",\"indices\":[", 10 * i);
        put_number_member(maker, ",", 10 * i + 9);
        hr_put_text(maker, "]}");
    }
    hr_put_text(maker, "],\"symbols\":[],\"urls\":[],\"user_mentions\":[{\"screen_name\":\"");
    put_name(maker);
    hr_put_text(maker, "\",\"name\":\"");
    put_talk(maker, 2);
    put_number_member(maker, "\",\"id\":", hr_maker_bits(maker) >> 34);
    hr_put_text(maker, ",\"indices\":[3, 14]}]}");
}

static void tweets_record(hr_maker *maker)
{
    uint64_t bits = hr_maker_bits(maker) >> 4, id = UINT64_C(505874924095815681) + maker->row * 977;
    hr_put_text(maker, "{\"metadata\":{\"result_type\":\"recent\",\"iso_language_code\":\"ja\"},"
                       "\"created_at\":\"Sun Aug 31 00:29:15 +0000 2014\",\"id\":");
    hr_put_number(maker, id);
    put_number_member(maker, ",\"id_str\":\"", id);
    hr_put_text(maker, "\",\"text\":\"");
    put_talk(maker, 8);
    hr_put_text(maker,
                "\",\"source\":\"<a href=\\\"http:\\/\\/example.org\\/download\\\" rel=\\\"nofollow\\\">web<\\/a>\","
                "\"truncated\":false,\"in_reply_to_status_id\":null,\"user\":");
    put_user(maker);
    hr_put_text(maker, ",\"geo\":null,\"coordinates\":");
    if (bits & 1) {
        put_number_member(maker, "{\"type\":\"Point\",\"coordinates\":[-", bits >> 1 & 127);
        put_number_member(maker, ".25,", bits >> 8 & 63);
        hr_put_text(maker, ".5e0]}");
    } else {
        hr_put_text(maker, "null");
    }
    hr_put_text(maker, ",\"place\":null,\"contributors\":null,\"retweeted_status\":{\"text\":\"");
    put_talk(maker, 8);
    hr_put_text(maker, "\",\"user\":");
    put_user(maker);
    put_number_member(maker, ",\"retweet_count\":", bits >> 20 & 1023);
    put_number_member(maker, "},\"retweet_count\":", bits >> 20 & 1023);
    put_number_member(maker, ",\"favorite_count\":", bits >> 30 & 1023);
    hr_put_text(maker, ",\"entities\":");
    put_entities(maker);
    hr_put_text(maker, ",\"favorited\":false,\"retweeted\":false,\"lang\":\"ja\"}\n");
}

const hr_shape hr_shapes_ndjson[3] = {
    {"events", "ndjson", NULL, events_record},
    {"orders", "ndjson", NULL, orders_record},
    {"tweets", "ndjson", NULL, tweets_record},
};
