/* source_refuse.c: what the source knows of a record that was rejected. */
#include <inttypes.h>
#include <stdio.h>

#include "connectors/kafka/source.h"

hr_status hr_kafka_place(void *state, uint64_t at, hr_place *out, hr_error *err)
{
    hr_kafka_source_state *source = state;
    const rd_kafka_message_t *message = NULL;
    hr_trail_place place;
    hr_kafka_message taken;
    char fault[200];
    *out = (hr_place){0};
    if (!hr_trail_find(&source->trail, at, &place))
        return HR_OK;
    (void)snprintf(out->text, sizeof out->text, "%.150s[%" PRId32 "]@%" PRId64, source->address.topic, place.partition,
                   place.offset);
    if (!place.altered && !source->dead)
        return HR_OK;
    hr_status status = hr_kafka_rejected_message(source, &place, &message, err);
    if (status != HR_OK || !message || !place.altered)
        return status;
    out->raw = message->payload;
    out->raw_size = message->len;
    hr_kafka_message_of(message, &taken);
    size_t used = strlen(out->text);
    if (hr_kafka_record_fault(&source->shape, &taken, fault, sizeof fault))
        (void)snprintf(out->text + used, sizeof out->text - used, ": %s", fault);
    return status;
}
