# both.sh: a PostgreSQL and a Kafka for one run of tests, after begin_run: start_both [POSTGRES-OPTION...] -- [KAFKA-OPTION...],
# then run_all with make_database and revive. Processes are killed by these tests, not the machine: what was written is there,
# also without fsync.
# shellcheck shell=bash disable=SC2154
POSTGRES_FOLDER=$base/postgres KAFKA_FOLDER=$base/kafka
export POSTGRES_FOLDER KAFKA_FOLDER

stop_both() {
    "$SERVERS/postgres.sh" stop "$POSTGRES_FOLDER"
    "$SERVERS/kafka.sh" stop "$KAFKA_FOLDER"
}
start_both() {
    local postgres=()
    while [[ $1 != -- ]]; do
        postgres+=("$1")
        shift
    done
    trap 'end_run stop_both' EXIT
    trap 'exit 130' INT TERM
    "$SERVERS/postgres.sh" start "$POSTGRES_FOLDER" "${postgres[@]}" --fsync off || die "PostgreSQL did not start"
    "$SERVERS/kafka.sh" start "$KAFKA_FOLDER" "${@:2}" || die "Kafka did not start"
    . "$POSTGRES_FOLDER/env"
    take_plain_psql
    . "$KAFKA_FOLDER/env"
}

make_database() {
    export PGDATABASE=$1
    psql -XAtq -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"$1\""
}
# A test may have ended while a server was down.
revive() {
    "$SERVERS/postgres.sh" start "$POSTGRES_FOLDER"
    "$SERVERS/kafka.sh" start "$KAFKA_FOLDER"
}
