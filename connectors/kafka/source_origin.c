/* source_origin.c: the group as a destination may move it, when it writes to the same cluster. */
#include "connectors/kafka/source.h"

void hr_kafka_origin_clear(hr_kafka_origin *origin)
{
    if (origin->group)
        rd_kafka_consumer_group_metadata_destroy(origin->group);
    if (origin->cluster)
        rd_kafka_mem_free(origin->rk, origin->cluster);
    *origin = (hr_kafka_origin){0};
}

/* What the group is now, for it is another one after each rebalance: brokers refuse what comes from an earlier one. */
hr_status hr_kafka_origin_of(void *state, hr_origin **out, hr_error *err)
{
    hr_kafka_source_state *source = state;
    hr_kafka_origin *origin = &source->origin;
    if (origin->group)
        rd_kafka_consumer_group_metadata_destroy(origin->group);
    origin->group = rd_kafka_consumer_group_metadata(source->client->rk);
    if (!origin->cluster) {
        origin->rk = source->client->rk;
        origin->cluster = rd_kafka_clusterid(source->client->rk, HR_KAFKA_REQUEST_MS);
    }
    origin->topic = source->address.topic;
    origin->group_name = source->group;
    origin->owner = source->owner;
    origin->told = (hr_origin){.scheme = "kafka", .data = origin};
    *out = origin->group && origin->cluster ? &origin->told : NULL;
    (void)err;
    return HR_OK;
}

/* What a destination's transaction has moved needs not be committed once more. */
void hr_kafka_origin_moved(hr_kafka_source_state *source, const hr_part *parts, size_t count)
{
    if (!source->origin.told.moved)
        return;
    source->origin.told.moved = false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < source->part_count; k++) {
            hr_kafka_position at;
            if (source->parts[k].assigned && !strcmp(source->parts[k].name, parts[i].name) &&
                hr_kafka_position_parse(parts[i].at, &at))
                source->parts[k].committed = at.offset;
        }
}
