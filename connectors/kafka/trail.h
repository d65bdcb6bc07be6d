/* trail.h: which message each byte given to the runner came from, until it is acknowledged: eight bytes a message, and
 * a little for each stretch of messages that follow each other in one partition. Knows no library. */
#ifndef HR_CONNECTORS_KAFKA_TRAIL_H
#define HR_CONNECTORS_KAFKA_TRAIL_H

#include "connectors/kafka/position.h"

#define HR_TRAIL_SIZE_MAX ((uint32_t)1073741823) /* bytes of a record */

/* Messages offset, offset + 1 ... of one partition, given one after the other. */
typedef struct hr_trail_run {
    uint64_t begin; /* offset in the stream */
    uint64_t first; /* ordinal of its first message in all of the trail */
    int64_t offset;
    int32_t partition;
    uint32_t count;
} hr_trail_run;

typedef struct hr_trail_message {
    uint32_t size; /* bytes in the stream; the highest bit: they are not those of the message; the next: a gap */
    uint32_t mark;
} hr_trail_message;

/* Zeroed with a ceiling set it is empty. */
typedef struct hr_trail {
    hr_trail_run *runs;
    size_t run_head, run_count, run_capacity;
    hr_trail_message *messages;
    size_t message_head, message_count, message_capacity;
    size_t gap_count; /* of them */
    uint64_t dropped; /* messages that were dropped from the front */
    uint64_t end;     /* bytes given */
    size_t ceiling;   /* bytes of memory */
    /* The walk of hr_trail_next: message `walk_message` (ordinal), which begins at walk_at. */
    uint64_t walk_message, walk_at;
    size_t walk_run; /* index, from run_head on */
} hr_trail;

typedef struct hr_trail_place {
    int32_t partition;
    int64_t offset;
    uint64_t begin;
    uint64_t ordinal; /* in all of the trail */
    uint32_t size, mark;
    bool altered;
    bool gap; /* no message: up to this offset there is none (hr_trail_gap) */
} hr_trail_place;

/* A message whose record is `size` bytes long. False: no memory, or the ceiling (hr_trail_full). */
bool hr_trail_add(hr_trail *trail, int32_t partition, int64_t offset, uint32_t size, bool altered, uint32_t mark);
/* The log was seen up to `next`, and what stands in front of it is no message for readers (an aborted transaction, the
 * marks of transactions, what was compacted away): the position may pass it, once all before it is passed. It takes the
 * place of a message without bytes. False: no memory. */
bool hr_trail_gap(hr_trail *trail, int32_t partition, int64_t next);
/* Some of its memory should be had back before more is read. */
bool hr_trail_full(const hr_trail *trail);
/* The next message that begins before `bytes`, once; the last one may end behind it, and then it comes again. */
bool hr_trail_next(hr_trail *trail, uint64_t bytes, hr_trail_place *out);
/* The message whose record holds the byte at `at`. */
bool hr_trail_find(const hr_trail *trail, uint64_t at, hr_trail_place *out);
/* The oldest message, false: there is none. */
bool hr_trail_front(const hr_trail *trail, hr_trail_place *out);
/* Drops it. Only once hr_trail_next has passed it. */
void hr_trail_drop(hr_trail *trail);
void hr_trail_free(hr_trail *trail);

#endif
