/* ledger_sqlite_lease.c: leases of feeds: who may commit, and the generation that fences those who may no longer. */
#include "core/ledger/ledger_sqlite.h"

#include <inttypes.h>

typedef struct lease_row {
    bool exists, held;
    uint64_t generation, expires_ns, taken_ns;
    char holder[37];
    hr_holder process;
} lease_row;

static hr_status lease_get(hr_sqlite *ledger, const char *feed, lease_row *out, hr_error *err)
{
    memset(out, 0, sizeof *out);
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_LEASE_GET);
    hr_sqlite_bind_text(&call, feed);
    if (hr_sqlite_step(&call) == SQLITE_ROW) {
        out->exists = true;
        out->generation = hr_sqlite_count(&call, 0);
        out->held = hr_sqlite_text(&call, 1) != NULL;
        hr_sqlite_text_room(&call, 1, out->holder, sizeof out->holder);
        hr_sqlite_text_room(&call, 2, out->process.host, sizeof out->process.host);
        hr_sqlite_text_room(&call, 3, out->process.boot, sizeof out->process.boot);
        hr_sqlite_text_room(&call, 4, out->process.space, sizeof out->process.space);
        out->process.pid = hr_sqlite_int(&call, 5);
        out->process.started = hr_sqlite_count(&call, 6);
        out->expires_ns = hr_sqlite_count(&call, 7);
        out->taken_ns = hr_sqlite_count(&call, 8);
    }
    return hr_sqlite_run(&call, err, "reading the lease of feed", feed);
}

static hr_status lease_put(hr_sqlite *ledger, const char *feed, uint64_t generation, int64_t expires_ns,
                           int64_t taken_ns, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_LEASE_PUT);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_count(&call, generation);
    hr_sqlite_bind_text(&call, ledger->holder);
    hr_sqlite_bind_text(&call, ledger->self.host);
    hr_sqlite_bind_text(&call, ledger->self.boot);
    hr_sqlite_bind_text(&call, ledger->self.space);
    hr_sqlite_bind_int(&call, ledger->self.pid);
    hr_sqlite_bind_count(&call, ledger->self.started);
    hr_sqlite_bind_int(&call, expires_ns);
    hr_sqlite_bind_int(&call, taken_ns);
    return hr_sqlite_run(&call, err, "taking the lease of feed", feed);
}

/* The end of a lease; far in the future rather than over the edge of the type. */
static int64_t expiry(int64_t now, int64_t ttl_ns)
{
    int64_t end;
    return __builtin_add_overflow(now, ttl_ns > 0 ? ttl_ns : 0, &end) ? INT64_MAX : end;
}

static hr_status lease_locked(hr_sqlite *ledger, const char *feed, int64_t ttl_ns, uint64_t *generation, hr_error *err)
{
    lease_row row;
    hr_status status = lease_get(ledger, feed, &row, err);
    if (status != HR_OK)
        return status;
    int64_t now = hr_clock_wall_ns();
    bool ours = strcmp(row.holder, ledger->holder) == 0;
    bool free = !row.held || ours || row.expires_ns <= (uint64_t)now || hr_holder_gone(&row.process, &ledger->self);
    if (!free) {
        char until[32];
        hr_time_text((int64_t)row.expires_ns, until);
        hr_fail(err, HR_E_BUSY,
                "taking the lease of feed '%s': process %" PRId64 " on host %s holds it until %s unless it "
                "renews; wait for it, or stop it",
                feed, row.process.pid, row.process.host, until);
        if (err)
            err->retryable = true;
        hr_error_origin(err, ledger->path);
        return HR_E_BUSY;
    }
    *generation = row.exists ? row.generation + 1 : 1;
    ledger->abandoned_ns = row.held && !ours ? (int64_t)row.taken_ns : 0;
    return lease_put(ledger, feed, *generation, expiry(now, ttl_ns), ledger->abandoned_ns ? ledger->abandoned_ns : now,
                     err);
}

hr_status hr_sqlite_lease(void *state, const char *feed, int64_t ttl_ns, uint64_t *generation, hr_error *err)
{
    hr_sqlite *ledger = state;
    uint64_t taken = 0;
    char *leased = hr_strdup(feed);
    if (!leased)
        return hr_fail_memory(err, "taking the lease of a feed");
    hr_status status = hr_sqlite_begin(ledger, err, "taking the lease of feed", feed);
    if (status != HR_OK) {
        hr_free(leased);
        return status;
    }
    status = lease_locked(ledger, feed, ttl_ns, &taken, err);
    status = hr_sqlite_end(ledger, status, err, "taking the lease of feed", feed);
    if (status != HR_OK) {
        hr_free(leased);
        return status;
    }
    hr_free(ledger->leased);
    ledger->leased = leased;
    ledger->leased_generation = taken;
    ledger->leases++;
    *generation = taken;
    return HR_OK;
}

static hr_status fenced(hr_sqlite *ledger, const char *feed, uint64_t generation, hr_error *err)
{
    hr_fail(err, HR_E_FENCED,
            "using lease %" PRIu64 " of feed '%s': it was given back or taken over by another process, which "
            "goes on with this feed; nothing more is committed here",
            generation, feed);
    hr_error_origin(err, ledger->path);
    return HR_E_FENCED;
}

hr_status hr_sqlite_check_lease(hr_sqlite *ledger, const char *feed, uint64_t generation, hr_error *err)
{
    hr_sqlite_call call = hr_sqlite_open_call(ledger, HR_SQL_LEASE_CHECK);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_count(&call, generation);
    bool found = hr_sqlite_step(&call) == SQLITE_ROW;
    hr_status status = hr_sqlite_run(&call, err, "checking the lease of feed", feed);
    return status == HR_OK && !found ? fenced(ledger, feed, generation, err) : status;
}

hr_status hr_sqlite_check_own(hr_sqlite *ledger, const char *feed, hr_error *err)
{
    bool own = ledger->leased && feed && !strcmp(ledger->leased, feed);
    return own ? hr_sqlite_check_lease(ledger, feed, ledger->leased_generation, err) : HR_OK;
}

/* One UPDATE of our lease, which must be there. */
static hr_status lease_update(hr_sqlite *ledger, hr_sql which, const char *feed, uint64_t generation,
                              int64_t expires_ns, const char *doing, hr_error *err)
{
    hr_status status = hr_sqlite_begin(ledger, err, doing, feed);
    if (status != HR_OK)
        return status;
    hr_sqlite_call call = hr_sqlite_open_call(ledger, which);
    hr_sqlite_bind_text(&call, feed);
    hr_sqlite_bind_count(&call, generation);
    if (which == HR_SQL_LEASE_RENEW)
        hr_sqlite_bind_int(&call, expires_ns);
    status = hr_sqlite_run(&call, err, doing, feed);
    if (status == HR_OK && sqlite3_changes(ledger->db) == 0)
        status = fenced(ledger, feed, generation, err);
    return hr_sqlite_end(ledger, status, err, doing, feed);
}

hr_status hr_sqlite_renew(void *state, const char *feed, uint64_t generation, int64_t ttl_ns, hr_error *err)
{
    return lease_update(state, HR_SQL_LEASE_RENEW, feed, generation, expiry(hr_clock_wall_ns(), ttl_ns),
                        "renewing the lease of feed", err);
}

hr_status hr_sqlite_unlease(void *state, const char *feed, uint64_t generation, hr_error *err)
{
    hr_sqlite *ledger = state;
    hr_status status =
        lease_update(ledger, HR_SQL_LEASE_FREE, feed, generation, 0, "giving back the lease of feed", err);
    if (status == HR_OK && ledger->leases > 0)
        ledger->leases--;
    if (status == HR_OK && ledger->leased && !strcmp(ledger->leased, feed)) {
        hr_free(ledger->leased);
        ledger->leased = NULL;
    }
    return status;
}

int64_t hr_sqlite_abandoned(void *state)
{
    return ((const hr_sqlite *)state)->abandoned_ns;
}
