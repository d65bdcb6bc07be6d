/* arrow.h: batches as an Arrow C stream, for pyarrow, DuckDB, Polars and whatever else reads it.
 *
 * The three structures are those of the Arrow specification, "The Arrow C data interface" and "The Arrow C stream
 * interface": their names, layout and guards are fixed there, so that any number of headers may declare them. */
#ifndef HEADRACE_ARROW_H
#define HEADRACE_ARROW_H

#include "headrace/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/* How texts stand in the arrays. */
typedef enum hr_arrow_text {
    HR_ARROW_VIEW = 0,   /* utf8_view ("vu"): no copy of long texts */
    HR_ARROW_STRING = 1, /* utf8 ("u"), for readers that do not know views */
} hr_arrow_text;

typedef struct hr_arrow_options {
    hr_arrow_text text;
    uint32_t rows; /* how many rows an array shall have at least, while they are less than 32 MiB; 0: 65,536 */
    /* Called for each rejected row, in the order of the input, by the thread that is in get_next. NULL: the first
     * reject ends the stream with an error, since nobody would hear of it. */
    void (*reject)(void *context, const hr_reject *reject);
    void *context;
} hr_arrow_options;

/* Makes *out a stream over what is left of `reader`, which belongs to the stream from here on, also when this fails.
 * The reader's schema (hr_reader_schema) gives the types; without one all columns are text. `options` may be NULL. */
HR_API hr_status hr_arrow_stream(hr_reader *reader, const hr_arrow_options *options, struct ArrowArrayStream *out,
                                 hr_error *err) HR_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
