/* progress.h: the line that shows how far an ingest is, on a terminal only. */
#ifndef HR_TOOLS_PROGRESS_H
#define HR_TOOLS_PROGRESS_H

#include "headrace/job.h"

typedef struct hr_progress {
    bool on;    /* standard error is a terminal */
    bool shown; /* a line stands there */
    char job[37];
    int64_t began_ns, drawn_ns;
    uint64_t began_rows, began_bytes; /* of a resumed job: what was there before */
} hr_progress;

void hr_progress_new(hr_progress *progress);
/* Redraws, ten times a second at most. */
void hr_progress_show(hr_progress *progress, const hr_job *job, uint64_t done, uint64_t size);
/* Takes the line away before something else is printed. */
void hr_progress_clear(hr_progress *progress);
/* The line itself, for a terminal of `width` columns; `out` of at least 256 bytes. */
void hr_progress_line(const hr_progress *progress, uint64_t rows, uint64_t done, uint64_t size, int64_t now_ns,
                      unsigned width, char out[256]);

#endif
