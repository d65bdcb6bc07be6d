/* source_recent.c: messages that were given to the runner a moment ago, kept as they came. Most records that are
 * rejected are rejected soon after they were given, and fetching a message again takes a thousand times as long. */
#include <stdlib.h>

#include "connectors/kafka/source.h"

#define BESIDE 400 /* bytes that librdkafka needs for a message beside what it holds */

static size_t size_of(const rd_kafka_message_t *message)
{
    return message->len + message->key_len + BESIDE;
}

static bool make_room(hr_kafka_kept *kept)
{
    return hr_queue_room((void **)&kept->list, sizeof *kept->list, &kept->head, kept->count, &kept->capacity);
}

static void drop_first(hr_kafka_kept *kept)
{
    hr_kafka_kept_message *first = &kept->list[kept->head++];
    kept->count--;
    if (!first->message)
        return;
    kept->bytes -= size_of(first->message);
    rd_kafka_message_destroy(first->message);
}

bool hr_kafka_keep_recent(hr_kafka_source_state *source, uint64_t ordinal, rd_kafka_message_t *message)
{
    hr_kafka_kept *recent = &source->recent;
    if (size_of(message) > recent->budget)
        return false;
    while (recent->bytes + size_of(message) > recent->budget)
        drop_first(recent);
    if (!make_room(recent))
        return false;
    recent->list[recent->head + recent->count++] = (hr_kafka_kept_message){ordinal, message};
    recent->bytes += size_of(message);
    return true;
}

static int by_ordinal(const void *a, const void *b)
{
    const hr_kafka_kept_message *one = a, *other = b;
    return one->ordinal < other->ordinal ? -1 : one->ordinal > other->ordinal;
}

static hr_kafka_kept_message *find(const hr_kafka_kept *kept, uint64_t ordinal)
{
    hr_kafka_kept_message wanted = {ordinal, NULL};
    return kept->count ? bsearch(&wanted, kept->list + kept->head, kept->count, sizeof wanted, by_ordinal) : NULL;
}

/* A rejected message, until it is at the dead-letter topic. */
static bool keep_rejected(hr_kafka_source_state *source, hr_kafka_kept_message *found)
{
    hr_kafka_kept *rejected = &source->rejected;
    size_t size = size_of(found->message);
    if (!source->dead || rejected->bytes + size > rejected->budget || !make_room(rejected))
        return false;
    rejected->list[rejected->head + rejected->count++] = *found;
    rejected->bytes += size;
    rejected->sorted =
        rejected->count == 1 ||
        (rejected->sorted && rejected->list[rejected->head + rejected->count - 2].ordinal < found->ordinal);
    source->recent.bytes -= size;
    found->message = NULL;
    return true;
}

static const rd_kafka_message_t *find_rejected(hr_kafka_kept *rejected, uint64_t ordinal)
{
    if (rejected->count && rejected->list[rejected->head + rejected->count - 1].ordinal == ordinal)
        return rejected->list[rejected->head + rejected->count - 1].message;
    if (!rejected->sorted && rejected->count) {
        qsort(rejected->list + rejected->head, rejected->count, sizeof *rejected->list, by_ordinal);
        rejected->sorted = true;
    }
    hr_kafka_kept_message *found = find(rejected, ordinal);
    return found ? found->message : NULL;
}

hr_status hr_kafka_rejected_message(hr_kafka_source_state *source, const hr_trail_place *place,
                                    const rd_kafka_message_t **out, hr_error *err)
{
    hr_kafka_kept_message *found = find(&source->recent, place->ordinal);
    if (found && found->message) {
        *out = found->message;
        (void)keep_rejected(source, found);
        return HR_OK;
    }
    *out = find_rejected(&source->rejected, place->ordinal);
    return *out ? HR_OK : hr_kafka_lookup_find(source, place->partition, place->offset, out, err);
}

void hr_kafka_kept_clear(hr_kafka_kept *kept)
{
    while (kept->count)
        drop_first(kept);
    kept->head = 0;
}

void hr_kafka_kept_free(hr_kafka_kept *kept)
{
    hr_kafka_kept_clear(kept);
    hr_free(kept->list);
    *kept = (hr_kafka_kept){0};
}
