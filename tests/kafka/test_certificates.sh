# test_certificates.sh: certificates that are wrong are said at once, and what about them is wrong.
# shellcheck shell=bash

# certificate NAME DAYS-FROM-NOW ALTERNATIVE-NAMES: one of a day, by the authority of the tests.
certificate() {
    local begin
    begin=$(date -u -d "$2 days" +%y%m%d%H%M%SZ)
    mkdir -p ca && : >ca/index
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -subj /CN=localhost -out "$1.csr" \
        2>openssl.log
    printf '%s\n' '[ca]' default_ca=a '[a]' database=ca/index rand_serial=yes new_certs_dir=ca default_md=sha256 policy=p \
        '[p]' commonName=supplied '[x]' "subjectAltName=$3" >ca.conf
    openssl ca -batch -config ca.conf -cert "$KAFKA_CA" -keyfile "${KAFKA_CA%.pem}.key" -in "$1.csr" -out "$1.pem" -notext \
        -extensions x -startdate "$begin" -enddate "$(date -u -d "$(($2 + 1)) days" +%y%m%d%H%M%SZ)" 2>openssl.log
}

# at ADDRESS [QUERY]: ends at once, and says why.
at() {
    ends 1 headrace ingest "kafka://$1/$UNIQUE?from=earliest&until=end${2:+&$2}" --to zone --name "$UNIQUE" --ledger ledger.db
    contains "$err" "does not let us in"
}

# serve NAME: somebody with that certificate, at `port`.
serve() {
    . "$SERVERS/common.sh"
    port=$(free_port)
    openssl s_server -accept "127.0.0.1:$port" -cert "$1.pem" -key "$1.key" -quiet >/dev/null 2>&1 &
    server=$!
    listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
    within 20 listens
}

test_certificates_of_brokers_that_are_not_accepted() {
    local server port
    certificate old -10 DNS:localhost,IP:127.0.0.1
    certificate early 10 DNS:localhost,IP:127.0.0.1
    certificate other 0 DNS:other.example
    for each in 'old:has expired' 'early:is not valid yet' 'other:is of another name'; do
        serve "${each%%:*}"
        at "127.0.0.1:$port" "ca=$KAFKA_CA"
        contains "$err" "its certificate ${each#*:}"
        kill "$server"
        wait "$server" || :
    done
    at "$KAFKA_SSL" tls=yes
    contains "$err" "nobody that is trusted vouches for its certificate: option ca names who does"
}

# By TLS 1.3 the answer to it comes behind the handshake.
test_a_certificate_of_this_client_that_is_refused_ends_at_once() {
    kafka create "$UNIQUE"
    certificate old -10 DNS:localhost
    at "$KAFKA_SSL" "ca=$KAFKA_CA&cert=$PWD/old.pem&cert-key=$PWD/old.key"
    contains "$err" "it wants a certificate of this client, or another one: options cert and cert-key"
}

test_options_that_need_another_one_are_not_passed_over() {
    refused() { ends 2 headrace ingest "kafka://$KAFKA_SSL/$UNIQUE?from=earliest&$1" --to zone --name "$UNIQUE" --ledger ledger.db; }
    refused "ca=$KAFKA_CA&cert=$KAFKA_CLIENT_CERT"
    contains "$err" "add cert-key=FILE"
    refused "ca=$KAFKA_CA&cert-key=$KAFKA_CLIENT_KEY"
    contains "$err" "add cert=FILE"
    refused "ca=$KAFKA_CA&tls=no"
    contains "$err" "and tls=no is given"
    refused "tls=yes&oauth-token-file=x"
    contains "$err" "is for sasl-mechanism=OAUTHBEARER: add that"
}
