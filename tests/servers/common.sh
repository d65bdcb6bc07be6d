# common.sh: what the scripts that start servers share: ports, waiting, processes that are stopped by their own pid.
# shellcheck shell=bash

die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

# A port of 127.0.0.1 on which nobody listens now, below those that the kernel hands out by itself. Runs beside one another
# are given 3000 ports each by HEADRACE_FIRST_PORT, for those of a server that is down for a moment look free.
free_port() {
    local port try first=${HEADRACE_FIRST_PORT:-20000} count=12000
    [[ ! ${HEADRACE_FIRST_PORT-} ]] || count=3000
    for ((try = 0; try < 200; try++)); do
        port=$((first + (RANDOM * 32768 + RANDOM) % count))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return 0
        fi
    done
    die "no free port was found"
}

# wait_until MS COMMAND...: tries the command every 20 ms; fails when it did not succeed in that time.
wait_until() {
    local end=$(($(now_ms) + $1))
    shift
    until "$@"; do
        (($(now_ms) < end)) || return 1
        sleep 0.02
    done
}

# A zombie is gone, for its parent may be a container's first process, which never asks; but not while threads of it are
# still ending, for they hold its sockets.
alive() {
    local state tasks
    state=$(sed -E 's/.*\) (.) .*/\1/' "/proc/$1/stat" 2>/dev/null) || return 1
    tasks=("/proc/$1/task/"*)
    [[ $state && $state != Z ]] || ((${#tasks[@]} > 1))
}
gone() { ! alive "$1"; }

# end_process PID SIGNAL MS: by the signal, and by KILL when that was not enough.
end_process() {
    local pid=$1
    alive "$pid" || return 0
    kill -"$2" "$pid" 2>/dev/null || return 0
    wait_until "$3" gone "$pid" && return 0
    kill -KILL "$pid" 2>/dev/null
    wait_until 60000 gone "$pid"
}

# make_certificates FOLDER: a certificate authority (ca.pem) and a certificate of 127.0.0.1 and localhost (server.pem,
# server.key; its key is PKCS#8), and one of a client named headrace (client.pem, client.key).
make_certificates() {
    local folder=$1 log=$1/openssl.log name
    command -v openssl >/dev/null || die "openssl is not installed"
    local new=(openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30)
    "${new[@]}" -subj '/CN=headrace test authority' -keyout "$folder/ca.key" -out "$folder/ca.pem" \
        -addext basicConstraints=critical,CA:TRUE 2>>"$log" || die "making a certificate failed (log: $log)"
    for name in server client; do
        { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$folder/$name.key" \
            -subj "/CN=$([[ $name == server ]] && echo localhost || echo headrace)" -out "$folder/$name.csr" 2>>"$log" &&
            openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 30 \
                -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$folder/$name.pem" 2>>"$log"; } ||
            die "making a certificate failed (log: $log)"
    done
}
