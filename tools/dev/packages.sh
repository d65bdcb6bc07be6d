# packages.sh: what has to be installed, and installing it: only what is missing, quietly, with a log.
# shellcheck shell=bash disable=SC2034

# PACKAGE or PACKAGE/COMMAND: with a command, any program of that name will do.
packages_build=(gcc/gcc libc6-dev cmake/cmake ninja-build/ninja pkgconf/pkg-config
    zlib1g-dev libzstd-dev libxxhash-dev libssl-dev libsqlite3-dev libuchardet-dev libisal-dev libpq-dev librdkafka-dev)
packages_test=(libcriterion-dev g++/g++ ccache/ccache strace/strace python3/python3 zstd/zstd jq/jq sqlite3/sqlite3)
packages_crash=(e2fsprogs/mkfs.ext4 mount/mount)
packages_lint=(shellcheck/shellcheck clang-format/clang-format)
packages_fuzz=(clang/clang)
packages_cpus=(qemu-user/qemu-aarch64 gcc-aarch64-linux-gnu/aarch64-linux-gnu-gcc libc6-dev-arm64-cross)
packages_bench=(g++/g++ libbenchmark-dev python3/python3 python3-venv miller/mlr jq/jq isal/igzip zstd/zstd pigz/pigz
    libsimdjson-dev)
packages_arrow=(python3/python3 python3-venv)
packages_tidy=(clang-tidy/clang-tidy)
# The examples with a server look into the zone with it.
packages_examples=(zstd/zstd)
# The server of PostgreSQL itself: need_postgres_server.
packages_postgres=(openssl/openssl postgresql-client/psql faketime/faketime)
packages_kafka=(default-jre-headless/java maven/mvn openssl/openssl)

package_present() {
    local package=${1%%/*} command=''
    [[ $1 == */* ]] && command=${1#*/}
    [[ $command ]] && command -v "$command" >/dev/null && return 0
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]]
}

# How to become root here: nothing when we are, else sudo, else fails.
root_prefix() {
    if ((EUID == 0)); then return 0; fi
    command -v sudo >/dev/null || return 1
    if [[ -t 0 ]]; then echo sudo; else sudo -n true 2>/dev/null && echo "sudo -n"; fi
}

install_packages() {
    local prefix log=$logs/packages.log
    prefix=$(root_prefix) || die "these packages are needed, and neither root nor sudo is at hand to install them:
    apt-get install --no-install-recommends $*"
    say "installing $# packages (log: ${log#"$root"/})"
    printf '\n== %s: %s\n' "$(date -u +%FT%TZ)" "$*" >>"$log"
    local apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    # shellcheck disable=SC2086 # the prefix is two words or none
    if ! $prefix "${apt[@]}" update </dev/null >>"$log" 2>&1; then
        say "apt-get update failed; trying with the package lists that are here"
    fi
    # shellcheck disable=SC2086
    if ! $prefix "${apt[@]}" install --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
        tail -n 15 "$log" >&2
        die "installing packages failed (log: $log); needed: $*"
    fi
}

# need GROUP...: the packages of these groups are there afterwards.
need() {
    local group entry missing=()
    for group in "$@"; do
        local -n entries=packages_$group
        for entry in "${entries[@]}"; do
            package_present "$entry" || missing+=("${entry%%/*}")
        done
    done
    if ((${#missing[@]})); then
        command -v apt-get >/dev/null || die "this is not a Debian or Ubuntu; please install what these packages hold: ${missing[*]}"
        install_packages "${missing[@]}"
    fi
    case " $* " in *" fuzz "*) need_clang_runtime ;; esac
    case " $* " in *" postgres "*) need_postgres_server ;; esac
}

# Any version of the distribution will do. The package makes and starts a server of its own, unless it is told not to.
need_postgres_server() {
    local prefix folder=/etc/postgresql-common/createcluster.d
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return 0
    prefix=$(root_prefix) || install_packages postgresql # says what is needed, and ends
    $prefix mkdir -p "$folder"
    echo 'create_main_cluster = false' | $prefix tee "$folder/headrace-tests.conf" >/dev/null
    install_packages postgresql
    $prefix rm "$folder/headrace-tests.conf"
}

# The sanitizer and fuzzer runtimes of clang are a package of their own, named after its version.
need_clang_runtime() {
    local library version
    library=$(clang -print-file-name=libclang_rt.fuzzer-"$(uname -m)".a 2>/dev/null)
    [[ -e $library ]] || library=$(clang -print-runtime-dir 2>/dev/null)/libclang_rt.fuzzer.a
    [[ -e $library ]] && return 0
    version=$(clang -dumpversion)
    install_packages "libclang-rt-${version%%.*}-dev"
}
