/* test_encoding_detect.c: what is said of samples: marks, NUL bytes, UTF-8, legacy encodings, and honest doubt. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/input/encoding.h"

static hr_encoding_guess detect(const char *bytes, size_t size, bool whole)
{
    hr_encoding_guess guess;
    memset(&guess, 0x5A, sizeof guess);
    hr_encoding_detect((const uint8_t *)bytes, size, whole, &guess);
    cr_assert(!guess.pinned && guess.confidence <= 100 && *guess.evidence);
    cr_assert_not_null(hr_encoding_canonical(guess.name));
    return guess;
}

#define SAYS(bytes, whole, expected)                                                  \
    do {                                                                              \
        hr_encoding_guess guess = detect(bytes, sizeof bytes - 1, whole);             \
        cr_assert_str_eq(guess.name, expected, "%s: %s", guess.name, guess.evidence); \
    } while (0)

Test(encoding_detect, empty_and_ascii_samples_are_ascii)
{
    SAYS("", true, "ascii");
    SAYS("", false, "ascii");
    SAYS("id,name\n1,Smith\n", true, "ascii");
    SAYS("a\0b,c\nNUL bytes are data, here and there\n", true, "ascii");
}

Test(encoding_detect, a_mark_decides_and_its_length_is_told)
{
    hr_encoding_guess guess = detect("\xEF\xBB\xBFid\n", 6, true);
    cr_assert(!strcmp(guess.name, "utf-8") && guess.bom == 3 && guess.confidence == 100);
    guess = detect("\xFF\xFEi\0", 4, true);
    cr_assert(!strcmp(guess.name, "utf-16le") && guess.bom == 2);
    guess = detect("\0\0\xFE\xFF\0\0\0i", 8, true);
    cr_assert(!strcmp(guess.name, "utf-32be") && guess.bom == 4);
}

Test(encoding_detect, wide_units_without_a_mark_are_seen)
{
    SAYS("i\0d\0,\0n\0a\0m\0e\0\n\0", true, "utf-16le");
    SAYS("\0i\0d\0,\0n\0a\0m\0e\0\n", true, "utf-16be");
    SAYS("i\0\0\0d\0\0\0\n\0\0\0", true, "utf-32le");
    SAYS("\0\0\0i\0\0\0d\0\0\0\n", true, "utf-32be");
    SAYS("\x1C\x04>\x04"
         "A\x04:\x04"
         "2\x04"
         "0\x04,\0001\0002\0\n\0\x1C\x04>\x04"
         "A\x04:\x04"
         "2\x04"
         "0\x04,\0001\0003\0\n\0",
         true, "utf-16le");
}

Test(encoding_detect, a_character_cut_at_the_end_is_no_damage_unless_the_sample_is_whole)
{
    SAYS("Gr\xC3\xBC\xC3\x9F"
         "e, K\xC3\xB6ln\nM\xC3",
         false, "utf-8");
    hr_encoding_guess guess = detect("caf\xC3", 4, true);
    cr_assert_str_neq(guess.name, "utf-8");
}

Test(encoding_detect, one_damaged_row_does_not_turn_a_utf8_file)
{
    char text[4096] = "";
    for (int i = 0; i < 100; i++) {
        strcat(text, "\xC3\xA9\xC3\xA8,\xC3\xA0\n");
    }
    strcat(text, "caf\xE9,broken\n");
    hr_encoding_guess guess = detect(text, strlen(text), true);
    cr_assert_str_eq(guess.name, "utf-8");
    cr_assert_lt(guess.confidence, 99);
}

Test(encoding_detect, latin_letters_are_windows_1252_and_doubt_is_told)
{
    SAYS("name;city\nM\xFCller;K\xF6ln\nGro\xDF;D\xFCsseldorf\n", true, "windows-1252");
    SAYS("nome,cidade\nJo\xE3o,S\xE3o Paulo\nConcei\xE7\xE3o,Bras\xEDlia\n", true, "windows-1252");
    SAYS("price\n\x80 5\n\x93quoted\x94\n", true, "windows-1252");
    hr_encoding_guess guess = detect("a\n\xD5\n", 4, true);
    cr_assert_leq(guess.confidence, 50, "%u %s", guess.confidence, guess.evidence);
}

Test(encoding_detect, macintosh_is_told_from_windows_by_letters_within_words)
{
    SAYS("name,film\nPen\x8Elope Cruz,x\nJos\x8E Mart\x92nez,y\nFran\x8Dois,z\n", true, "macintosh");
    SAYS("miasto\nKrak\xF3w\n\xA3\xF3"
         "d\xBC\nGda\xF1sk\n\x8Cwi\xEAtoch\xB3owice\n",
         true, "windows-1250");
    SAYS("miasto\nKrak\xF3w\n\xA3\xF3"
         "d\xBC\nGda\xF1sk\nWroc\xB3"
         "aw\n\xA6wi\xEAtoch\xB3owice\nB\xB1k\n",
         true, "iso-8859-2");
}

Test(encoding_detect, a_capital_behind_a_small_letter_is_a_sign_of_misreading)
{
    SAYS("S\xC6o Paulo,Jo\xC6o\nMaranh\xC6o,Sebasti\xC6o\n", true, "ibm850"); /* not SÆo, JoÆo */
    SAYS("\xD2\xD5\xD3\xD3\xCB\xC9\xCA\n", true, "koi8-r");
}

Test(encoding_detect, cyrillic_is_told_by_frequent_letters_and_case)
{
    SAYS("\xEF\xE5\xF0\xE2\xFB\xE9,\xCC\xEE\xF1\xEA\xE2\xE0\n\xE2\xF2\xEE\xF0\xEE\xE9,\xCA\xE0\xE7\xE0\xED\xFC\n", true,
         "windows-1251");
    SAYS("\xD0\xC5\xD2\xD7\xD9\xCA,\xED\xCF\xD3\xCB\xD7\xC1\n\xD7\xD4\xCF\xD2\xCF\xCA,\xEB\xC1\xDA\xC1\xCE\xD8\n", true,
         "koi8-r");
    SAYS("\xAF\xA5\xE0\xA2\xEB\xA9,\x8C\xAE\xE1\xAA\xA2\xA0\n\xA2\xE2\xAE\xE0\xAE\xA9,\x8A\xA0\xA7\xA0\xAD\xEC\n", true,
         "ibm866");
}

Test(encoding_detect, escape_sequences_are_seen_in_seven_bit_text)
{
    SAYS("a,\x1B$B$3$s\x1B(B\n", true, "iso-2022-jp");
    SAYS("\x1B$)C\na,\x0E!!\x0F\n", true, "iso-2022-kr");
    SAYS("a,~{<:Ky2;~}\n", true, "hz-gb-2312");
    SAYS("a,~{not hz,~ at all\n", true, "ascii");
}

static bool same_text(const char *one, const char *other, const uint8_t *data, size_t size)
{
    uint8_t *texts[2];
    size_t sizes[2], used = 0;
    const char *names[2] = {one, other};
    for (int i = 0; i < 2; i++) {
        hr_decoder *decoder = NULL;
        cr_assert_eq(hr_decoder_new(names[i], &decoder, NULL), HR_OK);
        texts[i] = malloc(size * 4 + 64);
        hr_decoder_run(decoder, data, size, true, &used, texts[i], size * 4 + 64, &sizes[i]);
        hr_decoder_free(decoder);
    }
    bool same = sizes[0] == sizes[1] && !memcmp(texts[0], texts[1], sizes[0]);
    free(texts[0]);
    free(texts[1]);
    return same;
}

Test(encoding_detect, labelled_files_are_read_as_their_label_says)
{
    char path[1024], line[256], file[64], name[32];
    snprintf(path, sizeof path, "%s/encodings/LABELS.tsv", HR_TEST_DATA);
    FILE *labels = fopen(path, "r");
    cr_assert_not_null(labels);
    static uint8_t data[1 << 16];
    unsigned seen = 0;
    cr_assert_not_null(fgets(line, sizeof line, labels));
    while (fgets(line, sizeof line, labels)) {
        cr_assert_eq(sscanf(line, "%63s %31s", file, name), 2);
        snprintf(path, sizeof path, "%s/encodings/%s", HR_TEST_DATA, file);
        FILE *in = fopen(path, "rb");
        cr_assert_not_null(in);
        size_t size = fread(data, 1, sizeof data, in);
        fclose(in);
        if (size < 64) { /* too little to say */
            continue;
        }
        hr_encoding_guess guess = detect((const char *)data, size, true),
                          again = detect((const char *)data, size, true);
        cr_assert(same_text(guess.name, name, data, size), "%s: %s (%s)", file, guess.name, guess.evidence);
        cr_assert_str_eq(guess.evidence, again.evidence);
        seen++;
    }
    fclose(labels);
    cr_assert_geq(seen, 25);
}

Test(encoding_detect, utf8_rows_among_western_ones_are_not_turned_into_nonsense)
{
    hr_encoding_guess guess;
    static const char some[] = "id,name\n1,\xC3\xA9t\xC3\xA9\n2,\xE9t\xE9\n";
    hr_encoding_detect((const uint8_t *)some, sizeof some - 1, true, &guess);
    cr_assert_str_eq(guess.name, "utf-8");
    cr_assert_leq(guess.confidence, 50);
    static const char none[] = "id,name\n1,\xE9t\xE9\n2,fran\xE7"
                               "ais\n3,\xC0 c\xF4t\xE9\n";
    hr_encoding_detect((const uint8_t *)none, sizeof none - 1, true, &guess);
    cr_assert_str_eq(guess.name, "windows-1252");
}
