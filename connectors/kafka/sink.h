/* sink.h: what the files of the sink share.
 *
 * Rows and position stand in one transaction: a segment is a transaction that ends with records on the checkpoint
 * topic, which is compacted: one for each part of the source that moved, and one for the source itself, the head. Keys
 * are
 * ["feed","source","part"] and ["feed","source"]; what programs read are the headers, the value is for people.
 *
 * The transactional id belongs to (feed, source, topic), so that whoever opens the sink next aborts what its forerunner
 * left open, or waits for the commit that was under way; then the head says whether that was made. */
#ifndef HR_CONNECTORS_KAFKA_SINK_H
#define HR_CONNECTORS_KAFKA_SINK_H

#include "connectors/kafka/kafka.h"
#include "core/output/output.h"

#define HR_KAFKA_TOKEN 37u
#define HR_KAFKA_KEY_COLUMNS 16u

/* A part of the source, as the checkpoint topic has it. */
typedef struct hr_kafka_stand {
    char *name, *at;
    char *next; /* what the prepared transaction makes of `at`, or NULL */
} hr_kafka_stand;

/* The head of a source. */
typedef struct hr_kafka_head {
    bool found;
    uint64_t generation;
    char token[HR_KAFKA_TOKEN]; /* of the last transaction */
    char ledger[100];
} hr_kafka_head;

typedef struct hr_kafka_sink_state {
    hr_sink_plan plan;
    const hr_options *options;
    hr_kafka_address address;
    hr_kafka_client *client; /* NULL: not started */
    const char *checkpoint;  /* topic */
    char *transactional_id;
    char *key_begin; /* ["feed","source" */
    atomic_bool interrupted;
    bool failed, open; /* open: a transaction has begun */
    bool flushed;      /* it is prepared */
    char token[HR_KAFKA_TOKEN];
    uint64_t timeout_ms; /* of a transaction, when nothing is heard of its producer */
    int64_t begun_ns;    /* when the open transaction began */
    rd_kafka_topic_t *topic;
    rd_kafka_resp_err_t delivery; /* the first message that was not delivered says why */
    bool delivery_checkpoint;     /* it was one of the checkpoint topic */
    int32_t checkpoint_part;      /* partition of the checkpoint topic */
    int64_t checkpoint_end;       /* where it ends, as far as is known; it only grows */
    bool checkpoint_anew;         /* it was seen to end before that: it is another topic */
    char *cluster;                /* its id, NULL: not asked for yet; memory of the client */
    bool near;                    /* rows come from it, too */
    bool moves_group;             /* that rows come from, in the transaction */
    uint64_t topic_max;           /* bytes of a message of the topic; 0: it may not be asked for */
    uint64_t message_max;         /* that, or what the user says */
    uint64_t bytes;               /* of the segment */
    hr_kafka_head head;
    hr_kafka_stand *stands; /* [stand_count] */
    size_t stand_count;

    hr_writer *writer;
    hr_format format;
    hr_buffer rows, key;
    uint32_t key_columns[HR_KAFKA_KEY_COLUMNS];
    size_t key_count;
    bool lineage;
    hr_refusal *refusals; /* [refusal_count] with their batches retained */
    size_t refusal_count, refusal_capacity;
    uint64_t refused;      /* bytes of their messages */
    char (*messages)[160]; /* [refusal_capacity] */
} hr_kafka_sink_state;

/* sink_start.c */
/* Connects, takes over the transactional id, and reads where the parts stand. */
hr_status hr_kafka_sink_start(hr_kafka_sink_state *sink, hr_error *err) HR_MUST_CHECK;
/* A producer with a transactional id that nobody else has now: what was begun under it is ended. */
hr_status hr_kafka_sink_producer(hr_kafka_sink_state *sink, const char *id, hr_kafka_client **out,
                                 hr_error *err) HR_MUST_CHECK;

/* sink_fail.c */
/* An error of the producer, "DOING: ..."; where the broker has ended the transaction, it is worth another try. */
hr_status hr_kafka_sink_fail(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_resp_err_t code,
                             const char *doing);
/* The same of an error object, which is destroyed. */
hr_status hr_kafka_sink_fail_error(const hr_kafka_sink_state *sink, hr_error *err, rd_kafka_error_t *error,
                                   const char *doing);

/* sink_topic.c */
/* The checkpoint topic is there, and compacted. */
hr_status hr_kafka_checkpoint_ensure(hr_kafka_sink_state *sink, hr_error *err) HR_MUST_CHECK;

/* sink_checkpoint.c */
/* Reads all of it; *head is that of the key `head_key`. `stands`: the parts of this sink's source go to sink->stands.
 */
hr_status hr_kafka_checkpoint_read(hr_kafka_sink_state *sink, const char *head_key, bool stands, hr_kafka_head *head,
                                   hr_error *err) HR_MUST_CHECK;
/* Sends the records of a checkpoint, in the open transaction. `parts` may be NULL. */
hr_status hr_kafka_checkpoint_send(hr_kafka_sink_state *sink, const hr_part *parts, size_t count,
                                   hr_error *err) HR_MUST_CHECK;
/* The part of that name; NULL: it has none. */
hr_kafka_stand *hr_kafka_stand_find(const hr_kafka_sink_state *sink, const char *name);
hr_status hr_kafka_stand_set(hr_kafka_sink_state *sink, const char *name, const char *at, hr_error *err) HR_MUST_CHECK;

/* sink_rows.c */
hr_status hr_kafka_sink_write(void *state, const hr_parcel *parcel, const char *start, uint64_t *segment_bytes,
                              hr_error *err);
hr_status hr_kafka_sink_begin(hr_kafka_sink_state *sink, hr_error *err) HR_MUST_CHECK;
/* Everything that was produced is at the brokers. */
hr_status hr_kafka_sink_flush(hr_kafka_sink_state *sink, hr_error *err) HR_MUST_CHECK;
void hr_kafka_refusals_clear(hr_kafka_sink_state *sink);

/* sink_group.c */
/* Moves the offsets of the source's group in the open transaction, where it is one of this cluster. */
hr_status hr_kafka_group_move(hr_kafka_sink_state *sink, const hr_checkpoint *checkpoint, hr_error *err) HR_MUST_CHECK;

/* sink_commit.c */
hr_status hr_kafka_sink_prepare(void *state, const hr_checkpoint *checkpoint, hr_outcome *out, hr_error *err);
hr_status hr_kafka_sink_publish(void *state, const hr_receipt *receipt, hr_error *err);
/* Commits what is open; HR_E_LOST: it was aborted. */
hr_status hr_kafka_sink_commit(hr_kafka_sink_state *sink, hr_error *err) HR_MUST_CHECK;
void hr_kafka_sink_abort(hr_kafka_sink_state *sink);

#endif
