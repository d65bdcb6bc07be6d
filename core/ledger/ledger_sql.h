/* ledger_sql.h: all SQL of the SQLite ledger: the schema, version by version, and every statement. */
#ifndef HR_CORE_LEDGER_LEDGER_SQL_H
#define HR_CORE_LEDGER_LEDGER_SQL_H

/* "HRLG" in the file's header (PRAGMA application_id) says that a database is a ledger. */
#define HR_SQL_APPLICATION 1213353031

/* hr_sql_schema[v] brings version v to v + 1; what was released is never edited, only added to. Times are nanoseconds
 * since 1970 UTC; a count that is not known is NULL; positions and receipts are bytes, printable by convention. Long
 * columns stand last, so that reading the others does not walk over them. */
static const char *const hr_sql_schema[] = {
    "CREATE TABLE job ("
    "  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, feed TEXT NOT NULL, status TEXT NOT NULL,"
    "  source_type TEXT, source TEXT, destination TEXT,"
    "  total INTEGER, read INTEGER NOT NULL, loaded INTEGER NOT NULL, duplicate INTEGER NOT NULL,"
    "  rejected INTEGER NOT NULL, skipped INTEGER NOT NULL, position BLOB NOT NULL,"
    "  created_ns INTEGER NOT NULL, started_ns INTEGER, finished_ns INTEGER, attempts INTEGER NOT NULL,"
    "  error TEXT, metadata TEXT, options TEXT, facts TEXT) STRICT;"
    "CREATE INDEX job_feed ON job (feed);"
    "CREATE TABLE reject ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job (number),"
    "  retried INTEGER NOT NULL, kind INTEGER NOT NULL, \"row\" INTEGER, line INTEGER, offset INTEGER, at INTEGER,"
    "  \"column\" INTEGER, message TEXT, raw BLOB NOT NULL) STRICT;"
    "CREATE INDEX reject_job ON reject (job);"
    "CREATE TABLE file ("
    "  id INTEGER PRIMARY KEY, feed TEXT NOT NULL, uri TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,"
    "  size INTEGER, modified_ns INTEGER NOT NULL, version TEXT NOT NULL, sha256 TEXT NOT NULL,"
    "  job TEXT REFERENCES job (id), seen_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,"
    "  UNIQUE (feed, uri, number)) STRICT;"
    "CREATE INDEX file_content ON file (feed, sha256) WHERE sha256 <> '';"
    "CREATE TABLE receipt ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job (number),"
    "  prepared_ns INTEGER NOT NULL, published_ns INTEGER, receipt BLOB NOT NULL) STRICT;"
    "CREATE INDEX receipt_job ON receipt (job);"
    "CREATE INDEX receipt_pending ON receipt (id) WHERE published_ns IS NULL;"
    "CREATE TABLE keylog (feed TEXT PRIMARY KEY, length INTEGER NOT NULL, shape TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER NOT NULL, feed TEXT NOT NULL, job TEXT,"
    "  kind TEXT NOT NULL, delivered_ns INTEGER, detail TEXT) STRICT;"
    "CREATE INDEX event_feed ON event (feed);"
    "CREATE INDEX event_due ON event (id) WHERE delivered_ns IS NULL;"
    /* A feed's row stays when nobody holds it: its generation must never be given twice. holder: NULL when free. */
    "CREATE TABLE lease ("
    "  feed TEXT PRIMARY KEY, generation INTEGER NOT NULL, holder TEXT, host TEXT NOT NULL, boot TEXT NOT NULL,"
    "  space TEXT NOT NULL, pid INTEGER NOT NULL, started INTEGER NOT NULL, expires_ns INTEGER NOT NULL)"
    "  STRICT, WITHOUT ROWID;",
    /* An intent is a whole commit that waits for what the destination's transaction comes to. */
    "ALTER TABLE receipt ADD COLUMN intent BLOB;"
    "CREATE TABLE part ("
    "  feed TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, position TEXT NOT NULL, job TEXT NOT NULL,"
    "  changed_ns INTEGER NOT NULL, PRIMARY KEY (feed, source, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO setting (name, value) VALUES ('id', lower(hex(randomblob(16))));",
    /* Since when the lease is held, or was by the first of those who did not give it back. 0: not known. */
    "ALTER TABLE lease ADD COLUMN taken_ns INTEGER NOT NULL DEFAULT 0;",
    /* The column to blame by its name, and what stands in it; value_cut: only its beginning. */
    "ALTER TABLE reject ADD COLUMN column_name TEXT;"
    "ALTER TABLE reject ADD COLUMN value BLOB;"
    "ALTER TABLE reject ADD COLUMN value_cut INTEGER NOT NULL DEFAULT 0;",
    /* How many records were there behind the position when it was committed; NULL: nobody knew. */
    "ALTER TABLE part ADD COLUMN lag INTEGER;",
};

#define HR_SQL_JOB_COLUMNS                                                                                    \
    "id, status, feed, source_type, source, destination, total, read, loaded, duplicate, rejected, skipped, " \
    "position, created_ns, started_ns, finished_ns, error, metadata, options, attempts, facts"
#define HR_SQL_FILE_COLUMNS "id, feed, uri, size, modified_ns, version, sha256, number, state, job, seen_ns, changed_ns"
#define HR_SQL_RECEIPT_COLUMNS "r.id, j.id, r.published_ns, r.intent IS NOT NULL, r.receipt"
#define HR_SQL_REJECT_COLUMNS                                                                      \
    "r.id, r.retried, r.kind, r.\"row\", r.line, r.offset, r.at, r.\"column\", r.message, r.raw, " \
    "r.column_name, r.value, r.value_cut"

#define HR_SQL_STATEMENTS(X)                                                                                           \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(ROLLBACK, "ROLLBACK")                                                                                            \
    X(LEASE_GET, "SELECT generation, holder, host, boot, space, pid, started, expires_ns, taken_ns FROM lease"         \
                 " WHERE feed = ?1")                                                                                   \
    X(LEASE_PUT, "INSERT INTO lease (feed, generation, holder, host, boot, space, pid, started, expires_ns, taken_ns)" \
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (feed) DO UPDATE SET"                  \
                 " generation = ?2, holder = ?3, host = ?4, boot = ?5, space = ?6, pid = ?7, started = ?8,"            \
                 " expires_ns = ?9, taken_ns = ?10")                                                                   \
    X(LEASE_CHECK, "SELECT 1 FROM lease WHERE feed = ?1 AND generation = ?2 AND holder IS NOT NULL")                   \
    X(LEASE_RENEW, "UPDATE lease SET expires_ns = ?3 WHERE feed = ?1 AND generation = ?2 AND holder IS NOT NULL")      \
    X(LEASE_FREE, "UPDATE lease SET holder = NULL WHERE feed = ?1 AND generation = ?2 AND holder IS NOT NULL")         \
    X(LEASE_FREE_ALL, "UPDATE lease SET holder = NULL WHERE holder = ?1")                                              \
    X(JOB_INSERT,                                                                                                      \
      "INSERT INTO job (" HR_SQL_JOB_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"            \
      " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)")                                                                 \
    X(JOB_BY_ID, "SELECT " HR_SQL_JOB_COLUMNS " FROM job WHERE id = ?1")                                               \
    X(JOB_BY_PREFIX, "SELECT " HR_SQL_JOB_COLUMNS " FROM job WHERE id >= ?1 AND id < ?2 LIMIT 2")                      \
    X(JOBS, "SELECT " HR_SQL_JOB_COLUMNS " FROM job ORDER BY number DESC LIMIT ?1")                                    \
    X(JOBS_OF_FEED, "SELECT " HR_SQL_JOB_COLUMNS " FROM job WHERE feed = ?2 ORDER BY number DESC LIMIT ?1")            \
    X(JOB_MOVED, "UPDATE job SET destination = ?3 WHERE id = ?1 AND feed = ?2")                                        \
    X(JOB_BEGIN, "UPDATE job SET status = ?3, attempts = attempts + 1, error = NULL, finished_ns = NULL,"              \
                 " started_ns = coalesce(started_ns, ?4) WHERE id = ?1 AND feed = ?2")                                 \
    X(JOB_POSITION, "SELECT number, feed, position FROM job WHERE id = ?1")                                            \
    X(JOB_COMMIT, "UPDATE job SET position = ?2, read = ?3, loaded = ?4, duplicate = ?5, rejected = ?6, skipped = ?7," \
                  " status = ?8, error = ?9, metadata = coalesce(?10, metadata),"                                      \
                  " finished_ns = coalesce(?11, finished_ns), facts = coalesce(?12, facts) WHERE number = ?1")         \
    X(REJECT_INSERT, "INSERT INTO reject (job, retried, kind, \"row\", line, offset, at, \"column\", message, raw,"    \
                     " column_name, value, value_cut) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")  \
    X(REJECT_SETTLE, "UPDATE reject SET retried = 1 WHERE job = ?1 AND retried = 0")                                   \
    X(REJECTS, "SELECT " HR_SQL_REJECT_COLUMNS " FROM reject r WHERE r.job = (SELECT number FROM job WHERE id = ?1)"   \
               " AND (?2 < 0 OR r.retried = ?2) ORDER BY r.id")                                                        \
    X(RECEIPT_INSERT, "INSERT INTO receipt (job, prepared_ns, receipt, intent) VALUES (?1, ?2, ?3, ?4)")               \
    X(RECEIPT_PUBLISHED, "UPDATE receipt SET published_ns = coalesce(published_ns, ?2), intent = NULL WHERE id = ?1")  \
    X(RECEIPT_INTENT, "SELECT intent FROM receipt WHERE id = ?1 AND published_ns IS NULL")                             \
    X(RECEIPT_WITHDRAW, "DELETE FROM receipt WHERE id = ?1 AND published_ns IS NULL AND intent IS NOT NULL")           \
    X(PART_GET, "SELECT position FROM part WHERE feed = ?1 AND source = ?2 AND name = ?3")                             \
    X(PART_ADD, "INSERT INTO part (feed, source, name, position, job, changed_ns, lag)"                                \
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING")                                         \
    X(PART_MOVE, "UPDATE part SET position = ?4, job = ?5, changed_ns = ?6, lag = ?7 WHERE feed = ?1 AND source = ?2"  \
                 " AND name = ?3 AND position = ?8")                                                                   \
    X(PARTS, "SELECT feed, source, name, position, job, changed_ns, lag FROM part WHERE ?1 IS NULL OR feed = ?1"       \
             " ORDER BY feed, source, name")                                                                           \
    X(SETTING, "SELECT value FROM setting WHERE name = ?1")                                                            \
    X(RECEIPTS_OF_JOB, "SELECT " HR_SQL_RECEIPT_COLUMNS " FROM job j CROSS JOIN receipt r ON r.job = j.number"         \
                       " WHERE j.id = ?1 AND (?2 IS NULL OR j.feed = ?2) AND (?3 = 0 OR r.published_ns IS NULL)"       \
                       " ORDER BY r.id")                                                                               \
    X(RECEIPTS_PENDING, "SELECT " HR_SQL_RECEIPT_COLUMNS " FROM receipt r CROSS JOIN job j ON j.number = r.job"        \
                        " WHERE r.published_ns IS NULL AND (?1 IS NULL OR j.feed = ?1) ORDER BY r.id")                 \
    X(RECEIPTS, "SELECT " HR_SQL_RECEIPT_COLUMNS " FROM receipt r CROSS JOIN job j ON j.number = r.job"                \
                " WHERE ?1 IS NULL OR j.feed = ?1 ORDER BY r.id")                                                      \
    X(KEYS_GET, "SELECT length, shape FROM keylog WHERE feed = ?1")                                                    \
    X(KEYS_PUT, "INSERT INTO keylog (feed, length, shape) VALUES (?1, coalesce(?2, 0), coalesce(?3, ''))"              \
                " ON CONFLICT (feed) DO UPDATE SET length = coalesce(?2, length), shape = coalesce(?3, shape)")        \
    X(FILE_NEXT, "SELECT coalesce(max(number), 0) + 1 FROM file WHERE feed = ?1 AND uri = ?2")                         \
    X(FILE_INSERT, "INSERT INTO file (" HR_SQL_FILE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"  \
                   " ?12)")                                                                                            \
    X(FILE_UPDATE, "UPDATE file SET feed = ?2, uri = ?3, size = ?4, modified_ns = ?5, version = ?6, sha256 = ?7,"      \
                   " number = ?8, state = ?9, job = ?10, seen_ns = ?11, changed_ns = ?12 WHERE id = ?1")               \
    X(FILE_NEWEST,                                                                                                     \
      "SELECT " HR_SQL_FILE_COLUMNS " FROM file WHERE feed = ?1 AND uri = ?2 ORDER BY number DESC LIMIT 1")            \
    X(FILE_BY_HASH, "SELECT " HR_SQL_FILE_COLUMNS " FROM file WHERE feed = ?1 AND sha256 = ?2 AND sha256 <> ''"        \
                    " AND state = ?3 ORDER BY id LIMIT 1")                                                             \
    X(FILES, "SELECT " HR_SQL_FILE_COLUMNS " FROM file ORDER BY feed, uri, number")                                    \
    X(FILES_OF_FEED, "SELECT " HR_SQL_FILE_COLUMNS " FROM file WHERE feed = ?1 ORDER BY uri, number")                  \
    X(EVENT_INSERT, "INSERT INTO event (at_ns, feed, job, kind, detail) VALUES (?1, ?2, ?3, ?4, ?5)")                  \
    X(EVENTS, "SELECT at_ns, kind, job, detail FROM event ORDER BY id")                                                \
    X(EVENTS_OF_FEED, "SELECT at_ns, kind, job, detail FROM event WHERE feed = ?1 ORDER BY id")

#define HR_SQL_NAME(name, text) HR_SQL_##name,
typedef enum hr_sql { HR_SQL_STATEMENTS(HR_SQL_NAME) HR_SQL_COUNT } hr_sql;
#undef HR_SQL_NAME

#endif
