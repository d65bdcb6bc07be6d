/* fuzz_kernels.c: every kernel that this CPU can run says what the oracle says, of any bytes, in any dialect, from any
 * state. The first four bytes choose dialect, state and start. */
#include "fuzz/fuzz.h"
#include "tests/kernels/csv_checks.h"
#include "tests/kernels/cuts_checks.h"
#include "tests/kernels/text_checks.h"

static const hr_csv_syntax syntaxes[] = {
    {',', '"', HR_SYNTAX_NONE, HR_SYNTAX_NONE, false},
    {';', '"', HR_SYNTAX_NONE, '#', false},
    {'\t', HR_SYNTAX_NONE, HR_SYNTAX_NONE, HR_SYNTAX_NONE, false},
    {',', '"', '\\', '#', false},
    {',', '\'', '\'', HR_SYNTAX_NONE, false},
    {0xE9, '"', HR_SYNTAX_NONE, 0, false},
};

/* The text as records that are alike: as many fields as the first one has, or as the choice says; some of the places
 * between them. */
static const char *check_records(const hr_kernels *kernels, const csv_case *given, const uint8_t *choice, lexed *exact)
{
    static uint16_t begins[ENTRIES];
    uint32_t at[MOST_COLUMNS];
    csv_case whole = *given;
    whole.state = HR_CSV_RECORD_START;
    whole.from = 0;
    whole.syntax.strays = choice[1] & 64;
    if (!kernels->csv_cuts || whole.size > HR_WINDOW_MAX || whole.syntax.escape != HR_SYNTAX_NONE ||
        whole.syntax.comment != HR_SYNTAX_NONE)
        return NULL;
    lex_exactly(&whole, exact);
    uint32_t columns = exact->index.row_count && choice[1] < 128 ? exact->row_ends[0] : choice[2];
    if (columns < 2 || columns > MOST_COLUMNS)
        return NULL;
    uint64_t seed = choice[3];
    hr_csv_cuts cuts = cuts_of(&seed, columns, at);
    return check_cuts_of(kernels, &whole, &cuts, exact, begins);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lexed results[3]; /* megabytes; made once */
    if (results[0].begins == NULL)
        for (size_t i = 0; i < 3; i++)
            results[i] = lexed_new();
    if (size < 4)
        return 0;
    const uint8_t *choice = data;
    data += 4;
    size -= 4;
    csv_case given = {.syntax = syntaxes[choice[0] % (sizeof syntaxes / sizeof syntaxes[0])],
                      .state = (hr_csv_state)(choice[1] % (HR_CSV_COMMENT + 1)),
                      .data = data,
                      .from = size == 0 ? 0 : (choice[2] | (size_t)choice[3] << 8) % size,
                      .size = size};
    uint16_t codes[128]; /* of a single-byte encoding */
    for (size_t i = 0; i < 128; i++)
        codes[i] = (uint16_t)(i * 131u % 0xD800u * (choice[1] % 3));
    size_t count;
    const hr_kernels *const *all = hr_kernels_all(&count);
    const hr_kernels *oracle = hr_kernels_get("scalar");
    for (size_t i = 0; i < count; i++) {
        if (!hr_kernels_usable(all[i]))
            continue;
        const char *text = check_window(all[i], &given, results);
        if (text == NULL)
            text = check_records(all[i], &given, choice, &results[0]);
        if (text == NULL)
            text = check_utf8_text(all[i], data, size);
        if (text != NULL)
            fprintf(stderr, "%s\n", text);
        if (text == NULL)
            text = check_decoding(all[i], codes, data, size, (size_t)choice[2] * 16);
        PROMISE(text == NULL);
        PROMISE(all[i]->ascii_prefix(data, size) == oracle->ascii_prefix(data, size));
        PROMISE(all[i]->newlines(data, size) == oracle->newlines(data, size));
        PROMISE(all[i]->find4(data, size, '"', '\\', 0xFF, 0) == oracle->find4(data, size, '"', '\\', 0xFF, 0));
    }
    return 0;
}
