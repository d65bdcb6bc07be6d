#!/usr/bin/env bash
# postgres.sh: a PostgreSQL of one's own on 127.0.0.1, with its data in a folder, and a streaming standby of it.
#
#   postgres.sh start DIR [--standby] [--port N] [--ssl] [--fsync on|off]
#                                     makes DIR, or starts again what is in it, with the same ports; DIR/env says where it is
#   postgres.sh stop DIR              both
#   postgres.sh restart DIR [primary|standby]
#   postgres.sh kill9 DIR [primary|standby]     the server and its children, by SIGKILL
#
# `. DIR/env` gives PGHOST PGPORT PGUSER PGDATABASE PGPASSFILE (and, with --ssl, PGSSLROOTCERT), and further
# PRIMARY_DATA STANDBY_PORT STANDBY_DATA PG_SOCKETS (the folder of the Unix socket) PG_CA PG_BIN.
# The primary has wal_level logical and ten prepared transactions. PostgreSQL does not run as root; root hands the folders
# over to the user postgres, or nobody. HR_POSTGRES_BIN names the folder of its programs; else the newest of the
# distribution is taken.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() { sed -n '4,9s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

verb=${1-} folder=${2-}
[[ $verb && $folder ]] || usage
shift 2

# ---- programs, and who runs them -------------------------------------------------------------------------------------

find_programs() {
    bin=${HR_POSTGRES_BIN-}
    [[ $bin ]] || bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [[ -x $bin/postgres && -x $bin/initdb ]] || die "there is no PostgreSQL server here (package postgresql)"
}

server_user() { id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody; }

# The command that runs another as the server's user; nothing when we are not root.
as_server=()
if ((EUID == 0)); then
    user=$(server_user)
    as_server=(setpriv "--reuid=$(id -u "$user")" "--regid=$(id -g "$user")" --clear-groups env "HOME=/tmp")
fi
hand_over() { ((EUID != 0)) || chown -R "$(id -u "$user"):$(id -g "$user")" "$@"; }

# ---- one server ------------------------------------------------------------------------------------------------------

# The first line of the file that the server keeps while it runs, "" when there is none.
server_pid() { head -n 1 "$folder/$1/postmaster.pid" 2>/dev/null || :; }

# A server that was killed leaves its file behind.
is_running() { # primary|standby
    local pid
    pid=$(server_pid "$1")
    [[ $pid && $(sed -n 8p "$folder/$1/postmaster.pid" 2>/dev/null) == ready* ]] && alive "$pid"
}
is_running_or_gone() { is_running "$1" || gone "$launched"; }

launch() { # primary|standby
    local data=$folder/$1
    LC_ALL=C setsid "${as_server[@]}" "$bin/postgres" -D "$data" </dev/null >>"$folder/$1.log" 2>&1 &
    launched=$!
    wait_until 120000 is_running_or_gone "$1" || :
    is_running "$1" || {
        tail -n 5 "$folder/$1.log" >&2
        return 1
    }
}

end_server() { # primary|standby
    local pid
    pid=$(server_pid "$1")
    [[ ! $pid ]] || end_process "$pid" INT 60000
}

kill_server() { # primary|standby
    local pid children port
    pid=$(server_pid "$1")
    [[ $pid ]] || return 0
    port=$(sed -n 4p "$folder/$1/postmaster.pid")
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || :)
    kill -KILL "$pid" 2>/dev/null || return 0
    # shellcheck disable=SC2086 # a list of numbers
    [[ ! $children ]] || kill -KILL $children 2>/dev/null || :
    wait_until 60000 gone "$pid"
    local child
    for child in $children; do wait_until 60000 gone "$child"; done
    # Where nobody takes note of its end, a process that was killed still counts as running for the next server.
    rm -f "$folder/$1/postmaster.pid" "$folder/sockets/.s.PGSQL.$port.lock" "$folder/sockets/.s.PGSQL.$port"
}

# ---- the beginning -----------------------------------------------------------------------------------------------------

settings() { # PORT
    cat <<TEXT
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$sockets'
wal_level = logical
max_wal_senders = 8
max_replication_slots = 8
max_connections = 80
max_prepared_transactions = 10
shared_buffers = 128MB
max_wal_size = 2GB
fsync = $fsync
full_page_writes = $fsync
log_statement = none
log_checkpoints = off
log_min_error_statement = panic
log_min_duration_statement = -1
TEXT
    [[ ! $ssl ]] || printf "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.pem'\n"
}

make_primary() {
    local password
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    mkdir -p "$folder" "$folder/primary" "$sockets"
    chmod 755 "$folder"
    (umask 077 && echo "$password" >"$folder/password" && echo "*:*:*:postgres:$password" >"$folder/pgpass")
    (umask 077 && cp "$folder/pgpass" "$folder/server.pgpass")
    hand_over "$folder/primary" "$folder/password" "$folder/server.pgpass" "$sockets"
    "${as_server[@]}" test -r "$folder/password" ||
        die "the user ${user-} cannot reach $folder: choose a folder below one that all may enter"
    "${as_server[@]}" "$bin/initdb" -D "$folder/primary" -U postgres -A scram-sha-256 --pwfile="$folder/password" --no-sync \
        -E UTF8 --locale=C.UTF-8 </dev/null >"$folder/initdb.log" 2>&1 || { tail -n 5 "$folder/initdb.log" >&2; die "initdb failed"; }
    rm "$folder/password"
    if [[ $ssl ]]; then
        mkdir -p "$folder/tls"
        make_certificates "$folder/tls"
        cp "$folder/tls/"{server.pem,server.key,ca.pem} "$folder/primary"
        chmod 600 "$folder/primary/server.key"
        hand_over "$folder/primary"
    fi
}

start_primary() {
    local try port
    for try in 1 2 3 4 5; do
        port=${given_port:-$(free_port)}
        settings "$port" >"$folder/settings"
        [[ $try == 1 ]] && cp "$folder/primary/postgresql.conf" "$folder/initial.conf"
        cat "$folder/initial.conf" "$folder/settings" >"$folder/primary/postgresql.conf"
        if launch primary; then
            primary_port=$port
            return 0
        fi
        if [[ $given_port ]] || ! grep -q 'could not bind' "$folder/primary.log"; then break; fi
    done
    die "PostgreSQL did not start (log: $folder/primary.log)"
}

make_standby() {
    local try
    mkdir -m 700 "$folder/standby"
    hand_over "$folder/standby"
    PGPASSFILE=$folder/server.pgpass "${as_server[@]}" "$bin/pg_basebackup" -h 127.0.0.1 -p "$primary_port" -U postgres -w \
        -D "$folder/standby" -R -X stream -C -S standby1 -c fast --no-sync </dev/null >"$folder/basebackup.log" 2>&1 ||
        { tail -n 5 "$folder/basebackup.log" >&2; die "pg_basebackup failed"; }
    for try in 1 2 3 4 5; do
        standby_port=$(free_port)
        sed "s/^port = .*/port = $standby_port/" "$folder/primary/postgresql.conf" >"$folder/standby/postgresql.conf"
        # It loses nothing that the primary does not have.
        printf 'hot_standby = on\nfsync = off\n' >>"$folder/standby/postgresql.conf"
        if launch standby; then return 0; fi
        grep -q 'could not bind' "$folder/standby.log" || break
    done
    die "the standby did not start (log: $folder/standby.log)"
}

write_env() {
    {
        printf 'export %s=%q\n' PGHOST 127.0.0.1 PGPORT "$primary_port" PGUSER postgres PGDATABASE postgres \
            PGPASSFILE "$folder/pgpass" PRIMARY_DATA "$folder/primary" PG_SOCKETS "$sockets" PG_BIN "$bin"
        [[ ! $ssl ]] || printf 'export %s=%q\n' PG_CA "$folder/tls/ca.pem" PGSSLROOTCERT "$folder/tls/ca.pem"
        [[ ! $standby ]] || printf 'export %s=%q\n' STANDBY_PORT "$standby_port" STANDBY_DATA "$folder/standby"
    } >"$folder/env"
}

start() {
    local fsync=on ssl='' standby='' given_port='' primary_port='' standby_port='' sockets
    while (($#)); do
        case $1 in
        --standby) standby=yes ;;
        --ssl) ssl=yes ;;
        --port) given_port=${2-}; shift ;;
        --fsync) fsync=${2-}; shift ;;
        *) usage ;;
        esac
        shift
    done
    [[ $fsync == on || $fsync == off ]] || usage
    find_programs
    if [[ -e $folder/env ]]; then
        local which
        for which in primary standby; do
            [[ ! -d $folder/$which ]] || is_running "$which" || launch "$which" || die "PostgreSQL did not start (log: $folder/$which.log)"
        done
        return 0
    fi
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    sockets=$folder/sockets
    trap 'failed_start' EXIT
    make_primary
    start_primary
    [[ ! $standby ]] || make_standby
    write_env
    trap - EXIT
}

# What a failed or interrupted start leaves behind does not run on.
failed_start() {
    end_server standby
    end_server primary
}

which_server() {
    case ${1-primary} in primary | standby) echo "${1-primary}" ;; *) usage ;; esac
}

case $verb in
start) start "$@" ;;
stop)
    end_server standby
    end_server primary
    ;;
restart)
    find_programs
    server=$(which_server "$@")
    end_server "$server"
    launch "$server" || die "PostgreSQL did not start again (log: $folder/$server.log)"
    ;;
kill9) kill_server "$(which_server "$@")" ;;
*) usage ;;
esac
