/* dialect.c: proposes how a CSV text is written, by trying the plausible ways on a sample and keeping the one that
 * explains it best. */
#include "core/csv/dialect_parts.h"

#define SAMPLE_FIRST (64u * 1024u)
#define SAMPLE_MAX HR_DIALECT_SAMPLE_MAX
#define SAMPLE_LINES 100u /* the sample is doubled up to SAMPLE_MAX until it holds that many lines */
#define VALUE_MIN 0.12    /* below this nothing is a table */

static const uint8_t delimiters[] = {',', ';', '\t', '|', 0x1F, 0x01, '^', '~', ':', ' '};

/* ---- the sample ---------------------------------------------------------------------------------------------- */

static size_t skip_lines(const uint8_t *text, size_t size, int64_t lines)
{
    size_t at = 0;
    while (lines > 0 && at < size) {
        if (text[at] == '\r' && at + 1 < size && text[at + 1] == '\n') {
            at++;
        }
        lines -= text[at] == '\n' || text[at] == '\r';
        at++;
    }
    return at;
}

/* Enough of the text to judge by, and no more. */
static size_t sample_size(const uint8_t *text, size_t size)
{
    size_t room = SAMPLE_FIRST;
    while (room < size && room < SAMPLE_MAX && skip_lines(text, room, SAMPLE_LINES) == room) {
        room *= 2;
    }
    return room < size ? room : size;
}

/* How often `quote` stands where a quoted field could begin. */
static size_t opening_quotes(const uint8_t *text, size_t size, uint8_t quote)
{
    size_t count = 0;
    for (const uint8_t *at = text, *end = text + size; (at = memchr(at, quote, (size_t)(end - at))) != NULL; at++) {
        uint8_t before = at == text ? (uint8_t)'\n' : at[-1];
        count += before == '\n' || before == '\r' || memchr(delimiters, before, sizeof delimiters) != NULL;
    }
    return count;
}

static bool has_pair(const uint8_t *text, size_t size, uint8_t a, uint8_t b)
{
    for (const uint8_t *at = text, *end = text + size; (at = memchr(at, a, (size_t)(end - at))) != NULL; at++) {
        if (at + 1 < end && at[1] == b) {
            return true;
        }
    }
    return false;
}

/* ---- candidates ------------------------------------------------------------------------------------------------ */

/* How many of the delimiters stand between two digits: times, not values. */
static double between_digits(const hr_trial *trial)
{
    size_t all = 0, digits = 0;
    for (size_t i = 1; i + 1 < trial->size; i++) {
        if (trial->text[i] == (uint8_t)trial->syntax.delimiter) {
            all++;
            digits += trial->text[i - 1] >= '0' && trial->text[i - 1] <= '9' && trial->text[i + 1] >= '0' &&
                      trial->text[i + 1] <= '9';
        }
    }
    return all ? (double)digits / (double)all : 0;
}

/* Whole lines are numbers, dates, links: then what stands inside them is no delimiter. Decimal commas do not count. */
static bool lines_are_values(const hr_trial *trial, uint8_t delimiter)
{
    size_t all = 0, values = 0;
    for (size_t r = 0; r < trial->count && all < 1000; r++) {
        const uint8_t *data;
        size_t size;
        hr_trial_raw(trial, r, &data, &size);
        if (size) {
            all++;
            values += hr_cell_typed(hr_cell_classify(data, size)) && memchr(data, ',', size) == NULL &&
                      memchr(data, delimiter, size) != NULL;
        }
    }
    return values > 0 && values * 10 >= (all - (all > 1)) * 9;
}

/* ' ' and ':' stand inside values so often that they need proof: quoted fields in every record, or every record fits, a
 * column has a type, and a header tells so (or there are three columns). */
static bool weak_holds(const hr_trial *trial, const hr_dialect_score *score)
{
    char why[240];
    double evidence = 0;
    size_t first = 0;
    while (first < trial->count && hr_trial_blank(trial, first)) {
        first++;
    }
    if (score->width < 2 || score->records < 2 || score->damaged) {
        return false;
    }
    if (score->quoted >= score->fitting && score->fitting * 10 >= score->records * 8) {
        return true;
    }
    bool times = trial->syntax.delimiter == ':' && score->width <= 3 && between_digits(trial) > 0.5;
    if (score->fitting * 20 < score->records * 19 || !score->top || !score->typed || times ||
        lines_are_values(trial, (uint8_t)trial->syntax.delimiter)) {
        return false;
    }
    bool header = hr_dialect_header(trial, first, &evidence, why);
    return (header && evidence > 0.9) || (score->width > 2 && score->typed * 2 >= score->width);
}

/* Prose: one column whose text holds a comma and a space in most lines, below a name that has none. */
static bool looks_like_prose(const hr_trial *trial, const hr_dialect_score *score)
{
    size_t rows = 0, spaced = 0;
    if (score->top || score->typed || trial->syntax.delimiter != ',') {
        return false;
    }
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_width(trial, r) < 2) {
            continue;
        }
        rows++;
        bool all = true;
        for (size_t f = trial->records[r] + 1; f < trial->records[r + 1] && all; f++) {
            const uint8_t *data;
            size_t size;
            hr_trial_field(trial, f, &data, &size);
            all = size > 1 && data[0] == ' ';
        }
        spaced += all;
    }
    return rows > 0 && spaced * 10 >= rows * 9;
}

static double prior(int delimiter)
{
    switch (delimiter) {
    case '^':
    case '~': return 0.9;
    case ':': return 0.85;
    case ' ': return 0.75;
    default: return 1.0;
    }
}

/* Another quote than " must enclose most of the fields of some column, and never be damaged. */
static bool quote_holds(const hr_trial *trial, const hr_dialect_score *score)
{
    if (trial->syntax.quote == '"' || trial->syntax.quote < 0) {
        return true;
    }
    size_t opened = 0, enclosed = 0;
    for (size_t f = 0; f < trial->fields; f++) {
        const uint8_t *data;
        size_t size;
        bool in_quotes = hr_trial_value(trial, f, &data, &size);
        enclosed += in_quotes;
        opened += in_quotes || (size && data[0] == (uint8_t)trial->syntax.quote);
    }
    return score->damaged == 0 && score->quoted * 2 >= score->fitting && enclosed >= 2 &&
           opened <= enclosed + enclosed / 50;
}

/* Judges one syntax, keeps it when it is the best so far, and returns its score. */
static hr_dialect_score consider(hr_dialect_detection *d, const hr_csv_syntax *syntax)
{
    hr_dialect_candidate now = {.syntax = *syntax};
    hr_trial_run(&d->trial, d->text, d->size, d->whole, syntax);
    hr_dialect_rate(&d->trial, &now.score);
    bool pinned = d->hints->delimiter != HR_DIALECT_AUTO;
    now.score.value *= prior(syntax->delimiter);
    if (d->hints->quote == HR_DIALECT_AUTO && !quote_holds(&d->trial, &now.score)) {
        return now.score;
    }
    if (!pinned) {
        bool weak = syntax->delimiter == ':' || syntax->delimiter == ' ';
        if (now.score.width < 2 || (weak && !weak_holds(&d->trial, &now.score)) ||
            looks_like_prose(&d->trial, &now.score)) {
            return now.score;
        }
    }
    if (syntax->quote != '"' || syntax->escape >= 0) {
        now.score.value *= 0.99; /* the usual way wins a tie */
    }
    if (now.score.value > d->best.score.value) {
        if (d->best.syntax.delimiter != syntax->delimiter) {
            d->second = d->best;
        }
        d->best = now;
    } else if (now.score.value > d->second.score.value && syntax->delimiter != d->best.syntax.delimiter) {
        d->second = now;
    }
    return now.score;
}

/* The same with backslash escapes, where there is one before a quote. */
static void consider_escape(hr_dialect_detection *d, hr_csv_syntax syntax)
{
    if (d->hints->escape == HR_DIALECT_AUTO && syntax.quote >= 0 &&
        has_pair(d->text, d->size, '\\', (uint8_t)syntax.quote)) {
        syntax.escape = '\\';
        consider(d, &syntax);
    }
}

/* What is pinned, and what is usual for the rest. A byte has one meaning: what the delimiter is, the quote is not. */
static hr_csv_syntax usual_syntax(const hr_dialect_hints *hints, int delimiter)
{
    hr_csv_syntax syntax = {.delimiter = delimiter, .quote = '"', .escape = HR_SYNTAX_NONE, .comment = HR_SYNTAX_NONE};
    if (hints->quote != HR_DIALECT_AUTO) {
        syntax.quote = hints->quote;
    } else if (delimiter == '"') {
        syntax.quote = HR_SYNTAX_NONE;
    }
    if (hints->escape != HR_DIALECT_AUTO) {
        syntax.escape = hints->escape;
    }
    if (hints->comment != HR_DIALECT_AUTO) {
        syntax.comment = hints->comment;
    }
    return syntax;
}

static bool is_pinned_otherwise(const hr_dialect_hints *hints, int byte)
{
    return byte == hints->quote || byte == hints->escape || byte == hints->comment;
}

/* All plausible quotes and escapes with one delimiter. */
static void consider_delimiter(hr_dialect_detection *d, int delimiter)
{
    const hr_dialect_hints *hints = d->hints;
    hr_csv_syntax syntax = usual_syntax(hints, delimiter);
    static const uint8_t others[] = {'\'', '`'};
    hr_dialect_score usual = consider(d, &syntax);
    consider_escape(d, syntax);
    if (hints->quote != HR_DIALECT_AUTO) {
        return;
    }
    for (size_t i = 0; i < sizeof others; i++) {
        if (others[i] != delimiter && opening_quotes(d->text, d->size, others[i]) >= 2) {
            syntax.quote = others[i];
            consider(d, &syntax);
            consider_escape(d, syntax);
        }
    }
    /* Quotes that are only data: they break a large part of many records, and next to none encloses a field. Less than
     * that is damage, which is rejected and listed; taking it for data would load it unsaid. */
    if (usual.damaged >= 20 && usual.damaged >= usual.records / 10 && usual.damaged >= usual.quoted * 20) {
        syntax.quote = HR_SYNTAX_NONE;
        consider(d, &syntax);
    }
}

static void try_fallback(hr_dialect_detection *d)
{
    memset(&d->best, 0, sizeof d->best);
    d->best.syntax = usual_syntax(d->hints, d->hints->delimiter);
    consider_delimiter(d, d->hints->delimiter);
}

static bool one_column(hr_dialect_detection *d)
{
    hr_trial_run(&d->trial, d->text, d->size, d->whole, &d->best.syntax);
    return d->trial.fields == d->trial.count;
}

/* Where no delimiter makes a table there is one column: ',' when nothing is divided by it, else (lines of prose that
 * nobody quoted) a byte that the text does not have. */
static void choose_syntax(hr_dialect_detection *d)
{
    if (d->hints->delimiter != HR_DIALECT_AUTO) {
        consider_delimiter(d, d->hints->delimiter);
    } else {
        for (size_t i = 0; i < sizeof delimiters; i++) {
            if (d->size && memchr(d->text, delimiters[i], d->size) && !is_pinned_otherwise(d->hints, delimiters[i])) {
                consider_delimiter(d, delimiters[i]);
            }
        }
    }
    if (d->best.score.value >= VALUE_MIN) {
        return;
    }
    hr_dialect_hints fallback = *d->hints;
    const hr_dialect_hints *hints = d->hints;
    d->single = hints->delimiter == HR_DIALECT_AUTO;
    fallback.delimiter = !d->single ? hints->delimiter : is_pinned_otherwise(hints, ',') ? '\t' : ',';
    d->hints = &fallback;
    try_fallback(d);
    if (d->single && !d->best.score.quoted && !one_column(d)) {
        bool tab = !memchr(d->text, '\t', d->size) && !is_pinned_otherwise(hints, '\t');
        fallback.delimiter = tab ? '\t' : 0x1F;
        try_fallback(d);
    }
    d->hints = hints;
}

/* ---- the rest of the answer ---------------------------------------------------------------------------------------
 */

/* '#' when such records stand between the others, none of them fits the table, and the others do. */
static int find_comment(const hr_trial *trial, const hr_dialect_score *score, size_t first)
{
    size_t unfit = 0, fit = 0, above = 0;
    for (size_t r = 0; r < trial->count; r++) {
        if (hr_trial_hash(trial, r)) {
            bool fits = hr_trial_width(trial, r) == score->width;
            fit += fits && r != first;
            unfit += !fits && r > first;
            above += !fits && r < first;
        }
    }
    bool found = score->width >= 2 && !fit && (unfit || above > 20) && score->fitting >= 2 &&
                 score->fitting * 10 >= score->records * 8;
    return found && !hr_trial_hash_rows(trial, score->width) ? '#' : HR_NO_BYTE;
}

/* A record that is longer than the sample looks like lines of prose. Where no table was found, and a quote is open at
 * the end of the sample, what stands before that record decides: a header, or some rows. */
static void try_before_open_record(hr_dialect_detection *d)
{
    const hr_dialect_detection before = *d;
    for (size_t i = 0; i < sizeof delimiters; i++) {
        if (is_pinned_otherwise(d->hints, delimiters[i])) {
            continue;
        }
        hr_csv_syntax syntax = usual_syntax(d->hints, delimiters[i]);
        size_t open = hr_trial_open_record(&d->trial, d->text, before.size, &syntax);
        if (open == 0 || open == SIZE_MAX || !memchr(d->text, delimiters[i], open)) {
            continue;
        }
        hr_trial trial = d->trial;
        *d = (hr_dialect_detection){
            .hints = before.hints, .text = before.text, .size = open, .whole = true, .trial = trial};
        choose_syntax(d);
        if (!d->single) {
            return;
        }
        trial = d->trial;
        *d = before;
        d->trial = trial;
    }
}

hr_status hr_dialect_detect(const uint8_t *text, size_t size, bool whole, const hr_dialect_hints *hints,
                            hr_dialect_guess *out, hr_error *err)
{
    static const hr_dialect_hints automatic = {HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO,
                                               HR_DIALECT_AUTO, HR_DIALECT_AUTO, HR_DIALECT_AUTO};
    hr_dialect_detection d = {.hints = hints ? hints : &automatic};
    hr_dialect_guess guess = {0};
    hr_dialect_top top;
    size_t skipped = d.hints->preamble > 0 ? skip_lines(text, size, d.hints->preamble) : 0;
    d.text = size ? text + skipped : (const uint8_t *)"";
    d.size = sample_size(d.text, size - skipped);
    d.whole = whole && d.size == size - skipped;
    hr_status status = hr_trial_new(d.size, &d.trial, err);
    if (status != HR_OK) {
        return status;
    }
    choose_syntax(&d);
    if (d.single && !d.whole) {
        try_before_open_record(&d);
    }
    hr_trial_run(&d.trial, d.text, d.size, d.whole, &d.best.syntax);
    hr_dialect_find_top(&d.trial, &d.best.score, d.hints, &top);
    guess.dialect =
        (hr_dialect){d.best.syntax.delimiter, d.best.syntax.quote, d.best.syntax.escape, d.best.syntax.comment};
    if (d.hints->comment == HR_DIALECT_AUTO) {
        guess.dialect.comment = find_comment(&d.trial, &d.best.score, top.first);
    }
    guess.header = top.header;
    guess.preamble = d.hints->preamble >= 0 ? (uint64_t)d.hints->preamble : top.lines;
    guess.columns = top.header && d.trial.count ? hr_trial_width(&d.trial, top.first) : d.best.score.width;
    guess.confidence = hr_dialect_confidence(&d, &top);
    hr_dialect_find_newline(&d.trial, guess.newline);
    hr_dialect_write_evidence(&d, &top, &guess);
    hr_trial_free(&d.trial);
    *out = guess;
    return HR_OK;
}
