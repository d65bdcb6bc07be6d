/* encoding.c: the names of the encodings. Owns neither what bytes mean nor how an encoding is recognised. */
#include "core/input/encoding.h"

static const char *const names[] = {
    "ascii",          "utf-8",        "utf-16le",     "utf-16be",     "utf-32le",     "utf-32be",     "windows-1252",
    "iso-8859-1",     "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",
    "iso-8859-8",     "iso-8859-9",   "iso-8859-10",  "iso-8859-11",  "iso-8859-13",  "iso-8859-14",  "iso-8859-15",
    "iso-8859-16",    "windows-874",  "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255",
    "windows-1256",   "windows-1257", "windows-1258", "koi8-r",       "koi8-u",       "ibm437",       "ibm737",
    "ibm775",         "ibm850",       "ibm852",       "ibm855",       "ibm857",       "ibm858",       "ibm860",
    "ibm861",         "ibm862",       "ibm863",       "ibm865",       "ibm866",       "ibm869",       "macintosh",
    "x-mac-cyrillic", "x-mac-ce",     "shift_jis",    "euc-jp",       "iso-2022-jp",  "euc-kr",       "iso-2022-kr",
    "gb18030",        "hz-gb-2312",   "big5",         "big5-hkscs",
};

/* Other spellings, squeezed: lower case, letters and digits only. A name's own squeezed spelling needs no row. The
 * numbered families (iso8859N, windowsN, cpN, ibmN) are handled by rule. */
static const struct {
    const char *squeezed;
    const char *canonical;
} aliases[] = {
    {"usascii", "ascii"},
    {"iso646us", "ascii"},
    {"ansix341968", "ascii"},
    {"646", "ascii"},
    {"us", "ascii"},
    {"utf8sig", "utf-8"},
    {"utf8bom", "utf-8"},
    {"unicode11utf8", "utf-8"},
    {"cp65001", "utf-8"},
    {"utf8mb4", "utf-8"},
    /* Without an order the mark decides; without a mark it is little-endian, as Windows writes it. */
    {"utf16", "utf-16le"},
    {"ucs2", "utf-16le"},
    {"unicode", "utf-16le"},
    {"ucs2le", "utf-16le"},
    {"cp1200", "utf-16le"},
    {"utf16bom", "utf-16le"},
    {"utf16lebom", "utf-16le"},
    {"utf16bebom", "utf-16be"},
    {"ucs2be", "utf-16be"},
    {"unicodefffe", "utf-16be"},
    {"cp1201", "utf-16be"},
    {"utf32", "utf-32le"},
    {"ucs4", "utf-32le"},
    {"ucs4le", "utf-32le"},
    {"cp12000", "utf-32le"},
    {"utf32lebom", "utf-32le"},
    {"utf32bebom", "utf-32be"},
    {"ucs4be", "utf-32be"},
    {"cp12001", "utf-32be"},
    {"latin1", "iso-8859-1"},
    {"l1", "iso-8859-1"},
    {"88591", "iso-8859-1"},
    {"cp819", "iso-8859-1"},
    {"ibm819", "iso-8859-1"},
    {"isoir100", "iso-8859-1"},
    {"iso885911987", "iso-8859-1"},
    {"cp28591", "iso-8859-1"},
    {"latin2", "iso-8859-2"},
    {"l2", "iso-8859-2"},
    {"iso885921987", "iso-8859-2"},
    {"latin3", "iso-8859-3"},
    {"l3", "iso-8859-3"},
    {"latin4", "iso-8859-4"},
    {"l4", "iso-8859-4"},
    {"cyrillic", "iso-8859-5"},
    {"arabic", "iso-8859-6"},
    {"asmo708", "iso-8859-6"},
    {"ecma114", "iso-8859-6"},
    {"greek", "iso-8859-7"},
    {"greek8", "iso-8859-7"},
    {"ecma118", "iso-8859-7"},
    {"elot928", "iso-8859-7"},
    {"hebrew", "iso-8859-8"},
    {"iso88598i", "iso-8859-8"},
    {"iso88598e", "iso-8859-8"},
    {"visual", "iso-8859-8"},
    {"latin5", "iso-8859-9"},
    {"l5", "iso-8859-9"},
    {"latin6", "iso-8859-10"},
    {"l6", "iso-8859-10"},
    {"latin7", "iso-8859-13"},
    {"latin8", "iso-8859-14"},
    {"latin9", "iso-8859-15"},
    {"l9", "iso-8859-15"},
    {"latin0", "iso-8859-15"},
    {"latin10", "iso-8859-16"},
    {"tis620", "windows-874"},
    {"thai", "windows-874"},
    {"ansi", "windows-1252"},
    {"koi8", "koi8-r"},
    {"cp20866", "koi8-r"},
    {"koi", "koi8-r"},
    {"koi8ru", "koi8-u"},
    {"cp21866", "koi8-u"},
    {"alt", "ibm866"},
    {"dos", "ibm437"},
    {"mac", "macintosh"},
    {"macroman", "macintosh"},
    {"xmacroman", "macintosh"},
    {"cp10000", "macintosh"},
    {"maccyrillic", "x-mac-cyrillic"},
    {"macukrainian", "x-mac-cyrillic"},
    {"xmacukrainian", "x-mac-cyrillic"},
    {"cp10007", "x-mac-cyrillic"},
    {"macuk", "x-mac-cyrillic"},
    {"macce", "x-mac-ce"},
    {"maccentraleurope", "x-mac-ce"},
    {"xmaccentraleurope", "x-mac-ce"},
    {"maclatin2", "x-mac-ce"},
    {"cp10029", "x-mac-ce"},
    {"xmaccentraleurroman", "x-mac-ce"},
    {"sjis", "shift_jis"},
    {"xsjis", "shift_jis"},
    {"mskanji", "shift_jis"},
    {"ms932", "shift_jis"},
    {"windows31j", "shift_jis"},
    {"cp932", "shift_jis"},
    {"windows932", "shift_jis"},
    {"ibm932", "shift_jis"},
    {"ibm943", "shift_jis"},
    {"cp943", "shift_jis"},
    {"cswindows31j", "shift_jis"},
    {"eucjpms", "euc-jp"},
    {"ujis", "euc-jp"},
    {"xeucjp", "euc-jp"},
    {"cp51932", "euc-jp"},
    {"cp20932", "euc-jp"},
    {"jis", "iso-2022-jp"},
    {"csiso2022jp", "iso-2022-jp"},
    {"cp50220", "iso-2022-jp"},
    {"cp50221", "iso-2022-jp"},
    {"cp50222", "iso-2022-jp"},
    {"ksc56011987", "euc-kr"},
    {"ksc5601", "euc-kr"},
    {"ksx1001", "euc-kr"},
    {"cp949", "euc-kr"},
    {"windows949", "euc-kr"},
    {"uhc", "euc-kr"},
    {"ms949", "euc-kr"},
    {"korean", "euc-kr"},
    {"cp51949", "euc-kr"},
    {"csiso2022kr", "iso-2022-kr"},
    {"cp50225", "iso-2022-kr"},
    {"gbk", "gb18030"},
    {"gb2312", "gb18030"},
    {"euccn", "gb18030"},
    {"cp936", "gb18030"},
    {"ms936", "gb18030"},
    {"windows936", "gb18030"},
    {"xgbk", "gb18030"},
    {"chinese", "gb18030"},
    {"gb231280", "gb18030"},
    {"cp54936", "gb18030"},
    {"gb180302000", "gb18030"},
    {"xeuccn", "gb18030"},
    {"hz", "hz-gb-2312"},
    {"hzgb", "hz-gb-2312"},
    {"cp52936", "hz-gb-2312"},
    {"cp950", "big5"},
    {"ms950", "big5"},
    {"windows950", "big5"},
    {"bigfive", "big5"},
    {"cnbig5", "big5"},
    {"big5eten", "big5"},
    {"big5hk", "big5-hkscs"},
    {"hkscs", "big5-hkscs"},
    {"cp951", "big5-hkscs"},
    {"big5hkscs2004", "big5-hkscs"},
};

/* Letters and digits of `name` in lower case; false when there are too many or none. */
static bool squeeze(const char *name, char out[32])
{
    size_t size = 0;
    for (; *name; name++) {
        char c = *name;
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (size == 31) {
                return false;
            }
            out[size++] = c;
        }
    }
    out[size] = 0;
    return size > 0;
}

static const char *by_squeezed(const char *squeezed)
{
    char own[32];
    for (size_t i = 0; i < HR_COUNT(names); i++) {
        if (squeeze(names[i], own) && !strcmp(own, squeezed)) {
            return names[i];
        }
    }
    for (size_t i = 0; i < HR_COUNT(aliases); i++) {
        if (!strcmp(aliases[i].squeezed, squeezed)) {
            return aliases[i].canonical;
        }
    }
    return NULL;
}

const char *hr_encoding_canonical(const char *name)
{
    char squeezed[32] = "", other[48];
    if (!name || !squeeze(name, squeezed)) {
        return NULL;
    }
    const char *found = by_squeezed(squeezed);
    if (found) {
        return found;
    }
    /* One number, many prefixes: cp1252, win1252, ms1252, x-cp1252, ibm850, cp850, dos850, 8859-15, iso8859_15. */
    static const char *const prefixes[] = {"windows", "win",   "xcp", "cp",     "ibm",   "msdos", "dos",
                                           "ms",      "csibm", "pc",  "isoiec", "csiso", "iso",   ""};
    static const char *const families[] = {"windows", "ibm", "iso", "cp"};
    for (size_t p = 0; p < HR_COUNT(prefixes); p++) {
        size_t size = strlen(prefixes[p]);
        const char *number = squeezed + size;
        if (strncmp(squeezed, prefixes[p], size) != 0 || *number < '0' || *number > '9') {
            continue;
        }
        for (size_t f = 0; f < HR_COUNT(families); f++) {
            size_t length = strlen(families[f]);
            memcpy(other, families[f], length);
            memcpy(other + length, number, strlen(number) + 1);
            if ((found = by_squeezed(other)) != NULL) {
                return found;
            }
        }
    }
    return NULL;
}

const char *const *hr_encoding_names(size_t *count)
{
    *count = HR_COUNT(names);
    return names;
}
