/* settings.c: options to settings of librdkafka. */
#include <stdio.h>

#include "connectors/kafka/kafka.h"

/* Settings on which the promises of the connector rest. */
static const char *const kept[] = {"bootstrap.servers",
                                   "metadata.broker.list",
                                   "group.id",
                                   "group.instance.id",
                                   "enable.auto.commit",
                                   "auto.commit.enable",
                                   "enable.auto.offset.store",
                                   "auto.offset.reset",
                                   "isolation.level",
                                   "enable.idempotence",
                                   "transactional.id",
                                   "acks",
                                   "request.required.acks",
                                   "partition.assignment.strategy",
                                   "enable.partition.eof",
                                   "security.protocol",
                                   "sasl.mechanism",
                                   "sasl.mechanisms",
                                   "enable.gapless.guarantee",
                                   "auto.commit.interval.ms",
                                   "allow.auto.create.topics",
                                   "message.send.max.retries",
                                   "retries"};

static hr_status set(rd_kafka_conf_t *conf, const char *name, const char *value, hr_error *err)
{
    char why[256] = "";
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, why, sizeof why);
    if (result == RD_KAFKA_CONF_OK)
        return HR_OK;
    if (result == RD_KAFKA_CONF_UNKNOWN)
        return hr_fail(err, HR_E_INVALID, "librdkafka %s has no setting \"%.100s\"", rd_kafka_version_str(), name);
    return hr_fail(err, HR_E_INVALID, "librdkafka does not take this value of %.100s: %s", name, why);
}

static hr_status check_oauth(const rd_kafka_conf_t *conf, const hr_options *options, hr_error *err)
{
    char features[512] = "";
    size_t size = sizeof features;
    if (!hr_options_get(options, "oauth-url"))
        return HR_OK;
    if (hr_options_get(options, "oauth-token-file"))
        return hr_fail(err, HR_E_INVALID, "tokens come from oauth-url or from oauth-token-file, not from both");
    (void)rd_kafka_conf_get(conf, "builtin.features", features, &size);
    if (strstr(features, "oidc"))
        return HR_OK;
    return hr_fail(err, HR_E_UNSUPPORTED,
                   "this librdkafka (%s) was built without OpenID Connect, which oauth-url needs; give "
                   "oauth-token-file=FILE, and have something else keep a token in it",
                   rd_kafka_version_str());
}

/* Options that are settings by another name. */
static hr_status set_options(rd_kafka_conf_t *conf, const hr_options *options, hr_error *err)
{
    static const char *const pairs[][2] = {{"ca", "ssl.ca.location"},
                                           {"cert", "ssl.certificate.location"},
                                           {"cert-key", "ssl.key.location"},
                                           {"cert-password", "ssl.key.password"},
                                           {"sasl-mechanism", "sasl.mechanism"},
                                           {"oauth-token-file", "sasl.oauthbearer.config"},
                                           {"oauth-url", "sasl.oauthbearer.token.endpoint.url"},
                                           {"oauth-client", "sasl.oauthbearer.client.id"},
                                           {"oauth-secret", "sasl.oauthbearer.client.secret"},
                                           {"oauth-scope", "sasl.oauthbearer.scope"}};
    hr_status status = check_oauth(conf, options, err);
    for (size_t i = 0; i < HR_COUNT(pairs) && status == HR_OK; i++) {
        const char *value = hr_options_get(options, pairs[i][0]);
        if (value)
            status = set(conf, pairs[i][1], value, err);
    }
    if (status == HR_OK && hr_options_get(options, "oauth-url"))
        status = set(conf, "sasl.oauthbearer.method", "oidc", err);
    if (status == HR_OK && hr_options_get(options, "oauth-token-file"))
        hr_kafka_token_conf(conf);
    return status;
}

static bool has_setting(const hr_kafka_address *address, const char *prefix)
{
    for (size_t i = 0; i < address->settings; i++)
        if (!strncmp(address->names[i], prefix, strlen(prefix)))
            return true;
    return false;
}

/* librdkafka ignores some options without a word when another one, which they need, is missing. */
static hr_status check_pairs(const hr_kafka_address *address, const hr_options *options, hr_error *err)
{
    static const char *const tls[] = {"ca", "cert", "cert-key", "cert-password"};
    static const char *const oauth[] = {"oauth-token-file", "oauth-url"};
    static const char *const oidc[] = {"oauth-client", "oauth-secret", "oauth-scope"};
    const char *encrypted = hr_options_get(options, "tls"), *mechanism = hr_options_get(options, "sasl-mechanism");
    for (size_t i = 0; i < HR_COUNT(tls) && encrypted && !strcmp(encrypted, "no"); i++)
        if (hr_options_get(options, tls[i]))
            return hr_fail(err, HR_E_INVALID, "option %s is for connections that are encrypted, and tls=no is given",
                           tls[i]);
    if (hr_options_get(options, "cert") && !hr_options_get(options, "cert-key") && !has_setting(address, "ssl.key"))
        return hr_fail(err, HR_E_INVALID,
                       "a certificate is of no use without its private key: add cert-key=FILE, which may be the same "
                       "file as cert");
    if (hr_options_get(options, "cert-key") && !hr_options_get(options, "cert") &&
        !has_setting(address, "ssl.certificate"))
        return hr_fail(err, HR_E_INVALID, "option cert-key is the private key of a certificate: add cert=FILE");
    for (size_t i = 0; i < HR_COUNT(oauth); i++)
        if (hr_options_get(options, oauth[i]) && (!mechanism || strcmp(mechanism, "OAUTHBEARER") != 0))
            return hr_fail(err, HR_E_INVALID, "option %s is for sasl-mechanism=OAUTHBEARER: add that", oauth[i]);
    for (size_t i = 0; i < HR_COUNT(oidc); i++)
        if (hr_options_get(options, oidc[i]) && !hr_options_get(options, "oauth-url"))
            return hr_fail(err, HR_E_INVALID, "option %s is for tokens that come from oauth-url: add that", oidc[i]);
    return HR_OK;
}

/* Passwords and tokens in clear text are sent only when somebody said so. */
static hr_status set_security(rd_kafka_conf_t *conf, const hr_kafka_address *address, const hr_options *options,
                              hr_error *err)
{
    const char *tls = hr_options_get(options, "tls"), *mechanism = hr_options_get(options, "sasl-mechanism");
    const char *user = hr_options_get(options, "username"), *password = hr_options_get(options, "password");
    bool encrypted = tls ? !strcmp(tls, "yes") : hr_options_get(options, "ca") || hr_options_get(options, "cert");
    user = user ? user : address->user;
    password = password ? password : address->password;
    hr_status status = check_pairs(address, options, err);
    if (status != HR_OK)
        return status;
    if ((user || password) && !mechanism)
        return hr_fail(err, HR_E_INVALID,
                       "a user is given, and not how to authenticate: add sasl-mechanism=SCRAM-SHA-512 (or "
                       "SCRAM-SHA-256, PLAIN)");
    if (mechanism && !tls && !encrypted && (!strcmp(mechanism, "PLAIN") || !strcmp(mechanism, "OAUTHBEARER")))
        return hr_fail(
            err, HR_E_INVALID,
            "sasl-mechanism=%s sends the secret as it is: add tls=yes (or tls=no when the network may see it)",
            mechanism);
    if (mechanism && strcmp(mechanism, "OAUTHBEARER") != 0 && strcmp(mechanism, "GSSAPI") != 0 && (!user || !password))
        return hr_fail(err, HR_E_INVALID, "sasl-mechanism=%s needs username and password", mechanism);
    if (mechanism && !strcmp(mechanism, "OAUTHBEARER") && !has_setting(address, "sasl.oauthbearer.") &&
        !hr_options_get(options, "oauth-url") && !hr_options_get(options, "oauth-token-file"))
        return hr_fail(err, HR_E_INVALID, "sasl-mechanism=OAUTHBEARER needs oauth-token-file (or oauth-url)");
    status = set(conf, "security.protocol",
                 mechanism ? (encrypted ? "SASL_SSL" : "SASL_PLAINTEXT") : (encrypted ? "SSL" : "PLAINTEXT"), err);
    if (status == HR_OK && user)
        status = set(conf, "sasl.username", user, err);
    if (status == HR_OK && password)
        status = set(conf, "sasl.password", password, err);
    if (status == HR_OK && mechanism && !strcmp(mechanism, "OAUTHBEARER"))
        rd_kafka_conf_enable_sasl_queue(conf, 1); /* tokens are renewed without anybody polling */
    return status;
}

static hr_status set_address(rd_kafka_conf_t *conf, const hr_kafka_address *address, hr_error *err)
{
    hr_status status = HR_OK;
    for (size_t i = 0; i < address->settings && status == HR_OK; i++) {
        for (size_t k = 0; k < HR_COUNT(kept); k++)
            if (!strcmp(address->names[i], kept[k]))
                return hr_fail(err, HR_E_INVALID,
                               "rdkafka.%s cannot be set: that nothing is lost or doubled rests on it", kept[k]);
        status = set(conf, address->names[i], address->values[i], err);
    }
    return status;
}

hr_status hr_kafka_configure(const hr_kafka_address *address, const hr_options *options, const hr_kafka_setting *fixed,
                             rd_kafka_conf_t **out, hr_error *err)
{
    static const hr_kafka_setting common[] = {{"client.id", "headrace"},
                                              {"socket.nagle.disable", "true"},
                                              {"socket.keepalive.enable", "true"},
                                              {"topic.metadata.refresh.interval.ms", "60000"},
                                              {"topic.metadata.refresh.fast.interval.ms", "50"},
                                              {"reconnect.backoff.max.ms", "2000"}};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!conf)
        return hr_fail_memory(err, "setting up a client of Kafka");
    hr_status status = set(conf, "bootstrap.servers", address->brokers, err);
    for (size_t i = 0; i < HR_COUNT(common) && status == HR_OK; i++)
        status = set(conf, common[i].name, common[i].value, err);
    if (status == HR_OK)
        status = set_options(conf, options, err);
    if (status == HR_OK)
        status = set_security(conf, address, options, err);
    for (; fixed->name && status == HR_OK; fixed++)
        status = set(conf, fixed->name, fixed->value, err);
    if (status == HR_OK)
        status = set_address(conf, address, err);
    if (status != HR_OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    *out = conf;
    return HR_OK;
}
