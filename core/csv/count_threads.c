/* count_threads.c: counting records by several threads, each of which reads blocks of the file by itself.
 *
 * Blocks meet behind the first LF at or behind a multiple of their size. There the lexer can be in one of two states
 * only, without an escape byte: at the start of a record, or between quotes. A thread guesses which, from the quotes it
 * sees, and counts on that; blocks are put together in their order, and one counts only when the block before it ended
 * in the state in which it began, else it is counted again. Where the answer is not certain (damage, a record that may
 * be longer than the limit, text in an encoding that is not known yet), the serial reader goes on from the start of the
 * record at hand. So the guess decides about the time alone, never about the count. Of NDJSON every LF ends a record,
 * and nothing is guessed. */
#include <pthread.h>
#include <signal.h>

#include "core/json/tally.h"
#include "core/reader/reader_state.h"

#define BLOCK_SIZE ((size_t)512 << 10)
/* Blocks begin with a page of the file, and go to the beginning of a page: the system copies much faster so. */
#define PAGE ((size_t)4096)
/* Where the LF behind a block is looked for: mostly the line ends soon. */
#define LOOK_FIRST ((size_t)4 << 10)
#define LOOK_MOST ((size_t)64 << 10)
/* With less than as many blocks ahead threads do not pay. */
#define BLOCKS_LEAST 8u
/* Quotes looked at for a guess, and bytes. */
#define GUESSES 64u
#define GUESS_MOST ((size_t)32 << 10)
/* Blocks that wait to be put together, for each thread: so many that no thread waits for another which the system has
 * put off for a while. */
#define BLOCKS_WAITING 16u

typedef enum block_state { BLOCK_FREE, BLOCK_TAKEN, BLOCK_DONE } block_state;

typedef struct counted {
    block_state state;
    bool usable;
    hr_csv_state from, to; /* RECORD_START or QUOTED */
    uint64_t begin, end;   /* raw offsets */
    hr_csv_tally tally;    /* last_end is relative to `begin` */
    uint64_t rejects;      /* of NDJSON */
} counted;

typedef struct crew {
    const hr_reader *reader;
    const hr_input *input;
    bool ascii;     /* only ASCII can be vouched for */
    bool json;      /* else CSV */
    uint64_t start; /* where the first block begins; the others do at multiples of their size */
    size_t block, count;
    counted *blocks; /* [count], a ring */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    uint64_t taken, given; /* ordinals of the next block to be taken up, and to be put together */
} crew;

/* What a thread has to work with. */
typedef struct hand {
    void *owned;
    uint8_t *room; /* its first page */
    hr_json_scan *scan;
} hand;

/* ---- one block, in any thread ---------------------------------------------------------------------------------- */

static bool is_separator(const hr_csv_syntax *syntax, uint8_t byte)
{
    return byte == '\n' || byte == '\r' || byte == syntax->delimiter;
}

/* Behind an LF: whether the first quotes say that it stands between quotes. Runs of them are taken together: an odd one
 * enters or leaves, and which of these shows where one neighbour alone is a separator. */
static hr_csv_state guess(const hr_csv_syntax *syntax, const uint8_t *data, size_t size)
{
    bool odd = false;
    if (syntax->quote == HR_SYNTAX_NONE)
        return HR_CSV_RECORD_START;
    const uint8_t *p = data, *end = data + (size < GUESS_MOST ? size : GUESS_MOST);
    for (unsigned n = 0; n < GUESSES && (p = memchr(p, syntax->quote, (size_t)(end - p))) != NULL; n++) {
        const uint8_t *first = p;
        while (p < end && *p == syntax->quote)
            p++;
        if (p == end || (p - first) % 2 == 0)
            continue;
        bool before = first == data || is_separator(syntax, first[-1]), behind = is_separator(syntax, *p);
        if (before != behind)
            return odd == behind ? HR_CSV_RECORD_START : HR_CSV_QUOTED;
        odd ^= before; /* without a separator on either side it is data */
    }
    return HR_CSV_RECORD_START;
}

static void count_from(const crew *c, hr_csv_state from, const uint8_t *data, size_t size, counted *out)
{
    out->from = out->to = from;
    hr_csv_count_text(c->reader, data, size, &out->to, &out->tally);
}

/* The bytes of block `ordinal`, from the record's start or the LF before it to the one behind it; false: there is no
 * such LF near. */
static bool read_block(const crew *c, uint64_t ordinal, uint8_t *room, const uint8_t **data, counted *out)
{
    uint64_t first = c->start / c->block, at = ordinal ? (first + ordinal) * c->block : c->start;
    size_t block = (size_t)((first + ordinal + 1) * c->block - at), size = 0, more = 0;
    hr_error unheard; /* the serial reader comes to it in its place */
    if (hr_input_peek(c->input, at, room, block + LOOK_FIRST, &size, &unheard) != HR_OK || size <= block)
        return false;
    const uint8_t *end = memchr(room + block, '\n', size - block);
    if (!end && size == block + LOOK_FIRST &&
        hr_input_peek(c->input, at + size, room + size, LOOK_MOST - LOOK_FIRST, &more, &unheard) == HR_OK)
        end = memchr(room + size, '\n', more);
    if (!end)
        return false;
    *data = ordinal ? (const uint8_t *)memchr(room, '\n', (size_t)(end + 1 - room)) + 1 : room;
    out->begin = at + (uint64_t)(*data - room);
    out->end = at + (uint64_t)(end + 1 - room);
    return true;
}

/* Of whole lines. */
static bool count_lines(hand *h, const uint8_t *data, size_t size, counted *out)
{
    hr_json_tally tally = {0};
    hr_error unheard;
    if (hr_json_tally_lines(h->scan, data, size, &tally, &unheard) != HR_OK)
        return false;
    out->from = out->to = HR_CSV_RECORD_START;
    out->tally = (hr_csv_tally){.rows = tally.lines, .blanks = tally.blanks, .last_end = size, .seen_row = true};
    out->rejects = tally.damaged;
    return true;
}

/* `from`: the state in which it begins, or NULL to guess it. */
static void count_block(const crew *c, uint64_t ordinal, const hr_csv_state *from, hand *h, counted *out)
{
    const uint8_t *data;
    out->rejects = 0;
    out->usable = read_block(c, ordinal, h->room, &data, out);
    if (!out->usable)
        return;
    size_t size = (size_t)(out->end - out->begin);
    if (c->ascii && c->reader->config.kernels->ascii_prefix(data, size) < size) {
        out->usable = false;
        return;
    }
    if (c->json) {
        out->usable = count_lines(h, data, size, out);
        return;
    }
    count_from(c,
               from      ? *from
               : ordinal ? guess(&c->reader->syntax, data, size)
                         : HR_CSV_RECORD_START,
               data, size, out);
    if (!from && out->tally.seen_damage) /* a wrong guess mostly looks so */
        count_from(c, out->from == HR_CSV_QUOTED ? HR_CSV_RECORD_START : HR_CSV_QUOTED, data, size, out);
}

static bool equip(const crew *c, hand *h)
{
    hr_error unheard;
    h->owned = hr_malloc(c->block + LOOK_MOST + PAGE);
    h->room = h->owned ? (uint8_t *)h->owned + (-(uintptr_t)h->owned) % PAGE : NULL;
    return h->room && (!c->json || hr_json_tally_scan(c->reader, &h->scan, &unheard) == HR_OK);
}

static void put_down(hand *h)
{
    hr_json_scan_free(h->scan);
    hr_free(h->owned);
}

/* ---- the crew -------------------------------------------------------------------------------------------------- */

/* Takes up the next block, if there is room for what it gives. Called, and comes back, with the lock held. */
static bool take_block(crew *c, hand *h)
{
    if (c->taken - c->given >= c->count)
        return false;
    uint64_t ordinal = c->taken++;
    counted *b = &c->blocks[ordinal % c->count];
    b->state = BLOCK_TAKEN;
    pthread_mutex_unlock(&c->lock);
    count_block(c, ordinal, NULL, h, b);
    pthread_mutex_lock(&c->lock);
    b->state = BLOCK_DONE;
    pthread_cond_broadcast(&c->changed);
    return true;
}

static void *help(void *argument)
{
    crew *c = argument;
    hand h = {0};
    if (equip(c, &h)) { /* else the others do the work */
        pthread_mutex_lock(&c->lock);
        while (!c->stopping)
            if (!take_block(c, &h))
                pthread_cond_wait(&c->changed, &c->lock);
        pthread_mutex_unlock(&c->lock);
    }
    put_down(&h);
    return NULL;
}

/* What was put together so far. */
typedef struct total {
    uint64_t rows, passed, rejects;
    uint64_t last;   /* raw offset behind the last record that ended */
    uint64_t blocks; /* that counted */
    hr_csv_state state;
} total;

/* False: this block does not count. */
static bool add_block(const crew *c, total *sum, hand *h)
{
    counted again, *b = &c->blocks[c->given % c->count];
    if (b->usable && b->from != sum->state) {
        count_block(c, c->given, &sum->state, h, &again);
        b = &again;
    }
    if (!b->usable || b->tally.seen_damage || b->end - sum->last > c->reader->config.row_limit)
        return false;
    sum->rows += b->tally.rows - b->tally.blanks - b->tally.comments;
    sum->passed += b->tally.blanks + b->tally.comments;
    sum->rejects += b->rejects;
    if (b->tally.seen_row)
        sum->last = b->begin + b->tally.last_end;
    sum->state = b->to;
    sum->blocks++;
    return true;
}

/* In the reader's own thread: puts blocks together in their order, and counts some itself. */
static void lead(crew *c, total *sum, hand *h)
{
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        counted *b = &c->blocks[c->given % c->count];
        if (c->given < c->taken && b->state == BLOCK_DONE) {
            pthread_mutex_unlock(&c->lock);
            bool counts = add_block(c, sum, h) && !atomic_load_explicit(&c->reader->interrupted, memory_order_relaxed);
            pthread_mutex_lock(&c->lock);
            b->state = BLOCK_FREE;
            c->given += counts;
            c->stopping = !counts;
            pthread_cond_broadcast(&c->changed);
        } else if (!take_block(c, h)) {
            pthread_cond_wait(&c->changed, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
}

/* Signals are for the program's own threads. A thread that cannot be had is done without. */
static size_t start_helpers(crew *c, pthread_t *helpers, size_t count)
{
    sigset_t all, before;
    size_t started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < count && pthread_create(&helpers[started], NULL, help, c) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static hr_status run_crew(crew *c, size_t threads, total *sum, hr_error *err)
{
    hand h = {0};
    bool equipped = equip(c, &h);
    pthread_t *helpers = hr_calloc(threads, sizeof *helpers);
    c->count = BLOCKS_WAITING * threads;
    c->blocks = hr_calloc(c->count, sizeof *c->blocks);
    hr_status status = equipped && helpers && c->blocks ? HR_OK : hr_fail_memory(err, "counting in several threads");
    bool lock = status == HR_OK && pthread_mutex_init(&c->lock, NULL) == 0;
    if (lock && pthread_cond_init(&c->changed, NULL) == 0) {
        size_t started = start_helpers(c, helpers, threads - 1);
        lead(c, sum, &h);
        for (size_t i = 0; i < started; i++)
            pthread_join(helpers[i], NULL);
        pthread_cond_destroy(&c->changed);
    }
    if (lock)
        pthread_mutex_destroy(&c->lock);
    put_down(&h);
    hr_free(helpers);
    hr_free(c->blocks);
    return status;
}

/* ---- the reader ------------------------------------------------------------------------------------------------ */

/* The records up to raw offset `to` are counted. */
static hr_status jump(hr_reader *reader, uint64_t to, uint64_t rows, hr_error *err)
{
    hr_status status = hr_input_jump(reader->input, to, err);
    if (status != HR_OK)
        return status;
    hr_chunk_release(reader->chunk);
    reader->chunk = NULL;
    reader->begin = reader->end = 0;
    reader->eof = false;
    reader->text += to - reader->raw;
    reader->raw = to;
    reader->row += rows;
    return HR_OK;
}

/* Whether records begin where the reader stands, and there is enough behind it. */
static bool worth_it(const hr_reader *reader, size_t block, bool *ascii)
{
    uint8_t byte;
    size_t got = 0;
    hr_error unheard;
    bool json = reader->language == &hr_language_ndjson;
    return reader->input && (json || reader->syntax.escape == HR_SYNTAX_NONE) && reader->text >= reader->damaged &&
           !reader->skipping && !reader->record.open && !reader->force_long &&
           hr_input_can_jump(reader->input, ascii) &&
           hr_input_peek(reader->input, reader->raw + BLOCKS_LEAST * block, &byte, 1, &got, &unheard) == HR_OK && got;
}

hr_status hr_csv_count_threads(hr_reader *reader, size_t threads, hr_csv_crew *tries, uint64_t *records,
                               uint64_t *skipped, hr_error *err)
{
    /* hr_reader_block asks for smaller ones. */
    crew c = {.reader = reader, .input = reader->input, .start = reader->raw};
    c.json = reader->language == &hr_language_ndjson;
    c.block = reader->block < HR_CHUNK_SIZE / 2 ? reader->block : BLOCK_SIZE;
    if (!worth_it(reader, c.block, &c.ascii)) {
        tries->text = reader->text + c.block;
        return HR_OK;
    }
    total sum = {.last = c.start, .state = HR_CSV_RECORD_START};
    hr_status status = run_crew(&c, threads, &sum, err);
    uint64_t before = reader->text, behind = before + (sum.blocks + 1) * c.block + LOOK_MOST;
    if (status == HR_OK && sum.last > c.start)
        status = jump(reader, sum.last, sum.rows, err);
    if (status != HR_OK)
        return status;
    *records += sum.rows;
    *skipped += sum.passed;
    reader->counted_rejects += sum.rejects;
    tries->patience = sum.blocks >= BLOCKS_LEAST ? 0 : 2 * tries->patience + 1;
    tries->text = behind + tries->patience * c.block;
    return HR_OK;
}
