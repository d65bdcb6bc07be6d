/* options.c: the option table of ingests: the reader's and the job's own, and the values of the latter. */
#include <stdlib.h>

#include "core/job/run.h"
#include "simd/simd.h"

static const hr_option table[] = {
    {"to", HR_OPTION_TEXT, NULL, "DEST",
     "Where the rows go: a folder (the raw zone), postgres://, kafka://, or - for standard output.", false},
    {"name", HR_OPTION_TEXT, NULL, "FEED",
     "Name of the feed: what manifest, keys and lease belong to (default: from the first source).", false},
    {"ledger", HR_OPTION_TEXT, NULL, "FILE.db", "The ledger that remembers jobs, rejects, files and keys.", false},
    {"key", HR_OPTION_TEXT, NULL, "COLUMN,...",
     "Deduplicate by these columns, within the run and across the runs of the feed; * is the whole row.", false},
    {"hash", HR_OPTION_CHOICE, "xxh3", "xxh3|sha256", "Hash of the key.", false},
    {"write", HR_OPTION_CHOICE, "auto", "auto|csv|ndjson", "Format of what is landed; auto: that of the input.", false},
    {"quote-style", HR_OPTION_CHOICE, "minimal", "minimal|strings|all",
     "Which values of CSV in a folder or on standard output stand in quotes beside those that must: none; all but "
     "numbers and truth values, which --schema and NDJSON tell; all. Null is always nothing, the empty string always "
     "quoted.",
     false},
    {"compress", HR_OPTION_CHOICE, "zstd", "none|gzip|zstd",
     "Compression of what is landed (standard output: none unless given).", false},
    {"segment-bytes", HR_OPTION_SIZE, "64Mi", "SIZE",
     "Close a segment, and make a checkpoint, when it holds this much.", false},
    {"segment-rows", HR_OPTION_COUNT, "0", "N", "Close a segment when it holds this many rows; 0: no bound.", false},
    {"segment-age", HR_OPTION_TIME, "5m", "TIME", "Close a segment when it is this old; 0: no bound.", false},
    {"max-errors", HR_OPTION_TEXT, NULL, "N|P%",
     "Fail when more rows than this are rejected: a number, or a share of the rows read (default: any).", false},
    {"schema", HR_OPTION_TEXT, NULL, "FILE|infer",
     "Check rows against the schema in this file (headrace schema prints one) and reject those that break it; infer: "
     "read each file once more before, for the narrowest schema that holds all its rows.",
     false},
    {"lineage", HR_OPTION_BOOL, "no", NULL, "Append the columns _source _file _row _offset _ingested_at _key.", false},
    {"on-change", HR_OPTION_CHOICE, "auto", "auto|version|quarantine|fail",
     "An object whose content has changed: load it as a new version, quarantine it, or fail; auto: version when the "
     "old content was loaded, fail when it was half loaded.",
     false},
    {"dedup-memory", HR_OPTION_SIZE, "256Mi", "SIZE",
     "Memory for the keys of a feed (at least 64Ki); those that it does not hold are in nameless files beside their log.",
     false},
    {"reconnect", HR_OPTION_TIME, "5m", "TIME",
     "How long to try again, from the last commit, when a server is gone; 0: not at all.", false},
    {"table", HR_OPTION_TEXT, NULL, "NAME", "The table of a database that the rows go to.", false},
    {"mode", HR_OPTION_CHOICE, NULL, "append|insert-ignore|merge|replace",
     "What becomes of rows that are in the table already: add to them, keep those with the same key, overwrite those "
     "with the same key, or put a new table in their place.",
     false},
    {"drift", HR_OPTION_CHOICE, NULL, "evolve|freeze|reject-row",
     "A column that the table does not have: add it, fail, or reject the rows that have a value there.", false},
    {"writers", HR_OPTION_COUNT, NULL, "N", "Connections that load a table at the same time.", false},
    {"allow-empty", HR_OPTION_BOOL, NULL, NULL, "Let mode replace put an empty table in place of a full one.", false},
    {"watermark", HR_OPTION_TEXT, NULL, "COLUMN",
     "Read the rows of a table that changed since the last run by this column.", false},
    {"lookback", HR_OPTION_TEXT, NULL, "TIME|N", "Read again what is this much older than the last watermark.", false},
    {"from", HR_OPTION_TEXT, NULL, "earliest|latest|TIME", "Where to begin in a topic that was never read.", false},
    {"member", HR_OPTION_TEXT, NULL, "NAME",
     "Name of this run among several that read the partitions of a topic for one feed, with one ledger.", false},
    {"group", HR_OPTION_TEXT, NULL, "NAME", "The consumer group.", false},
#include "core/reader/option_rows.inc"
};

/* Those of the job alone, which stand first: readers have texts that may be empty. */
static size_t own_count(void)
{
    size_t readers;
    (void)hr_reader_options(&readers);
    return HR_COUNT(table) - readers;
}

const hr_option *hr_ingest_options(size_t *count)
{
    *count = HR_COUNT(table);
    return table;
}

static hr_status keep(char **out, const char *text, hr_error *err)
{
    if (!text)
        return HR_OK;
    *out = hr_strdup(text);
    return *out ? HR_OK : hr_fail_memory(err, "keeping an option");
}

static hr_status set_max_errors(hr_job_config *config, const char *text, hr_error *err)
{
    config->max_errors = HR_UNKNOWN;
    config->max_error_share = 2;
    if (!text)
        return HR_OK;
    char *end;
    size_t size = strlen(text);
    if (size > 1 && text[size - 1] == '%' && strspn(text, "0123456789.") == size - 1) {
        double share = strtod(text, &end) / 100;
        if (end == text + size - 1 && share <= 1) {
            config->max_error_share = share;
            return HR_OK;
        }
    } else if (hr_option_parse(HR_OPTION_COUNT, NULL, text, &config->max_errors)) {
        return HR_OK;
    }
    return hr_fail(err, HR_E_INVALID, "option max-errors takes a number of rows or a share such as 2.5%%, not '%s'",
                   text);
}

/* Names go into texts and JSON of ledgers and brokers, where two that are not UTF-8 would become one. */
static hr_status keep_name(char **out, const hr_options *options, const char *key, hr_error *err)
{
    const char *name = hr_options_get(options, key);
    size_t size = name ? strlen(name) : 0;
    if (size && hr_kernels_get(NULL)->utf8_valid((const uint8_t *)name, size) < size)
        return hr_fail(err, HR_E_INVALID, "option %s is not UTF-8", key);
    return keep(out, name, err);
}

hr_status hr_job_config_set(hr_job_config *config, const hr_options *options, hr_error *err)
{
    hr_job_config made = {0};
    uint64_t choice = 0;
    hr_status status = hr_options_check_empty(options, table, own_count(), err);
    if (status == HR_OK)
        status = keep(&made.to, hr_options_get(options, "to"), err);
    if (status == HR_OK)
        status = keep_name(&made.name, options, "name", err);
    if (status == HR_OK)
        status = keep_name(&made.member, options, "member", err);
    if (status == HR_OK)
        status = keep(&made.ledger, hr_options_get(options, "ledger"), err);
    if (status == HR_OK)
        status = keep(&made.key, hr_options_get(options, "key"), err);
    if (status == HR_OK)
        status = keep(&made.format, hr_options_get(options, "write"), err);
    if (status == HR_OK)
        status = keep(&made.schema, hr_options_get(options, "schema"), err);
    const char *compression = hr_options_get(options, "compress");
    if (made.to && !strcmp(made.to, "-") && !hr_options_given(options, "compress"))
        compression = "none";
    if (status == HR_OK)
        status = keep(&made.compression, compression, err);
    if (status == HR_OK)
        status = set_max_errors(&made, hr_options_get(options, "max-errors"), err);
    if (status == HR_OK && !made.ledger)
        status = hr_fail(err, HR_E_INVALID, "option ledger is missing: say where jobs are remembered");
    if (status != HR_OK) {
        hr_job_config_clear(&made);
        return status;
    }
    made.hash = strcmp(hr_options_get(options, "hash"), "sha256") ? HR_HASH_XXH3 : HR_HASH_SHA256;
    made.lineage = hr_options_bool(options, "lineage", false);
    made.segment_bytes = hr_options_count(options, "segment-bytes", 0);
    made.rows_given = hr_options_given(options, "segment-rows");
    made.age_given = hr_options_given(options, "segment-age");
    made.segment_rows = hr_options_count(options, "segment-rows", 0);
    made.segment_age_ms = hr_options_count(options, "segment-age", 0);
    hr_option_parse(HR_OPTION_CHOICE, "auto|version|quarantine|fail", hr_options_get(options, "on-change"), &choice);
    made.on_change = (hr_on_change)choice;
    made.reconnect_ms = hr_options_count(options, "reconnect", 0);
    made.dedup_memory = hr_options_count(options, "dedup-memory", 0);
    if (made.dedup_memory < HR_KEYSET_LEAST)
        made.dedup_memory = HR_KEYSET_LEAST;
    *config = made;
    return HR_OK;
}

hr_status hr_job_config_move(hr_job_config *config, const char *to, hr_error *err)
{
    char *copy = hr_strdup(to);
    if (!copy)
        return hr_fail_memory(err, "keeping an option");
    hr_free(config->to);
    config->to = copy;
    return HR_OK;
}

void hr_job_config_clear(hr_job_config *config)
{
    hr_free(config->to);
    hr_free(config->name);
    hr_free(config->member);
    hr_free(config->ledger);
    hr_free(config->key);
    hr_free(config->format);
    hr_free(config->compression);
    hr_free(config->schema);
    *config = (hr_job_config){0};
}
