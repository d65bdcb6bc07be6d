/* token.c: OAUTHBEARER tokens out of a file, which somebody else keeps fresh. It is read again when most of a token's
 * life is over. (Debian's librdkafka is built without OpenID Connect.) */
#include <errno.h>
#include <stdio.h>

#include "connectors/kafka/kafka.h"
#include "core/json/json.h"

#define TOKEN_MAX 65536u
#define SHORT_MS 60000 /* life of a token that does not say */

static int digit_of(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = byte ? strchr(digits, byte) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* base64url without padding, in place; SIZE_MAX: it is none. */
static size_t decode(char *text, size_t size)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            text[out++] = (char)(bits >> held & 0xff);
        }
    }
    return out;
}

static hr_status read_claims(const hr_json_document *claims, hr_kafka_token *out, hr_error *err)
{
    const hr_json_value *root = hr_json_root(claims), *subject = hr_json_member(root, "sub");
    const char *name;
    size_t size = 0;
    double expires = 0;
    name = hr_json_kind_of(subject) == HR_JSON_STRING ? hr_json_string(subject, &size) : "";
    if (size >= sizeof out->subject || memchr(name, '\0', size))
        return hr_fail(err, HR_E_INVALID, "the token's subject is no name");
    memcpy(out->subject, name, size);
    out->subject[size] = '\0';
    const hr_json_value *end = hr_json_member(root, "exp");
    out->expires_ms = 0;
    if (hr_json_kind_of(end) == HR_JSON_NUMBER && hr_json_double(end, &expires) && expires > 0 && expires < 9e12)
        out->expires_ms = (int64_t)(expires * 1000);
    return HR_OK;
}

hr_status hr_kafka_token_parse(const char *text, hr_kafka_token *out, hr_error *err)
{
    static const hr_json_limits limits = {0};
    hr_json_document *claims = NULL;
    const char *begin = strchr(text, '.'), *end = begin ? strchr(begin + 1, '.') : NULL;
    if (!end)
        return hr_fail(err, HR_E_INVALID, "it is no JSON Web Token: three parts with dots between them");
    char *room = hr_strndup(begin + 1, (size_t)(end - begin - 1));
    if (!room)
        return hr_fail_memory(err, "reading a token");
    size_t size = decode(room, (size_t)(end - begin - 1));
    hr_status status = size == SIZE_MAX ? hr_fail(err, HR_E_INVALID, "its second part is not base64url")
                                        : hr_json_parse(room, size, &limits, &claims, err);
    if (status == HR_OK)
        status = read_claims(claims, out, err);
    hr_json_free(claims);
    explicit_bzero(room, strlen(room));
    hr_free(room);
    return status;
}

static hr_status read_file(const char *path, char text[TOKEN_MAX], hr_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return hr_fail(err, HR_E_IO, "opening it: %s", strerror(errno));
    size_t size = fread(text, 1, TOKEN_MAX - 1, file);
    bool bad = ferror(file) != 0;
    (void)fclose(file);
    if (bad || size == TOKEN_MAX - 1)
        return hr_fail(err, HR_E_IO, bad ? "reading it failed" : "it is too large for a token");
    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r' || text[size - 1] == ' '))
        size--;
    text[size] = '\0';
    return HR_OK;
}

/* librdkafka asks when it begins, and again when four fifths of a token's life are over; after a failure, some seconds
 * later. */
static void on_refresh(rd_kafka_t *rk, const char *path, void *opaque)
{
    char why[256] = "", text[600];
    hr_kafka_token token;
    hr_error err;
    (void)opaque;
    char *room = hr_malloc(TOKEN_MAX);
    hr_status status = room ? read_file(path, room, &err) : hr_fail_memory(&err, "reading a token");
    if (status == HR_OK)
        status = hr_kafka_token_parse(room, &token, &err);
    int64_t now = hr_clock_wall_ns() / 1000000;
    if (status == HR_OK && token.expires_ms && token.expires_ms <= now)
        status = hr_fail(&err, HR_E_PERMISSION, "it has expired");
    if (status == HR_OK &&
        rd_kafka_oauthbearer_set_token(rk, room, token.expires_ms ? token.expires_ms : now + SHORT_MS, token.subject,
                                       NULL, 0, why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = hr_fail(&err, HR_E_INVALID, "librdkafka does not take it: %s", why);
    if (status != HR_OK) {
        (void)snprintf(text, sizeof text, "the token in %.200s: %.300s", path, err.text);
        rd_kafka_oauthbearer_set_token_failure(rk, text);
    }
    if (room)
        explicit_bzero(room, TOKEN_MAX);
    hr_free(room);
}

void hr_kafka_token_conf(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, on_refresh);
}
