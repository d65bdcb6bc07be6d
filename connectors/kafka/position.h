/* position.h: where a partition stands, as text, and where to begin when partitions are assigned. Knows no library. */
#ifndef HR_CONNECTORS_KAFKA_POSITION_H
#define HR_CONNECTORS_KAFKA_POSITION_H

#include "core/base/base.h"

/* "1234#9ae16a3b-3+57~1f0e": message 1234 comes next; the one before it, 3 offsets further back than the one just in
 * front (for offsets are also taken by the marks of transactions; left out: 0), has this mark; 57 bytes of the record
 * made of message 1234, by the shape 1f0e, were taken already (it holds several records). "600^590": no message was in
 * front, and the log began at 590. */
typedef struct hr_kafka_position {
    int64_t offset; /* -1: none */
    bool marked;
    uint32_t mark;
    uint32_t back;
    uint32_t taken;
    uint16_t shape; /* of what was taken: hr_kafka_shape_hash of the record that its bytes are counted in */
    int64_t begins; /* of what is not marked: where the log began, 0: it may be its very beginning */
} hr_kafka_position;

#define HR_KAFKA_POSITION_TEXT 80u
void hr_kafka_position_print(const hr_kafka_position *position, char out[HR_KAFKA_POSITION_TEXT]);
/* "" is none. False: it is no position. */
bool hr_kafka_position_parse(const char *text, hr_kafka_position *out);
/* The offset of the marked message. */
int64_t hr_kafka_position_marked(const hr_kafka_position *position);
/* Moves to `offset`. No further message has come in front of it, so the mark stays. */
void hr_kafka_position_pass(hr_kafka_position *position, int64_t offset);
bool hr_kafka_position_equal(const hr_kafka_position *a, const hr_kafka_position *b);

/* What a message is recognised by: a topic that was made anew has other messages under the same offsets. */
uint32_t hr_kafka_mark(int64_t timestamp, const void *value, size_t size);

uint64_t hr_kafka_hash(const char *text);

/* Why messages that are wanted are not there. */
typedef enum hr_kafka_loss {
    HR_KAFKA_LOSS_NONE = 0,
    HR_KAFKA_LOSS_RETENTION, /* the log begins behind the position: so many messages are gone */
    HR_KAFKA_LOSS_TRUNCATED, /* the log ends before the position: it was cut, or is another one */
    HR_KAFKA_LOSS_RECREATED, /* another message stands where the last one was */
} hr_kafka_loss;
const char *hr_kafka_loss_name(hr_kafka_loss loss);

/* What is known of a partition when it is assigned. */
typedef struct hr_kafka_known {
    hr_kafka_position standing; /* by the last commit */
    int64_t committed;          /* at the broker, -1: nothing */
    bool told;                  /* that was by this ledger, of a commit of its own */
    int64_t low, high;          /* the log holds [low, high) */
} hr_kafka_known;

/* From where on to read, -1: nobody knows, the first start decides. *loss says whether that is not there; then the
 * answer is what was wanted. */
int64_t hr_kafka_begin(const hr_kafka_known *known, hr_kafka_loss *loss);

/* "2026-11-22", "2026-11-22T12:00:00", fractions, Z or +01:00 (none: UTC) to milliseconds since 1970; false: no such
 * time. */
bool hr_kafka_time_parse(const char *text, int64_t *ms);

#endif
