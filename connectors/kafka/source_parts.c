/* source_parts.c: from bytes of the stream to positions of partitions, and acknowledgements. */
#include <stdlib.h>

#include "connectors/kafka/source.h"

static void mark_message(hr_kafka_part *part, const hr_trail_place *place, uint64_t bytes, uint16_t shape)
{
    if (place->gap) {
        if (part->marked.offset >= 0 && place->offset + 1 > part->marked.offset)
            hr_kafka_position_pass(&part->marked, place->offset + 1);
        return;
    }
    if (place->begin + place->size <= bytes) {
        part->marked = (hr_kafka_position){.offset = place->offset + 1, .marked = true, .mark = place->mark};
        return;
    }
    /* Within the records of one message. */
    uint32_t taken = (uint32_t)(bytes - place->begin);
    if (part->skip_at == place->offset)
        taken += part->skip;
    if (part->marked.offset != place->offset)
        hr_kafka_position_pass(&part->marked, place->offset);
    part->marked.taken = taken;
    part->marked.shape = shape;
}

hr_status hr_kafka_position_of(void *state, uint64_t bytes, const hr_part **parts, size_t *count, hr_error *err)
{
    hr_kafka_source_state *source = state;
    hr_trail_place place;
    size_t moved = 0;
    uint16_t shape = hr_kafka_shape_hash(&source->shape);
    if (bytes > source->trail.end)
        return hr_fail(err, HR_E_STATE, "a position behind what was read was asked for");
    while (hr_trail_next(&source->trail, bytes, &place)) {
        mark_message(&source->parts[place.partition], &place, bytes, shape);
        if (place.begin + place.size > bytes)
            break;
    }
    hr_status status = hr_kafka_prove(source, err);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < source->part_count; i++) {
        hr_kafka_part *part = &source->parts[i];
        if (!part->assigned || part->marked.offset < 0 || hr_kafka_position_equal(&part->marked, &part->acked))
            continue;
        hr_kafka_position_print(&part->marked, part->at);
        hr_part *told = &source->told[moved++];
        *told = (hr_part){.name = part->name, .at = part->at};
        told->lag_known = hr_kafka_lag(source, i, part->marked.offset, &told->lag);
    }
    *parts = source->told;
    *count = moved;
    return HR_OK;
}

/* What was given and is acknowledged need not be remembered. */
static void forget_acknowledged(hr_kafka_source_state *source)
{
    hr_trail *trail = &source->trail;
    hr_trail_place front;
    while (trail->dropped < trail->walk_message && hr_trail_front(trail, &front) &&
           front.offset < source->parts[front.partition].acked.offset)
        hr_trail_drop(trail);
}

static void acknowledge_part(hr_kafka_part *part, const hr_kafka_position *position)
{
    part->acked = *position;
    part->jumped = false;
}

hr_status hr_kafka_acknowledge(void *state, const hr_part *parts, size_t count, hr_error *err)
{
    hr_kafka_source_state *source = state;
    for (size_t i = 0; i < count; i++) {
        hr_kafka_position position;
        char *end;
        unsigned long number = strtoul(parts[i].name, &end, 10);
        if (*end || end == parts[i].name || number > INT32_MAX || !hr_kafka_position_parse(parts[i].at, &position))
            return hr_fail(err, HR_E_INVALID, "\"%.50s\" at \"%.100s\" is no position of a partition", parts[i].name,
                           parts[i].at);
        if (number < source->part_count && source->parts[number].assigned)
            acknowledge_part(&source->parts[number], &position);
    }
    hr_kafka_origin_moved(source, parts, count);
    forget_acknowledged(source);
    if (!source->trail.gap_count)
        source->passed_ns = 0;
    HR_FAULT_POINT("kafka.acknowledge");
    return hr_kafka_commit(source, false, err);
}

bool hr_kafka_is_acknowledged(const hr_kafka_source_state *source)
{
    return source->trail.message_count == source->trail.gap_count && source->pending_given == source->pending.size;
}
