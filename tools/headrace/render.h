/* render.h: batches to text in the threads that made them. */
#ifndef HR_TOOLS_RENDER_H
#define HR_TOOLS_RENDER_H

#include <pthread.h>

#include "core/output/output.h"
#include "core/reader/reader.h"

/* The rows of a batch as text, which is used again for another batch. */
typedef struct hr_rendered {
    hr_buffer text;
    struct hr_rendered *next;
} hr_rendered;

typedef struct hr_rendering {
    hr_writer *writer; /* NULL: there will be no rows */
    pthread_mutex_t lock;
    hr_rendered *spare;
} hr_rendering;

/* `writer` is to be set before the reader works, and to be freed after it was closed. */
void hr_rendering_begin(hr_rendering *rendering);
/* Its result is an hr_rendered, or NULL where there are no rows. */
hr_batch_work hr_rendering_work(hr_rendering *rendering);
/* The text is not needed any more. NULL is fine. */
void hr_rendering_give_back(hr_rendering *rendering, hr_rendered *rows);
/* When the reader is closed. */
void hr_rendering_end(hr_rendering *rendering);

#endif
