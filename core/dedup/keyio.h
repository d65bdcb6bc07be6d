/* keyio.h: whole reads and writes at a place of a file, for the log and for runs. */
#ifndef HR_CORE_DEDUP_KEYIO_H
#define HR_CORE_DEDUP_KEYIO_H

#include "core/base/base.h"

/* All of it, or an errno. */
int hr_key_write(int fd, const uint8_t *data, size_t size, uint64_t offset);
/* All of it, or an errno; EIO at the end of the file. */
int hr_key_read(int fd, uint8_t *data, size_t size, uint64_t offset);
/* The folder of `path`, a heap string; NULL: no memory. */
char *hr_key_folder(const char *path);

#endif
