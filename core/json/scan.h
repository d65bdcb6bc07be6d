/* scan.h: a window of NDJSON lines: every line validated to the last byte, the values of the wanted columns found on
 * the way. The language is that of json.h, one value a line; lines end in LF (a CR before it is white space). */
#ifndef HR_CORE_JSON_SCAN_H
#define HR_CORE_JSON_SCAN_H

#include "core/base/base.h"
#include "simd/simd.h"

/* What is wrong with a line; hr_json_fault_text says it to people. */
typedef enum hr_json_fault {
    HR_JSON_SOUND = 0,
    HR_JSON_SYNTAX,    /* not one RFC 8259 value */
    HR_JSON_UTF8,      /* bytes that are not UTF-8 */
    HR_JSON_CONTROL,   /* a control character in a string */
    HR_JSON_ESCAPE,    /* an escape that there is not, or half a surrogate pair */
    HR_JSON_UNCLOSED,  /* a string, object or array that does not end on its line */
    HR_JSON_TRAILING,  /* something behind the value */
    HR_JSON_TOO_DEEP,  /* beyond the depth limit */
    HR_JSON_NO_OBJECT, /* columns are wanted of a value that cannot have them */
    HR_JSON_STRANGER,  /* a member that is no column, where such are refused */
} hr_json_fault;
const char *hr_json_fault_text(hr_json_fault fault);

/* What a plan may ask for. */
#define HR_JSON_DEPTH_MAX 65536u
#define HR_JSON_STEPS_MAX 64u /* of one JSON Pointer */

/* The columns that are wanted, made ready for the search. Does not change once made; many scans may share it. */
typedef struct hr_json_plan hr_json_plan;
typedef struct hr_json_plan_options {
    /* [count] columns: a name of a member of the record, or, beginning with '/', a JSON Pointer into it. None: records
     * may be any value. A record must be an object where some column is a name, else an object or an array. */
    const char *const *columns;
    size_t count;
    unsigned depth_limit;  /* [1] is depth 1; 0: 512; at most HR_JSON_DEPTH_MAX */
    bool refuse_strangers; /* members of the record that no column names or goes through: HR_JSON_STRANGER */
} hr_json_plan_options;
hr_status hr_json_plan_new(const hr_json_plan_options *options, hr_json_plan **out, hr_error *err) HR_MUST_CHECK;
void hr_json_plan_free(hr_json_plan *plan);

/* A line of a window. */
typedef struct hr_json_line {
    uint32_t begin, size; /* the value, without the white space around it; size 0: a blank line */
    uint32_t end;         /* offset behind the line's LF */
    uint32_t at;          /* where the fault is */
    hr_json_fault fault;
} hr_json_line;

typedef struct hr_json_scan hr_json_scan; /* room that is used again; one thread at a time */
hr_status hr_json_scan_new(const hr_kernels *kernels, const hr_json_plan *plan, hr_json_scan **out,
                           hr_error *err) HR_MUST_CHECK;
void hr_json_scan_free(hr_json_scan *scan);

/* Runs are given pieces of one memory, of `ahead` bytes: the next piece is asked for while one is read. 0: they are
 * not. */
void hr_json_scan_ahead(hr_json_scan *scan, size_t ahead);

/* Cells that one run gives at most; it stops in front of the line that would need more (never in front of the first).
 */
#define HR_JSON_CELLS_MAX (1u << 22)

/* Reads data[0, size): lines that end in LF, but for the last one, which may end with the data. size < 2^31. The answer
 * does not depend on where windows begin and end. What it gives lives until the next run. A line with a fault has cells
 * of no meaning. A fault never reaches beyond its line. The first fault in the order of the bytes counts, but UTF8
 * comes before all others, and NO_OBJECT and STRANGER count only in lines that are sound otherwise. */
typedef struct hr_json_lines {
    const hr_json_line *lines; /* [count], blank ones too, without a gap */
    size_t count;
    const hr_span *cells; /* [count * columns]: offsets in the window; size 0: no such member */
    size_t consumed;      /* the end of the last line: `size`, but for HR_JSON_CELLS_MAX; go on from there */
    bool all_sound;       /* no line has a fault and none is blank */
    uint64_t repeated;    /* cells that were replaced by a later member of the same name, in sound lines */
} hr_json_lines;
hr_status hr_json_scan_run(hr_json_scan *scan, const uint8_t *data, size_t size, hr_json_lines *out,
                           hr_error *err) HR_MUST_CHECK;

/* The oracle: one line (no LF in it), in plain C, byte by byte, with no state but its arguments. What the scan gives is
 * defined by it. *value gets begin and size, fault and at; cells [columns of plan]. */
void hr_json_line_exact(const hr_json_plan *plan, const uint8_t *data, size_t size, hr_json_line *value, hr_span *cells,
                        uint64_t *repeated);

#endif
