/* zone.h: what the two halves of the raw zone share: writing a segment (zone_sink.c), and what happens to it afterwards
 * (zone_publish.c). */
#ifndef HR_CONNECTORS_FILE_ZONE_H
#define HR_CONNECTORS_FILE_ZONE_H

#include <limits.h>

#include "connectors/file/file.h"
#include "core/output/output.h"

#define HR_ZONE_HIDDEN_END ".part"

typedef struct hr_zone {
    hr_sink_plan plan;
    char *root; /* the zone's path, for messages */
    int root_fd;
    char *source;  /* "source=NAME" */
    char date[32]; /* "ingest_date=YYYY-MM-DD" */
    hr_quote_style quote_style;
    hr_writer *writer; /* made when the first row comes: a sink that only publishes knows no columns */
    hr_buffer rows;
    bool failed; /* may only be closed */
    bool rooted; /* the folders above the segments are durable */

    /* The open segment; deflate is NULL when there is none. */
    hr_deflate *deflate;
    int folder_fd, file_fd;
    uint64_t begun;       /* bytes of it that the system was asked to write */
    char *hidden, *final; /* names within the folder */
} hr_zone;

/* Opens `name` in the folder `above`, which is not left through a symbolic link. -1 with HR_OK: it does not exist and
 * `create` is false. */
hr_status hr_zone_folder(const hr_zone *zone, int above, const char *name, bool create, int *fd,
                         hr_error *err) HR_MUST_CHECK;

/* The functions of hr_zone_sink with these names. */
hr_status hr_zone_publish(void *state, const hr_receipt *receipt, hr_error *err);
hr_status hr_zone_sweep(void *state, const hr_receipt *keep, size_t count, hr_error *err);

#endif
