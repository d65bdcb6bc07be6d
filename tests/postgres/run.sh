#!/usr/bin/env bash
# run.sh PROGRAM BUILD-DIR [NAME...]: starts PostgreSQL, a primary and a standby, and runs the tests of this folder against
# it, or those whose file or test has such a name. BUILD-DIR is where the tools of tests/servers are (./dev build test).
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../servers/run_tests.sh"
(($# >= 2)) || die "usage: run.sh PROGRAM BUILD-DIR [NAME...]"
begin_run "$1" "$2"
shift 2
POSTGRES_FOLDER=$base/postgres
export POSTGRES_FOLDER
trap 'end_run "$SERVERS/postgres.sh" stop "$POSTGRES_FOLDER"' EXIT
trap 'exit 130' INT TERM

administer() { psql -XAtq -d postgres -v ON_ERROR_STOP=1 -c "$1"; }
make_database() {
    export PGDATABASE=$1
    administer "CREATE DATABASE \"$1\""
}
# A test may have ended while its server was down, or with a transaction prepared.
drop_database() {
    local transaction
    "$SERVERS/postgres.sh" start "$POSTGRES_FOLDER"
    administer "SELECT gid FROM pg_prepared_xacts WHERE database = '$1'" | while IFS= read -r transaction; do
        psql -XAtq -d "$1" -v ON_ERROR_STOP=1 -c "ROLLBACK PREPARED '$transaction'"
    done
    administer "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"
}

# Processes are killed, not the machine: what was written is there, also without fsync.
"$SERVERS/postgres.sh" start "$POSTGRES_FOLDER" --standby --ssl --fsync off || die "PostgreSQL did not start"
. "$POSTGRES_FOLDER/env"
take_plain_psql
run_all "$here" make_database drop_database "$@"
