/* shapes_csv.c: the five shapes of CSV: short unquoted fields, numbers and times, quotes, many columns, long texts. */
#include "bench/generate.h"

/* ---- cities: seven short unquoted fields; two thirds of the pairs (city, region) are new ---------------------- */

static const char *const syllables[128] = {
    "ba", "be",  "bi", "bo", "bu",  "bra", "bre", "bri", "ca",  "ce",  "ci",  "co",  "cu",  "cha", "che", "chi",
    "da", "de",  "di", "do", "du",  "dra", "fa",  "fe",  "fi",  "fo",  "fu",  "fra", "ga",  "ge",  "gi",  "go",
    "gu", "gra", "ha", "he", "hi",  "ho",  "hu",  "ja",  "je",  "ji",  "jo",  "ju",  "ka",  "ke",  "ki",  "ko",
    "ku", "kla", "la", "le", "li",  "lo",  "lu",  "ma",  "me",  "mi",  "mo",  "mu",  "na",  "ne",  "ni",  "no",
    "nu", "nya", "pa", "pe", "pi",  "po",  "pu",  "pra", "qa",  "qi",  "ra",  "re",  "ri",  "ro",  "ru",  "sa",
    "se", "si",  "so", "su", "sha", "she", "shi", "ta",  "te",  "ti",  "to",  "tu",  "tra", "tre", "va",  "ve",
    "vi", "vo",  "vu", "wa", "we",  "wi",  "wo",  "wu",  "xa",  "xi",  "xo",  "ya",  "ye",  "yo",  "yu",  "za",
    "ze", "zi",  "zo", "zu", "ban", "den", "fur", "gen", "hal", "kir", "lan", "mar", "nor", "pol", "sel", "ton"};

/* Spreads the numbers below 2^28 over themselves, each to another. */
static uint64_t spread(uint64_t number)
{
    for (int round = 0; round < 2; round++) {
        number = (number * 0x9E3779B1u) & 0xFFFFFFFu;
        number ^= number >> 14;
    }
    return number;
}

static void cities_header(hr_maker *maker)
{
    hr_put_text(maker, "country,city,accent_city,region,population,latitude,longitude\n");
}

static void put_city(hr_maker *maker, uint64_t key)
{
    for (int i = 0; i < 3; i++)
        hr_put_text(maker, syllables[key >> (7 + 7 * i) & 127]);
}

static void cities_record(hr_maker *maker)
{
    static const char countries[] = "adaearatauazbabebgbobrbychclcnczdedzecegesfifrgbgrhuidieilinitjp"
                                    "kekrltmamxngnlnopeplptruseskthtruausuyuzvezazm";
    uint64_t bits = hr_maker_bits(maker) >> 4;
    uint64_t key = bits % 3 || maker->keys == 0 ? maker->keys++ : hr_maker_below(maker, maker->keys);
    key = spread(key);
    size_t country = 2 * ((bits >> 8 & 1023) % ((sizeof countries - 1) / 2));
    hr_put_byte(maker, countries[country]);
    hr_put_byte(maker, countries[country + 1]);
    hr_put_byte(maker, ',');
    put_city(maker, key);
    hr_put_byte(maker, ',');
    size_t accent = maker->size;
    put_city(maker, key);
    maker->line[accent] = (char)(maker->line[accent] - 'a' + 'A');
    if ((bits >> 20 & 31) == 0)
        hr_put_text(maker, "\xC3\xA9"); /* an e with an acute accent */
    hr_put_byte(maker, ',');
    hr_put_digits(maker, key & 127, 2 + ((key & 127) > 99));
    hr_put_byte(maker, ',');
    if ((bits >> 26 & 7) < 3)
        hr_put_number(maker, hr_maker_below(maker, 3000000));
    hr_put_byte(maker, ',');
    bits = hr_maker_bits(maker) >> 4;
    if (bits & 1)
        hr_put_byte(maker, '-');
    hr_put_number(maker, (bits >> 1 & 63) + 1);
    hr_put_byte(maker, '.');
    hr_put_digits(maker, (bits >> 8 & 0xFFFFF) % 1000000, 6);
    hr_put_byte(maker, ',');
    if (bits >> 28 & 1)
        hr_put_byte(maker, '-');
    hr_put_number(maker, (bits >> 29 & 127) + 1);
    hr_put_byte(maker, '.');
    hr_put_digits(maker, (bits >> 36 & 0xFFFFF) % 1000000, 6);
    hr_put_byte(maker, '\n');
}

/* ---- taxi: nineteen numbers, dates and timestamps; bench/taxi.schema.json says which --------------------------- */

static void taxi_header(hr_maker *maker)
{
    hr_put_text(maker,
                "vendor_id,service_date,pickup_at,dropoff_at,passenger_count,trip_distance,rate_code,pickup_zone,"
                "dropoff_zone,payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,"
                "improvement_surcharge,total_amount,congestion_surcharge,airport_fee\n");
}

static void taxi_record(hr_maker *maker)
{
    uint64_t bits = hr_maker_bits(maker) >> 4;
    uint64_t pickup = 1672531200 + maker->row / 2 % 100000000 + (bits & 255), taken = 120 + (bits >> 8 & 2047);
    uint64_t distance = 40 + (bits >> 19 & 1023), fare = 300 + distance * 2 + taken / 60 * 50;
    uint64_t extra = 50 * (bits >> 29 & 3), tip = bits >> 31 & 1 ? fare * (10 + (bits >> 32 & 15)) / 100 : 0;
    uint64_t tolls = (bits >> 36 & 15) == 0 ? 655 : 0, congestion = bits >> 40 & 1 ? 250 : 0;
    uint64_t airport = (bits >> 41 & 15) == 0 ? 175 : 0, total = fare + extra + 50 + tip + tolls + 100 + congestion;
    hr_put_number(maker, 1 + (bits >> 45 & 1));
    hr_put_byte(maker, ',');
    hr_put_date(maker, pickup);
    hr_put_byte(maker, ',');
    hr_put_time(maker, pickup, ' ');
    hr_put_byte(maker, ',');
    hr_put_time(maker, pickup + taken, ' ');
    hr_put_byte(maker, ',');
    if ((bits >> 46 & 31) != 0)
        hr_put_number(maker, 1 + (bits >> 51 & 3));
    hr_put_byte(maker, ',');
    hr_put_hundredths(maker, distance);
    hr_put_byte(maker, ',');
    hr_put_number(maker, (bits >> 53 & 15) == 0 ? 2 : 1);
    bits = hr_maker_bits(maker) >> 4;
    uint64_t after[] = {1 + (bits & 255), 1 + (bits >> 8 & 255), 1 + (bits >> 16 & 1)};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        hr_put_byte(maker, ',');
        hr_put_number(maker, after[i]);
    }
    uint64_t amounts[] = {fare, extra, 50, tip, tolls, 100, total + airport, congestion, airport};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        hr_put_byte(maker, ',');
        if (i < 7 || (bits >> 17 & 31) != 0)
            hr_put_hundredths(maker, amounts[i]);
    }
    hr_put_byte(maker, '\n');
}

/* ---- quoted: half of the fields in quotes, with delimiters, quotes and newlines -------------------------------- */

static void quoted_header(hr_maker *maker)
{
    hr_put_text(maker, "id,product,units,comment,price,address,ordered,tags\n");
}

static void quoted_record(hr_maker *maker)
{
    uint64_t bits = hr_maker_bits(maker) >> 4;
    hr_put_number(maker, maker->row);
    hr_put_text(maker, ",\"");
    hr_put_word(maker);
    hr_put_text(maker, ", ");
    hr_put_word(maker);
    if (bits & 1)
        hr_put_text(maker, " 12\"\"");
    hr_put_text(maker, "\",");
    hr_put_number(maker, bits >> 1 & 63);
    hr_put_text(maker, ",\"");
    for (uint64_t i = 3 + (bits >> 7 & 7); i > 0; i--) {
        hr_put_word(maker);
        hr_put_byte(maker, ' ');
    }
    if (bits >> 10 & 1) {
        hr_put_text(maker, "\"\"");
        hr_put_word(maker);
        hr_put_text(maker, "\"\", ");
    }
    if (bits >> 11 & 1)
        hr_put_byte(maker, '\n');
    hr_put_word(maker);
    hr_put_text(maker, "\",");
    hr_put_hundredths(maker, bits >> 12 & 0xFFFF);
    hr_put_text(maker, ",\"");
    hr_put_number(maker, 1 + (bits >> 28 & 255));
    hr_put_byte(maker, ' ');
    hr_put_word(maker);
    hr_put_text(maker, " street\n");
    hr_put_digits(maker, (bits >> 36 & 0xFFFF), 5);
    hr_put_text(maker, ", ");
    hr_put_text(maker, bits >> 52 & 1 ? "Li\xC3\xA8ge" : "Springfield");
    hr_put_text(maker, "\",");
    hr_put_date(maker, 1577836800 + maker->row % 100000 * 1000);
    hr_put_text(maker, ",\"");
    hr_put_word(maker);
    hr_put_byte(maker, ',');
    hr_put_word(maker);
    hr_put_text(maker, "\"\n");
}

/* ---- wide: a thousand integers a row ---------------------------------------------------------------------------- */

static void wide_header(hr_maker *maker)
{
    for (uint64_t i = 0; i < 1000; i++) {
        hr_put_text(maker, i > 0 ? ",c" : "c");
        hr_put_number(maker, i);
    }
    hr_put_byte(maker, '\n');
}

static void wide_record(hr_maker *maker)
{
    for (int i = 0; i < 1000; i++) {
        if (i > 0)
            hr_put_byte(maker, ',');
        hr_put_number(maker, hr_maker_bits(maker) >> 47);
    }
    hr_put_byte(maker, '\n');
}

/* ---- longtext: texts of one to four kilobytes -------------------------------------------------------------------- */

static void longtext_header(hr_maker *maker)
{
    hr_put_text(maker, "id,title,body\n");
}

static void longtext_record(hr_maker *maker)
{
    hr_put_number(maker, maker->row);
    hr_put_byte(maker, ',');
    hr_put_word(maker);
    hr_put_byte(maker, ' ');
    hr_put_word(maker);
    hr_put_text(maker, ",\"");
    size_t end = maker->size + 1000 + hr_maker_below(maker, 3000);
    while (maker->size < end) {
        for (int i = 0; i < 12; i++) {
            hr_put_word(maker);
            hr_put_byte(maker, ' ');
        }
        uint64_t bits = hr_maker_bits(maker) >> 60;
        hr_put_text(maker, bits == 0 ? "\"\"so\"\" " : bits < 3 ? "caf\xC3\xA9 " : bits < 6 ? "\n\n" : ", ");
    }
    hr_put_text(maker, "end\"\n");
}

const hr_shape hr_shapes_csv[5] = {
    {"cities", "csv", cities_header, cities_record},       {"taxi", "csv", taxi_header, taxi_record},
    {"quoted", "csv", quoted_header, quoted_record},       {"wide", "csv", wide_header, wide_record},
    {"longtext", "csv", longtext_header, longtext_record},
};
