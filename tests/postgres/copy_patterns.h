/* copy_patterns.h: types of columns, and patterns of texts for them, plausible and hostile ones, for copy_values.c. */
#ifndef HR_TESTS_POSTGRES_COPY_PATTERNS_H
#define HR_TESTS_POSTGRES_COPY_PATTERNS_H

#include "core/output/copy_text.h"

#define DECODED(holds) \
    if (!(holds))      \
    abort()
#include "tests/reference/copy_decoder.h"

/* Patterns between bars: # any digit, @ 0 or 1, % 0 to 5 */
static const char numbers[] =
    "#|-#|+#|0|-0|00#|##|####|3276#|-3276#|214748364#|-214748364#|922337203685477580#|-922337203685477580#|"
    "############|##################|####################|#.#|-#.##|####.##|.#|#.|-.##|##.####|0.000#|0.00|"
    "-0.0|######.#0|10000|1000000.000|#########.#########|0.################|0.####################|00#.##|"
    "#e#|#.##e-#|##E+1#|#e3##|-#e-3##|1e-400|1e400|NaN|nan|Infinity|-infinity|inf|0x1F|0b10|0o17|1_000| #|# |"
    "\t#\n||-|+|.|e1|--#|+-#|#,##|#.#.#|1.17549435e-38|1.4e-45|3.4028235e38|3.4028236e38|16777217|16777219|"
    "0.1000000014901161193847656250|2.2250738585072014e-308|4.9e-324|1.7976931348623157e308|"
    "1.7976931348623159e308|$#.##|#%|０|00000000000000000000000000#|999#.99#|9999.99|99999.99";
static const char days[] =
    "20##-0#-@#|####-@#-@#|19##-1@-2#|2024-02-29|2023-02-29|1900-02-29|2000-02-29|0001-01-01|0000-01-01|"
    "9999-12-31|10000-01-01|0099-0#-1#|99-0#-1#|2024-0#-31|2024-1-#|2024/0#/1#|1#.0#.2024|0#-0#-2024|2024060#|"
    "J24#####|infinity|-infinity|today|now|epoch|yesterday|2024-06-0# BC|2024-Jun-0#|June #, 2024|"
    "Mon 2024-06-0#| 2024-06-0#|2024-06-0# |-2024-06-01|+2024-06-01|2024-06-0#AD|";
static const char times[] =
    "20##-0#-@# @#:%#:%#|20##-0#-@#T@#:%#:%#|20##-0#-@# @#:%#:%#.#|20##-0#-@# @#:%#:%#.###|"
    "20##-0#-@# @#:%#:%#.######|2024-06-01 10:00:00.#00000|2024-06-01 10:00:00.###000000|"
    "2024-06-01 10:00:00.#######|2024-06-01 10:00:00.|2024-06-01 10:%#|2024-06-01T10:%#|2024-06-01t10:%#:%#|"
    "2024-06-01  10:00:00|2024-06-01 24:00:00|2024-06-01 23:59:60|2024-06-01 23:60:00|2024-06-01 1:00:00|"
    "2024-06-01 10|0001-01-01 00:00:00|9999-12-31 23:59:59.999999|9999-12-31 23:59:59.9999995|"
    "0000-01-01 00:00:00|20240601T100000|20240601 100000|2024-06-01 10:00:00 AM|2024-06-01 10:00:00 PM|"
    "2024-153 10:00:00|2024-06-01 allballs|10:00:00 2024-06-01|infinity|now|2024-06-01 10:00:00 BC|"
    " 2024-06-01 10:00:00|2024-06-01 10:00:00 |2024-06-01-10:00:00|2024-06-01_10:00:00|2024-06-01|20##-1@-@#|";
static const char hours[] =
    "@#:%#:%#|@#:%#|@#:%#:%#.#|@#:%#:%#.######|@#:%#:%#.###|@#:%#:%#.#######|10:00:00.###000000|24:00:00|23:59:60|"
    "00:00:00|23:59:59.999999|23:59:59.9999999|1:00:00|10|1000|100000|T10:%#|10:00:00 PM|10:00:00Z|10:00:00+0#|"
    "2024-01-01 10:00:00|allballs|now| 10:00:00|10:00:00 |10:60:00|25:00:00|10:00:00.|";
static const char moments[] =
    "20##-0#-@# @#:%#:%#Z|20##-0#-@#T@#:%#:%#Z|20##-0#-@#T@#:%#:%#.###Z|20##-0#-@# @#:%#:%#.######z|"
    "20##-0#-@# @#:%#:%#+0#|20##-0#-@# @#:%#:%#-0#:%0|20##-0#-@#T@#:%#:%#+@#%#|20##-0#-@#T@#:%#:%#.#+@#:%#|"
    "2024-06-01 10:%#Z|2024-06-01 10:%#+0#|2024-06-01T10:%#-@#|2024-06-01 10:00:00+15:59|"
    "2024-06-01 10:00:00+16|2024-06-01 10:00:00-15:59|2024-06-01 10:00:00+14:60|2024-06-01 10:00:00+0#:%#:%#|"
    "2024-06-01 10:00:00+#|2024-06-01 10:00:00 Z|2024-06-01 10:00:00 +0#|2024-06-01 10:00:00 UTC|"
    "2024-06-01 10:00:00 CEST|2024-06-01 10:00:00 Europe/Berlin|2024-06-01 10:00:00|"
    "2024-06-01 10:00:00.123456|2024-06-01|0001-01-01 00:00:00Z|0001-01-01 00:00:00+0#|0001-01-01 00:00:00-0#|"
    "9999-12-31 23:59:59.999999Z|9999-12-31 23:59:59-0#|9999-12-31 23:59:59+0#|2024-06-01 24:00:00Z|"
    "2024-06-01 23:59:60Z|now|infinity|2024-06-01 10:00:00.#######Z|2024-06-01 10:00:00.###000000Z|"
    "2024-06-01Z|2024-06-01 10:00:00ZZ|2024-06-01 10:00:00Z+01|2024-06-01T10:00:00+00:00|2024-03-10 02:30:00Z|"
    "2024-06-01 10:00:00.Z|";
static const char truths[] =
    "t|f|true|false|TRUE|False|T|F|yes|no|y|n|Y|NO|on|off|On|oF|1|0|tr|fal|ye|o|of|10|01|2|-1| t|t |\ttrue\n|"
    "truee|wahr||null";
static const char identifiers[] = "########-####-####-####-############|0199f2a4-0000-7000-8000-00000000000#|"
                                  "FEDCBA98-####-3210-0123-456789abcde#|{########-####-####-####-############}|"
                                  "################################|####-####-####-####-####-####-####-####|"
                                  "########-####-####-####-###########|########-####-####-####-#############|"
                                  "########-####-####-####-###########g| ########-####-####-####-############|"
                                  "########_####-####-####-############|";
static const char texts[] =
    "|a|ab|abc|abcd|abcde|a |ab  |abcd |abcd  | a|äöü|äöüß|äöüßx|€ |日本語|😀😀😀😀|"
    "\\N|\\.|\\|\"|\"\"|a\tb|a\nb|\r|a\\b|\x01|null|NULL|####|a somewhat longer text of ## letters or so|"
    "e\xcc\x81|\xe2\x80\xa8";
static const char documents[] =
    "{}|[]|null|true|#|-#.#0|1e#|\"s\"|\"\\u00e9\"|{\"a\": [1, 2.50]}|{\"b\": 1, \"a\": 2, \"a\": #}| # |"
    "\t[ 1 , 2 ]\n|{\"a\"}|[1,]|'a'|NaN|01|1.|.5|\"\\u0000\"|\"\\ud83d\\ude00\"|\"\\ud83d\"|\"\\x\"|\"a\nb\"||"
    "{|1 2|1e400|-|\"😀\"|[[[[[[[[#]]]]]]]]|12345678901234567890123456789.######";

typedef struct column_type {
    const char *name;
    unsigned oid;
    const char *patterns;
    uint32_t guards;
    unsigned digits;
} column_type;
#define list list, HR_COUNT(list)
#define WHEN (HR_COPY_FRACTION | HR_COPY_CLOCK)

static const column_type types[] = {
    {"int2", INT2, numbers, 0, 0},
    {"int4", INT4, numbers, 0, 0},
    {"int8", INT8, numbers, 0, 0},
    {"numeric", NUMERIC, numbers, 0, 0},
    {"numeric(6,2)", NUMERIC, numbers, HR_COPY_SCALE, 2},
    {"numeric(30,12)", NUMERIC, numbers, HR_COPY_SCALE, 12},
    {"numeric(5)", NUMERIC, numbers, HR_COPY_SCALE, 0},
    {"float4", FLOAT4, numbers, 0, 0},
    {"float8", FLOAT8, numbers, 0, 0},
    {"bool", BOOL, truths, 0, 0},
    {"date", DATE, days, HR_COPY_DAY | HR_COPY_CLOCK, 0},
    {"time", TIME, hours, WHEN | HR_COPY_ZONELESS, 6},
    {"time(2)", TIME, hours, WHEN | HR_COPY_ZONELESS, 2},
    {"timestamp", TIMESTAMP, times, WHEN | HR_COPY_ZONELESS, 6},
    {"timestamp(0)", TIMESTAMP, times, WHEN | HR_COPY_ZONELESS, 0},
    {"timestamp(3)", TIMESTAMP, times, WHEN | HR_COPY_ZONELESS, 3},
    {"timestamp(5)", TIMESTAMP, moments, WHEN | HR_COPY_ZONELESS, 5},
    {"timestamptz", TIMESTAMPTZ, moments, WHEN, 6},
    {"timestamptz(0)", TIMESTAMPTZ, moments, WHEN, 0},
    {"timestamptz(2)", TIMESTAMPTZ, moments, WHEN, 2},
    {"timestamptz(6)", TIMESTAMPTZ, times, WHEN, 6},
    {"uuid", UUID, identifiers, 0, 0},
    {"text", TEXT, texts, 0, 0},
    {"varchar", VARCHAR, texts, 0, 0},
    {"varchar(4)", VARCHAR, texts, HR_COPY_LETTERS, 4},
    {"char(3)", BPCHAR, texts, 0, 0},
    {"char", BPCHAR, texts, 0, 0},
    {"json", JSON, documents, 0, 0},
    {"jsonb", JSONB, documents, 0, 0},
    {"pg_temp.mood", TEXT, texts, 0, 0},
    {"pg_temp.price", NUMERIC, numbers, HR_COPY_SCALE, 2},
    {"pg_temp.fair_price", NUMERIC, numbers, HR_COPY_SCALE, 2},
    {"pg_temp.word", VARCHAR, texts, HR_COPY_LETTERS, 4},
    {"pg_temp.past", TIMESTAMPTZ, moments, WHEN, 1},
};

#endif
