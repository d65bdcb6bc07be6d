/* interrupt.c: whom an interrupt reaches. The first one asks for a checkpoint, and ends the waits for what is read and
 * for a destination that is not open yet; with the second there will be none, and all waits for the destination end. */
#include "core/job/run.h"

/* An interrupt may come at any moment, also from a signal handler in this thread: whoever finds the flag taken leaves
 * it to the holder, who looks at `interrupted` after giving it back. */
static void lock(hr_run *run)
{
    while (atomic_flag_test_and_set(&run->reading_lock))
        ;
}

static void reach(const hr_run *run, unsigned times)
{
    hr_reader *reader = atomic_load(&run->reading);
    if (reader)
        hr_reader_interrupt(reader);
    if (run->pulling)
        run->pulling->interrupt(run->pulling_state);
    for (const hr_landing *at = run->landing; at; at = at->next)
        if (times > 1 || at->opening)
            at->type->interrupt(at->state);
}

/* What came while the flag was taken is told now. */
static void unlock(hr_run *run, unsigned before)
{
    for (;;) {
        atomic_flag_clear(&run->reading_lock);
        unsigned times = atomic_load(&run->interrupted);
        if (times == before || atomic_flag_test_and_set(&run->reading_lock))
            return;
        reach(run, times);
        before = times;
    }
}

void hr_run_interrupt(hr_run *run)
{
    atomic_fetch_add(&run->interrupted, 1);
    if (!atomic_flag_test_and_set(&run->reading_lock))
        unlock(run, 0);
}

void hr_run_reading(hr_run *run, hr_reader *reader)
{
    unsigned known = atomic_load(&run->interrupted);
    lock(run);
    atomic_store(&run->reading, reader);
    unlock(run, reader ? 0 : known);
}

void hr_run_pulling(hr_run *run, const hr_source_type *type, void *state)
{
    unsigned known = atomic_load(&run->interrupted);
    lock(run);
    run->pulling = type;
    run->pulling_state = state;
    unlock(run, type ? 0 : known);
}

/* What is opened in spite of a first interrupt is needed for the checkpoint that it asks for. */
void hr_run_landing(hr_run *run, hr_landing *landing)
{
    unsigned known = atomic_load(&run->interrupted);
    lock(run);
    landing->next = run->landing;
    run->landing = landing;
    unlock(run, known > 1 ? 0 : known);
}

void hr_run_landing_opened(hr_run *run, hr_landing *landing)
{
    unsigned known = atomic_load(&run->interrupted);
    lock(run);
    landing->opening = false;
    unlock(run, known);
}

void hr_run_landed(hr_run *run, hr_landing *landing)
{
    unsigned known = atomic_load(&run->interrupted);
    lock(run);
    for (hr_landing **at = &run->landing; *at; at = &(*at)->next)
        if (*at == landing) {
            *at = landing->next;
            break;
        }
    unlock(run, known);
}
