/* kafka_tool_join.c: a member of a group that takes its share of the partitions and does nothing with them, for tests
 * of what the others make of that. */
#include <stdio.h>
#include <time.h>

#include "tests/servers/kafka_tool.h"

/* It commits nothing and goes after so many milliseconds, or when it is killed. Prints "joined" when it is first given
 * partitions, and in the end how many it had. */
int hr_tool_join(const tool_options *options, int count, char **words)
{
    (void)count;
    const char *const more[] = {
        "group.id", words[0], "enable.auto.commit", "false", "auto.offset.reset", "latest", "session.timeout.ms",
        "6000",     NULL};
    rd_kafka_t *client = hr_tool_client(options, RD_KAFKA_CONSUMER, more, NULL, NULL);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    struct timespec now, begin;
    int held = 0; /* partitions at most */
    int64_t seen = 0, most = hr_tool_number(words[2]);
    rd_kafka_topic_partition_list_add(list, words[1], RD_KAFKA_PARTITION_UA);
    rd_kafka_poll_set_consumer(client);
    if (rd_kafka_subscribe(client, list))
        hr_tool_fail("subscribing to %s failed", words[1]);
    rd_kafka_topic_partition_list_destroy(list);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 50);
        if (message) {
            seen += !message->err;
            rd_kafka_message_destroy(message);
        }
        rd_kafka_topic_partition_list_t *assigned = NULL;
        if (!rd_kafka_assignment(client, &assigned)) {
            if (!held && assigned->cnt && (puts("joined") < 0 || fflush(stdout)))
                hr_tool_fail("saying %s failed", "joined");
            held = assigned->cnt > held ? assigned->cnt : held;
            rd_kafka_topic_partition_list_destroy(assigned);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < most);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    printf("%d partitions, %lld messages\n", held, (long long)seen);
    return 0;
}
