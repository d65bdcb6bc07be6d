#!/usr/bin/env bash
# kafka.sh: an Apache Kafka of one's own on 127.0.0.1: one KRaft node, its data in a folder.
#
#   kafka.sh start DIR [--sasl] [--tls]   makes DIR, or starts again what is in it, with the same ports; DIR/env says where it is
#   kafka.sh stop DIR
#   kafka.sh restart DIR
#   kafka.sh kill9 DIR
#   kafka.sh acl DIR ARGUMENT...          rights, as Kafka's AclCommand has them (--add --deny-principal User:alice ...)
#   kafka.sh configs DIR ARGUMENT...      settings, as ConfigCommand has them (--alter --topic T --add-config K=V)
#   kafka.sh fetch                        only fetches the jars, with Maven, and prepares what makes starts quick
#
# `. DIR/env` gives KAFKA (the bootstrap address without encryption), with --sasl KAFKA_SASL, KAFKA_USER and KAFKA_PASSWORD
# (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, and OAUTHBEARER with unsecured tokens), with --tls KAFKA_SSL, KAFKA_CA,
# KAFKA_CLIENT_CERT and KAFKA_CLIENT_KEY (asked for, not demanded), with both also KAFKA_SASL_SSL.
# A proxy that is to cut connections listens on port KAFKA_PROXY and goes on to port KAFKA_PROXIED: the broker sends its
# clients there.
# The jars that pom.xml pins are kept in ${XDG_CACHE_HOME:-~/.cache}/headrace-test. HR_KAFKA_JAVA replaces the flags of Java
# that make it start quickly, HR_KAFKA_CONFIG names a file of further settings of the broker.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/common.sh"

usage() { sed -n '4,10s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

verb=${1-} folder=${2-}
[[ $verb == fetch || ($verb && $folder) ]] || usage
shift $(($# < 2 ? $# : 2))
kafka_user=alice kafka_password=alice-secret

# ---- the jars, fetched once --------------------------------------------------------------------------------------------

version=$(sed -nE 's/.*<kafka.version>(.*)<.*/\1/p' "$here/pom.xml")
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/headrace-test/kafka-$version-$(cksum <"$here/pom.xml" | cut -d ' ' -f 1)
read -ra java_flags <<<"${HR_KAFKA_JAVA:--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m}"
java_flags+=(-Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true)

fetch_jars() {
    [[ -d $cache/lib ]] && return 0
    command -v mvn >/dev/null || die "Maven is not installed (package maven)"
    local log=$cache/fetch.log new=$cache/lib.new
    rm -rf "$new"
    mvn -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$new" </dev/null >"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die "fetching Kafka failed (log: $log)"; }
    mv "$new" "$cache/lib"
}

# In a fixed order, for the archive of classes holds to it.
class_path() { printf '%s:' "$cache"/lib/*.jar; }

# The folder of a node that has been formatted, with the users; copied for each new node.
format_template() {
    [[ -d $cache/template ]] && return 0
    local new=$cache/template.new
    rm -rf "$new" && mkdir "$new"
    node_settings "$new/data" 1 2 3 4 >"$new/server.properties"
    java "${java_flags[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$new/server.properties" \
        --add-scram "SCRAM-SHA-256=[name=$kafka_user,password=$kafka_password]" \
        --add-scram "SCRAM-SHA-512=[name=$kafka_user,password=$kafka_password]" </dev/null >"$cache/format.log" 2>&1 ||
        { tail -n 5 "$cache/format.log" >&2; die "formatting a node failed (log: $cache/format.log)"; }
    mv "$new" "$cache/template"
}

# Classes as they are after loading (application class-data sharing): halves the start. An archive is of one Java; where
# it cannot be made, one does without.
archive_classes() {
    [[ -e $archive ]] && return 0
    local trial=$cache/trial
    rm -rf "$trial" "$cache"/classes*
    if "${BASH_SOURCE[0]}" start_bare "$trial" -XX:ArchiveClassesAtExit="$cache/classes.new"; then
        # It is written at the end, which takes its time.
        end_process "$(cat "$trial/pid")" TERM 120000
    fi
    if [[ -s $cache/classes.new ]]; then mv "$cache/classes.new" "$archive"; else : >"$archive"; fi
    rm -rf "$trial"
}

# prepare [bare]: everything that is needed to start; one at a time.
prepare() {
    command -v java >/dev/null || die "Java is not installed (package default-jre-headless)"
    mkdir -p "$cache"
    local java
    java=$(readlink -f "$(command -v java)")
    archive=$cache/classes-$(cat "$java" "${java%/bin/java}/release" 2>/dev/null | cksum | cut -d ' ' -f 1).jsa
    if [[ ${1-} != bare ]]; then
        exec 9>"$cache/lock"
        flock 9
    fi
    fetch_jars
    CLASSPATH=$(class_path)
    export CLASSPATH
    format_template
    if [[ ${1-} != bare ]]; then
        archive_classes
        exec 9>&-
    fi
}

# ---- settings ------------------------------------------------------------------------------------------------------------

# DATA PORT CONTROLLER-PORT PROXIED-PORT PROXY-PORT [SASL-PORT] [SSL-PORT] [SASL-SSL-PORT]; an empty port: no such listener.
# Clients of the listener PROXIED are told the proxy's port.
node_settings() {
    local listeners=PLAINTEXT://127.0.0.1:$2 data=$1 controller=$3 proxied=$4 proxy=$5
    shift 2
    [[ ! ${4-} ]] || listeners+=,SASL_PLAINTEXT://127.0.0.1:$4
    [[ ! ${5-} ]] || listeners+=,SSL://127.0.0.1:$5
    [[ ! ${6-} ]] || listeners+=,SASL_SSL://127.0.0.1:$6
    cat <<TEXT
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=$listeners,PROXIED://127.0.0.1:$proxied,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$listeners,PROXIED://127.0.0.1:$proxy
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$data
num.network.threads=2
num.io.threads=2
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=500
log.segment.delete.delay.ms=100
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=4000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
controlled.shutdown.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
TEXT
    [[ ! ${4-} ]] || sasl_settings sasl_plaintext
    [[ ! ${6-} ]] || sasl_settings sasl_ssl
    [[ ! ${4-} ]] || echo "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER"
    [[ ! ${5-} ]] || cat <<TEXT
ssl.keystore.type=PEM
ssl.keystore.location=$folder/tls/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$folder/tls/ca.pem
ssl.client.auth=requested
TEXT
    [[ ! ${HR_KAFKA_CONFIG-} ]] || cat "$HR_KAFKA_CONFIG"
}

sasl_settings() { # LISTENER
    local prefix=listener.name.$1 common=org.apache.kafka.common.security
    cat <<TEXT
$prefix.plain.sasl.jaas.config=$common.plain.PlainLoginModule required user_$kafka_user="$kafka_password";
$prefix.scram-sha-256.sasl.jaas.config=$common.scram.ScramLoginModule required;
$prefix.scram-sha-512.sasl.jaas.config=$common.scram.ScramLoginModule required;
$prefix.oauthbearer.sasl.jaas.config=$common.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="$kafka_user";
TEXT
}

# ---- the process ---------------------------------------------------------------------------------------------------------

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
listens_or_gone() { listens "$1" || gone "$pid"; }
server_pid() { cat "$folder/pid" 2>/dev/null || :; }

launch() { # FURTHER-JAVA-FLAGS...
    local port
    port=$(sed -nE 's/^listeners=PLAINTEXT:..127.0.0.1:([0-9]+).*/\1/p' "$folder/server.properties")
    [[ ! -s $archive ]] || set -- "$@" -XX:SharedArchiveFile="$archive" -Xshare:auto
    LC_ALL=C.UTF-8 setsid java "${java_flags[@]}" "$@" kafka.Kafka "$folder/server.properties" </dev/null >>"$folder/log" 2>&1 9>&- &
    pid=$!
    echo "$pid" >"$folder/pid"
    wait_until 120000 listens_or_gone "$port" || :
    alive "$pid" && listens "$port"
}

write_env() { # PORTS as for node_settings
    printf 'export %s=%q\n' KAFKA "127.0.0.1:$1" KAFKA_PROXIED "$3" KAFKA_PROXY "$4"
    [[ ! ${5-} ]] || printf 'export %s=%q\n' KAFKA_SASL "127.0.0.1:$5" KAFKA_USER "$kafka_user" KAFKA_PASSWORD "$kafka_password"
    [[ ! ${6-} ]] || printf 'export %s=%q\n' KAFKA_SSL "127.0.0.1:$6" KAFKA_CA "$folder/tls/ca.pem" \
        KAFKA_CLIENT_CERT "$folder/tls/client.pem" KAFKA_CLIENT_KEY "$folder/tls/client.key"
    [[ ! ${7-} ]] || printf 'export %s=%q\n' KAFKA_SASL_SSL "127.0.0.1:$7"
}

# make SASL TLS JAVA-FLAGS...: a new node; other ports when one was taken meanwhile.
make() {
    local sasl=$1 tls=$2 ports
    shift 2
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    if [[ $tls ]]; then
        mkdir -p "$folder/tls"
        make_certificates "$folder/tls"
        cat "$folder/tls/server.key" "$folder/tls/server.pem" >"$folder/tls/keystore.pem"
    fi
    trap 'end_process "$(server_pid)" KILL 1000' EXIT
    for _ in 1 2 3 4 5; do
        ports=("$(free_port)" "$(free_port)" "$(free_port)" "$(free_port)" "${sasl:+$(free_port)}" "${tls:+$(free_port)}" '')
        [[ ! $sasl || ! $tls ]] || ports[6]=$(free_port)
        [[ ! $(printf '%s\n' "${ports[@]}" | sort | uniq -d | tr -d '\n') ]] || continue
        rm -rf "$folder/data"
        cp -r "$cache/template/data" "$folder/data"
        node_settings "$folder/data" "${ports[@]}" >"$folder/server.properties"
        if launch "$@"; then
            write_env "${ports[@]}" >"$folder/env"
            trap - EXIT
            return 0
        fi
        grep -q 'Address already in use' "$folder/log" || break
    done
    tail -n 10 "$folder/log" >&2
    die "Kafka did not start (log: $folder/log)"
}

start() {
    local sasl='' tls=''
    while (($#)); do
        case $1 in
        --sasl) sasl=yes ;;
        --tls) tls=yes ;;
        *) usage ;;
        esac
        shift
    done
    pid=$(server_pid)
    if [[ -e $folder/env && $pid ]] && alive "$pid"; then return 0; fi
    prepare
    if [[ -e $folder/env ]]; then
        launch || die "Kafka did not start (log: $folder/log)"
    else
        make "$sasl" "$tls"
    fi
}

case $verb in
fetch) prepare ;;
start) start "$@" ;;
start_bare) # while preparing: without the lock and the archive
    prepare bare
    make yes yes "$@"
    ;;
stop) end_process "$(server_pid)" TERM 3000 ;;
restart)
    end_process "$(server_pid)" TERM 3000
    start
    ;;
kill9) end_process "$(server_pid)" KILL 60000 ;;
acl | configs)
    prepare
    . "$folder/env"
    if [[ $verb == acl ]]; then set -- kafka.admin.AclCommand --force "$@"; else set -- kafka.admin.ConfigCommand "$@"; fi
    java "${java_flags[@]}" "$1" --bootstrap-server "$KAFKA" "${@:2}"
    ;;
*) usage ;;
esac
