/* output_file.h: where select and convert write: standard output, or a file that appears only when it is whole. */
#ifndef HR_TOOLS_OUTPUT_FILE_H
#define HR_TOOLS_OUTPUT_FILE_H

#include "core/base/base.h"

typedef struct hr_output_file {
    int fd;
    char *path;   /* NULL: standard output, or a device that is written in place */
    char *hidden; /* what is written, beside `path` */
} hr_output_file;

/* `path` NULL or "-": standard output. One at a time in a process: a signal that ends it removes the hidden file. */
hr_status hr_output_open(const char *path, hr_output_file *out, hr_error *err) HR_MUST_CHECK;
/* Makes the file durable and gives it its name, over a file that is there. */
hr_status hr_output_publish(hr_output_file *file, hr_error *err) HR_MUST_CHECK;
/* Closes, and drops what was not published. */
void hr_output_close(hr_output_file *file);

#endif
