/* address.c: kafka://user:password@broker:9092,broker2:9092/topic?rdkafka.NAME=value */
#include <stdio.h>

#include "connectors/kafka/kafka.h"
#include "core/base/uri.h"
#include "core/base/words.h"

bool hr_kafka_topic_legal(const char *topic)
{
    size_t size = strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return size && !topic[size] && size <= HR_KAFKA_TOPIC_MAX && strcmp(topic, ".") != 0 && strcmp(topic, "..") != 0;
}

static hr_status decode(const char *text, size_t size, const char *what, char **out, hr_error *err)
{
    bool bad;
    *out = hr_uri_decode(text, size, &bad);
    if (*out)
        return HR_OK;
    return bad ? hr_fail(err, HR_E_INVALID, "the %s in the URI has a %% that is no %%XX", what)
               : hr_fail_memory(err, "reading a URI");
}

/* user:password@ in front of the brokers; *authority moves behind it. */
static hr_status take_user(const char **authority, const char *end, hr_kafka_address *out, hr_error *err)
{
    const char *at = memrchr(*authority, '@', (size_t)(end - *authority));
    if (!at)
        return HR_OK;
    const char *colon = memchr(*authority, ':', (size_t)(at - *authority));
    const char *user_end = colon ? colon : at;
    hr_status status = decode(*authority, (size_t)(user_end - *authority), "user", &out->user, err);
    if (status == HR_OK && colon)
        status = decode(colon + 1, (size_t)(at - colon - 1), "password", &out->password, err);
    *authority = at + 1;
    return status;
}

static hr_status fail_key(const char *key, const hr_option *table, size_t rows, hr_error *err)
{
    const char *meant = NULL;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < rows; i++) {
        size_t distance = hr_word_distance(key, table[i].key);
        if (distance < best && hr_word_near(key, distance)) {
            best = distance;
            meant = table[i].key;
        }
    }
    if (meant)
        return hr_fail(err, HR_E_INVALID, "there is no option \"%.80s\" of kafka://; did you mean %s?", key, meant);
    return hr_fail(err, HR_E_INVALID,
                   "there is no option \"%.80s\" of kafka://; settings of librdkafka are given as rdkafka.NAME=value",
                   key);
}

/* What is left of the query: rdkafka.NAME=value. */
static hr_status take_settings(const char *query, const hr_option *table, size_t rows, hr_kafka_address *out,
                               hr_error *err)
{
    while (*query) {
        size_t size = strcspn(query, "&"), key_size = strcspn(query, "=&");
        char *key = NULL;
        hr_status status = decode(query, key_size, "query", &key, err);
        if (status == HR_OK && strncmp(key, "rdkafka.", 8) != 0 && *key)
            status = fail_key(key, table, rows, err);
        else if (status == HR_OK && out->settings == HR_KAFKA_SETTINGS_MAX)
            status =
                hr_fail(err, HR_E_INVALID, "at most %u settings of librdkafka can be given", HR_KAFKA_SETTINGS_MAX);
        else if (status == HR_OK && *key) {
            const char *value = query + key_size + (key_size < size);
            status = decode(value, (size_t)(query + size - value), key, &out->values[out->settings], err);
            out->names[out->settings] = status == HR_OK ? hr_strdup(key + 8) : NULL;
            if (status == HR_OK && !out->names[out->settings])
                status = hr_fail_memory(err, "reading a URI");
            out->settings++;
        }
        hr_free(key);
        if (status != HR_OK)
            return status;
        query += size + (query[size] == '&');
    }
    return HR_OK;
}

static hr_status parse(const char *uri, const hr_option *table, size_t rows, hr_kafka_address *out, hr_error *err)
{
    const char *authority = strstr(uri, "://");
    if (!authority)
        return hr_fail(err, HR_E_INVALID, "a topic of Kafka is given as kafka://broker:9092/topic");
    authority += 3;
    const char *path = authority + strcspn(authority, "/?#");
    hr_status status = take_user(&authority, path, out, err);
    if (status == HR_OK)
        status = decode(authority, (size_t)(path - authority), "broker", &out->brokers, err);
    const char *topic = path + (*path == '/');
    size_t size = strcspn(topic, "?#");
    if (status == HR_OK)
        status = decode(topic, size, "topic", &out->topic, err);
    if (status == HR_OK && (!*out->brokers || !*out->topic))
        status = hr_fail(err, HR_E_INVALID, "the URI names no %s: it is given as kafka://broker:9092/topic",
                         *out->brokers ? "topic" : "broker");
    if (status == HR_OK && !hr_kafka_topic_legal(out->topic))
        status = hr_fail(err, HR_E_INVALID,
                         "\"%.80s\" is no name of a topic: at most 249 letters, digits, dots, underscores and hyphens",
                         out->topic);
    if (status == HR_OK && topic[size] == '?') {
        char *query = hr_strndup(topic + size + 1, strcspn(topic + size + 1, "#"));
        status = query ? take_settings(query, table, rows, out, err) : hr_fail_memory(err, "reading a URI");
        hr_free(query);
    }
    return status;
}

hr_status hr_kafka_address_parse(const char *uri, const hr_option *table, size_t rows, hr_kafka_address *out,
                                 hr_error *err)
{
    hr_kafka_address address = {0};
    hr_status status = parse(uri, table, rows, &address, err);
    if (status != HR_OK) {
        hr_kafka_address_free(&address);
        return status;
    }
    *out = address;
    return HR_OK;
}

static void free_secret(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    hr_free(text);
}

void hr_kafka_address_free(hr_kafka_address *address)
{
    hr_free(address->brokers);
    hr_free(address->topic);
    hr_free(address->user);
    free_secret(address->password);
    for (size_t i = 0; i < address->settings; i++) {
        hr_free(address->names[i]);
        free_secret(address->values[i]);
    }
    *address = (hr_kafka_address){0};
}
