/* source.h: what the files of the source share. */
#ifndef HR_CONNECTORS_KAFKA_SOURCE_H
#define HR_CONNECTORS_KAFKA_SOURCE_H

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/position.h"
#include "connectors/kafka/record.h"
#include "connectors/kafka/trail.h"

/* A partition of the topic; its index in hr_kafka_source_state.parts is its number. */
typedef struct hr_kafka_part {
    char name[12], at[HR_KAFKA_POSITION_TEXT];
    hr_kafka_position marked; /* by the last call of position */
    /* A message that was seen, or was in front of the first one: as long as it is there, the topic is the same. */
    hr_kafka_position anchor;
    hr_kafka_position proved; /* `marked` when the anchor was last looked for */
    hr_kafka_position start;  /* where it began when it was assigned, or where on-lost led to since */
    int64_t begins;           /* where the log began when it began to be read without an anchor, or 0 */
    hr_kafka_position acked;  /* by the last call of acknowledge; offset -1: never, so that a start is told as well */
    int64_t next;             /* the message that is to be given next */
    int64_t committed;        /* at the broker, by us; -1: nothing */
    int64_t end;              /* until=end: the first message that is not wanted, 0: there is none; -1: read on */
    int64_t look;             /* the message that proves that the topic is the same, -1: none to come */
    uint32_t look_mark;
    uint32_t skip; /* bytes of the record of message skip_at, of shape skip_shape, that were taken before */
    uint16_t skip_shape;
    int64_t skip_at;
    bool assigned, done;
    bool jumped; /* on-lost moved it away from `acked`, and that is not acknowledged yet */
} hr_kafka_part;

/* A rebalance that librdkafka waits for us to answer. */
typedef struct hr_kafka_rebalance {
    rd_kafka_topic_partition_list_t *partitions; /* to be assigned; NULL: all are revoked */
    bool lost;
} hr_kafka_rebalance;
#define HR_KAFKA_REBALANCES 4u

typedef enum hr_kafka_on_lost {
    HR_ON_LOST_FAIL,
    HR_ON_LOST_PAUSE,
    HR_ON_LOST_EARLIEST,
    HR_ON_LOST_LATEST
} hr_kafka_on_lost;

/* A second client, for messages that are asked for once more: rejected ones, and those that marks are of. */
typedef struct hr_kafka_lookup {
    hr_kafka_client *client;
    int32_t partition; /* that it reads, from `next` on */
    int64_t next;
    rd_kafka_message_t *message; /* the last one that was found */
} hr_kafka_lookup;

/* Messages that are kept for a while, by their ordinals in the trail. */
typedef struct hr_kafka_kept_message {
    uint64_t ordinal;
    rd_kafka_message_t *message; /* NULL: taken out */
} hr_kafka_kept_message;

typedef struct hr_kafka_kept {
    hr_kafka_kept_message *list;
    size_t head, count, capacity, bytes, budget;
    bool sorted;
} hr_kafka_kept;

typedef struct hr_kafka_source_state {
    hr_source_plan told_plan;
    const hr_source_plan *plan; /* told_plan */
    const hr_options *options;
    hr_kafka_address address;
    hr_kafka_client *client;
    hr_kafka_shape shape;
    rd_kafka_queue_t *queue;      /* of the consumer, for its length */
    char *group, *owner, *member; /* owner: what commits at the broker carry */
    const char *from;             /* option, or NULL */
    hr_kafka_on_lost on_lost;
    bool until_end, adopt, started, failed, told_end;
    bool begun; /* a first start was claimed at the broker: a partition without a claim was added since */
    atomic_bool interrupted;
    hr_kafka_rebalance rebalances[HR_KAFKA_REBALANCES]; /* [rebalance_count] the oldest first */
    size_t rebalance_count;
    bool rebalance_overflow;

    hr_kafka_part *parts; /* [part_count] */
    size_t part_count;
    int32_t *leaders; /* [leader_count] of the partitions when it was opened */
    size_t leader_count;
    hr_part *told; /* [part_count] what position gave */
    hr_trail trail;
    hr_buffer pending; /* a record that did not fit */
    size_t pending_given;
    hr_kafka_header *headers;       /* [header_capacity] of the message at hand */
    hr_kafka_header **header_order; /* [header_capacity] for hr_kafka_headers_link */
    size_t header_capacity;

    int64_t others_ns, others_since_ns; /* until=end, of partitions that others hold: the last look, the last change */
    uint64_t others_read;
    bool others_told;

    uint64_t queue_low; /* messages below which fetching is woken */
    uint32_t queue_look;
    int64_t woken_ns;

    int64_t passed_ns; /* since when a position has passed what is no message, without a commit; 0: none has */
    uint64_t messages, tombstones, empty, woken_messages;
    hr_kafka_lookup lookup;
    hr_kafka_kept recent;   /* the last ones that were given, if they may be wanted */
    hr_kafka_kept rejected; /* those of which something was rejected, for the dead-letter topic */
    hr_kafka_client *dead;  /* producer of the dead-letter topic; NULL: there is none */
    hr_kafka_origin origin;
    rd_kafka_resp_err_t dead_error;
    char **columns; /* [column_count] of facts */
    size_t column_count;
    char *evidence;
} hr_kafka_source_state;

/* source_assign.c */
/* Called by librdkafka from within polls: notes what is to be done. */
void hr_kafka_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                           void *opaque);
/* Does what is noted. HR_FLUSH: only once what was given is acknowledged. */
hr_status hr_kafka_rebalance_now(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;
void hr_kafka_rebalance_forget(hr_kafka_source_state *source);
/* Room for partition `partition`. */
hr_status hr_kafka_parts_grow(hr_kafka_source_state *source, size_t count, hr_error *err) HR_MUST_CHECK;
/* Another message stands in front of the position: as the policy says. */
hr_status hr_kafka_recreated(hr_kafka_source_state *source, int32_t partition, hr_error *err) HR_MUST_CHECK;

/* source_offsets.c */
/* Tells that messages are gone; HR_OK when the policy goes on. `low` and `high` as in hr_kafka_known. */
hr_status hr_kafka_lost(hr_kafka_source_state *source, int32_t partition, int64_t wanted, int64_t low, int64_t high,
                        hr_kafka_loss loss, hr_error *err) HR_MUST_CHECK;
/* What the broker has of the group for these partitions: offsets, and as metadata whose they are. */
hr_status hr_kafka_committed(hr_kafka_source_state *source, rd_kafka_topic_partition_list_t *list,
                             hr_error *err) HR_MUST_CHECK;
bool hr_kafka_is_ours(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one);
/* The position where reading began, or where on-lost led to, of which the ledger, which says `at`, does not know yet.
 * If there is none, *out is what `at` says. */
void hr_kafka_claimed(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one,
                      const hr_kafka_position *at, hr_kafka_position *out);
/* Two ledgers, or two feeds, that share a group would each see a part of the messages: HR_E_BUSY. */
hr_status hr_kafka_check_owner(const hr_kafka_source_state *source, const rd_kafka_topic_partition_t *one,
                               hr_error *err) HR_MUST_CHECK;
/* The broker is told last: it cannot know of more commits than the ledger, unless that is an older copy. HR_E_STATE. */
hr_status hr_kafka_check_copy(const hr_kafka_source_state *source, int32_t partition, const hr_kafka_known *known,
                              hr_error *err) HR_MUST_CHECK;
/* Commits what was acknowledged, and is not yet, to the broker; with `claim`, where nothing was, that reading begins.
 * That the group is in between, or the broker busy, is no error: the ledger's position is the one that counts. */
hr_status hr_kafka_commit(hr_kafka_source_state *source, bool claim, hr_error *err) HR_MUST_CHECK;

/* source_end.c */
/* How many offsets lie between `next` and the end of the partition, as far as it was heard of. */
bool hr_kafka_lag(const hr_kafka_source_state *source, size_t partition, int64_t next, uint64_t *lag);
hr_status hr_kafka_tell_lag(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;
/* until=end: where the partitions end now. */
hr_status hr_kafka_find_ends(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;
/* HR_END: all of that is read; HR_AGAIN: not yet. */
hr_status hr_kafka_ended(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;

/* source_read.c */
hr_status hr_kafka_read(void *state, uint8_t *room, size_t capacity, size_t *got, hr_error *err);
/* All but the headers. */
void hr_kafka_message_of(const rd_kafka_message_t *from, hr_kafka_message *out);

/* source_parts.c */
hr_status hr_kafka_position_of(void *state, uint64_t bytes, const hr_part **parts, size_t *count, hr_error *err);
hr_status hr_kafka_acknowledge(void *state, const hr_part *parts, size_t count, hr_error *err);
bool hr_kafka_is_acknowledged(const hr_kafka_source_state *source); /* all that was given */

/* source_origin.c */
hr_status hr_kafka_origin_of(void *state, hr_origin **out, hr_error *err);
/* Before what was acknowledged is committed: a destination may have done so. */
void hr_kafka_origin_moved(hr_kafka_source_state *source, const hr_part *parts, size_t count);
void hr_kafka_origin_clear(hr_kafka_origin *origin);

/* source_refuse.c */
hr_status hr_kafka_place(void *state, uint64_t at, hr_place *out, hr_error *err);

/* source_recent.c */
/* Takes the message, which is the last one of the trail; false: there is no room for it. */
bool hr_kafka_keep_recent(hr_kafka_source_state *source, uint64_t ordinal, rd_kafka_message_t *message);
/* A message of the trail as it came, fetched once more when it is not kept; NULL in *out: it is no longer there. Lives
 * until the next call or message. */
hr_status hr_kafka_rejected_message(hr_kafka_source_state *source, const hr_trail_place *place,
                                    const rd_kafka_message_t **out, hr_error *err) HR_MUST_CHECK;
void hr_kafka_kept_clear(hr_kafka_kept *kept);
void hr_kafka_kept_free(hr_kafka_kept *kept);

/* source_dead.c */
hr_status hr_kafka_dead_open(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;
hr_status hr_kafka_refused(void *state, const hr_reject *rejects, size_t count, hr_error *err);

/* source_witness.c */
/* Marks the messages in front of those that come next, where they are not marked; `known` as the list. */
hr_status hr_kafka_mark_fronts(hr_kafka_source_state *source, const rd_kafka_topic_partition_list_t *list,
                               const hr_kafka_known *known, hr_error *err) HR_MUST_CHECK;
/* Looks whether the topic is still the one that was read, as far as partitions have moved since the last look. What was
 * read before the look is of that topic. */
hr_status hr_kafka_prove(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK;

/* source_lookup.c */
hr_status hr_kafka_lookup_open(hr_kafka_source_state *source, hr_error *err) HR_MUST_CHECK; /* once */
/* Whether there is a reason not to wait on, for what is waited for since `began`: an interrupt leaves some seconds, so
 * that the last commit can be made. */
hr_status hr_kafka_wait_on(const hr_kafka_source_state *source, hr_kafka_client *client, int64_t began,
                           hr_error *err) HR_MUST_CHECK;
/* The last message of partition `partition` in [from, until). */
typedef struct hr_kafka_sought {
    int32_t partition;
    int64_t from, until;
    bool done; /* an answer came: it was found, or there is none */
    bool found;
    int64_t at;
    uint32_t mark;
} hr_kafka_sought;
/* All of them at once, for at most `ms`. */
hr_status hr_kafka_lookup_marks(hr_kafka_source_state *source, hr_kafka_sought *list, size_t count, int64_t ms,
                                hr_error *err) HR_MUST_CHECK;
/* The message at an offset; NULL in *out: it is no longer there. Belongs to the lookup, until its next call. */
hr_status hr_kafka_lookup_find(hr_kafka_source_state *source, int32_t partition, int64_t offset,
                               const rd_kafka_message_t **out, hr_error *err) HR_MUST_CHECK;
void hr_kafka_lookup_close(hr_kafka_lookup *lookup);

#endif
