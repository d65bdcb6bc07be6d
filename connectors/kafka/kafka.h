/* kafka.h: what the source and the sink of Kafka share: addresses, settings of librdkafka, its errors, its end. */
#ifndef HR_CONNECTORS_KAFKA_KAFKA_H
#define HR_CONNECTORS_KAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "core/base/base.h"
#include "headrace/connector.h"

#define HR_KAFKA_WAIT_MS 100      /* how long an interrupt may go unseen */
#define HR_KAFKA_REQUEST_MS 15000 /* how long a request may take, retries of librdkafka included */
#define HR_KAFKA_DOWN_MS 60000    /* how long no broker may be reached before the job is told */
#define HR_KAFKA_TOPIC_MAX 249u   /* bytes of a name */
#define HR_KAFKA_SETTINGS_MAX 64u

/* kafka://[user:password@]broker:9092[,broker2:9092]/topic?rdkafka.NAME=value&... */
typedef struct hr_kafka_address {
    char *brokers, *topic;
    char *user, *password;                                              /* NULL: not in the URI */
    char *names[HR_KAFKA_SETTINGS_MAX], *values[HR_KAFKA_SETTINGS_MAX]; /* [settings] without "rdkafka." */
    size_t settings;
} hr_kafka_address;
/* `table` are the options that values of the query could have been: an error about a key that is none suggests one. */
hr_status hr_kafka_address_parse(const char *uri, const hr_option *table, size_t rows, hr_kafka_address *out,
                                 hr_error *err) HR_MUST_CHECK;
void hr_kafka_address_free(hr_kafka_address *address);
/* Whether Kafka takes it as the name of a topic. */
bool hr_kafka_topic_legal(const char *topic);

/* Rows of an option table: how brokers are reached and convinced. */
#define HR_KAFKA_CONNECTION_OPTIONS                                                                               \
    {"tls",                                                                                                       \
     HR_OPTION_CHOICE,                                                                                            \
     NULL,                                                                                                        \
     "yes|no",                                                                                                    \
     "Encrypts the connections. Unset: when a certificate authority or certificate is given.",                    \
     false},                                                                                                      \
        {"ca", HR_OPTION_TEXT, NULL, "FILE", "Certificate authorities that vouch for the brokers (PEM).", false}, \
        {"cert", HR_OPTION_TEXT, NULL, "FILE", "Certificate of this client (PEM).", false},                       \
        {"cert-key", HR_OPTION_TEXT, NULL, "FILE", "Private key of cert (PEM).", false},                          \
        {"cert-password", HR_OPTION_TEXT, NULL, "TEXT", "Password of cert-key.", true},                           \
        {"sasl-mechanism",                                                                                        \
         HR_OPTION_CHOICE,                                                                                        \
         NULL,                                                                                                    \
         "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512|OAUTHBEARER|GSSAPI",                                                  \
         "How to authenticate.",                                                                                  \
         false},                                                                                                  \
        {"username", HR_OPTION_TEXT, NULL, "NAME", "User of sasl-mechanism.", false},                             \
        {"password", HR_OPTION_TEXT, NULL, "TEXT", "Password of username.", true},                                \
        {"oauth-token-file",                                                                                      \
         HR_OPTION_TEXT,                                                                                          \
         NULL,                                                                                                    \
         "FILE",                                                                                                  \
         "File with an OAUTHBEARER token (a JSON Web Token), which somebody else keeps fresh.",                   \
         false},                                                                                                  \
        {"oauth-url", HR_OPTION_TEXT, NULL, "URL", "Where OAUTHBEARER tokens are had (OpenID Connect).", false},  \
        {"oauth-client", HR_OPTION_TEXT, NULL, "NAME", "Client id for oauth-url.", false},                        \
        {"oauth-secret", HR_OPTION_TEXT, NULL, "TEXT", "Client secret for oauth-url.", true},                     \
    {                                                                                                             \
        "oauth-scope", HR_OPTION_TEXT, NULL, "TEXT", "Scope to ask oauth-url for.", false                         \
    }

/* token.c: what a token says of itself. */
typedef struct hr_kafka_token {
    char subject[256];  /* "": nothing */
    int64_t expires_ms; /* since 1970, 0: never */
} hr_kafka_token;
hr_status hr_kafka_token_parse(const char *text, hr_kafka_token *out, hr_error *err) HR_MUST_CHECK;
/* Tokens come from the file that sasl.oauthbearer.config names. */
void hr_kafka_token_conf(rd_kafka_conf_t *conf);

/* A client of librdkafka. On the heap, because callbacks may come until the last moment. */
typedef struct hr_kafka_client {
    rd_kafka_t *rk;
    void *owner; /* of callbacks; NULL once it is closing */
    const atomic_bool *interrupted;
    bool consumer;
    rd_kafka_resp_err_t denied; /* an error that waiting cannot mend: authentication, TLS */
    atomic_int certificate;     /* why a broker's was refused, as OpenSSL counts, or 0 */
    int64_t down_ns;            /* since when no broker can be reached, or 0 */
    char reason[512];           /* of the last error that was told */
    char brokers[200];          /* for texts */
} hr_kafka_client;

/* A setting that is not the user's. */
typedef struct hr_kafka_setting {
    const char *name, *value;
} hr_kafka_setting;

/* Settings for a client of `address` as `options` (with HR_KAFKA_CONNECTION_OPTIONS) wish, then `fixed`, which ends
 * with a NULL name, then those of the address. What the connector's promises rest on cannot be changed by the address
 * (HR_E_INVALID). */
hr_status hr_kafka_configure(const hr_kafka_address *address, const hr_options *options, const hr_kafka_setting *fixed,
                             rd_kafka_conf_t **out, hr_error *err) HR_MUST_CHECK;
/* Takes `conf`, also when it fails. `owner` is for callbacks that `conf` has; `interrupted` belongs to whoever closes
 * the client. */
hr_status hr_kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const hr_kafka_address *address, void *owner,
                              const atomic_bool *interrupted, hr_kafka_client **out, hr_error *err) HR_MUST_CHECK;
/* Leaves the group and ends the client. librdkafka 2.0.2 may never come back from that (its #4187, #4724): after some
 * seconds it is left to itself. NULL is fine. */
void hr_kafka_client_close(hr_kafka_client *client);
/* Serves what librdkafka has to say outside of messages. HR_OK, or why there is no going on: HR_E_PERMISSION, no
 * broker for HR_KAFKA_DOWN_MS (retryable), HR_E_INTERRUPTED. */
hr_status hr_kafka_check(hr_kafka_client *client, hr_error *err) HR_MUST_CHECK;
/* The partitions of the topic and their leaders, or why not; waits until a broker can be asked. */
hr_status hr_kafka_topic_leaders(hr_kafka_client *client, const char *topic, int32_t **leaders, size_t *count,
                                 hr_error *err) HR_MUST_CHECK;

/* The setting of a topic, "" when it may not be asked for (sink_topic.c). */
hr_status hr_kafka_topic_setting(hr_kafka_client *client, const char *topic, const char *name, char out[64],
                                 hr_error *err) HR_MUST_CHECK;

/* What RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END or a time in ms stands for in each partition of the list: its
 * offsets, one request for all partitions of a broker. (rd_kafka_query_watermark_offsets does not keep to its timeout
 * before 2.3.0.) A time behind the last message gives RD_KAFKA_OFFSET_END. */
hr_status hr_kafka_offsets(hr_kafka_client *client, rd_kafka_topic_partition_list_t *list, int64_t which,
                           hr_error *err) HR_MUST_CHECK;

/* Sends a copy of a message; a NULL key or value is null, `headers` (may be NULL) are taken when it succeeds. */
typedef struct hr_kafka_bytes {
    const void *data;
    size_t size;
} hr_kafka_bytes;
rd_kafka_resp_err_t hr_kafka_produce(rd_kafka_t *rk, const char *topic, int32_t partition, hr_kafka_bytes key,
                                     hr_kafka_bytes value, rd_kafka_headers_t *headers);
/* A header whose value is a text; false: no memory. */
bool hr_kafka_header_add(rd_kafka_headers_t *headers, const char *name, const char *value);

/* An error of librdkafka: "DOING: its text". The class and whether it may go away by itself come from `code`. */
hr_status hr_kafka_fail(const hr_kafka_client *client, hr_error *err, rd_kafka_resp_err_t code, const char *format, ...)
    HR_PRINTF(4, 5);
bool hr_kafka_retryable(rd_kafka_resp_err_t code);

/* What the source of this scheme gives as hr_origin.data. */
typedef struct hr_kafka_origin {
    hr_origin told;
    rd_kafka_t *rk;                         /* whose memory `cluster` is */
    char *cluster;                          /* its id */
    const char *topic, *group_name, *owner; /* owner: metadata of the offsets */
    rd_kafka_consumer_group_metadata_t *group;
} hr_kafka_origin;

extern const hr_source_type hr_kafka_source;
extern const hr_sink_type hr_kafka_sink;

#endif
