/* option_rows.h: the options of a reader as rows of a table, for every table that contains them. */
#ifndef HR_CORE_CSV_OPTION_ROWS_H
#define HR_CORE_CSV_OPTION_ROWS_H

#define HR_READER_OPTION_ROWS \
    {"delimiter", HR_OPTION_BYTE, NULL, "BYTE", "What stands between fields: a character, tab, 0x1F ... (detected when not given).", false}, \
    {"quote", HR_OPTION_BYTE, NULL, "BYTE", "What encloses fields that hold delimiters or newlines, or none (detected when not given).", false}, \
    {"escape", HR_OPTION_BYTE, NULL, "BYTE", "A byte that makes the next one data, as \\ in some files, or none (detected when not given).", false}, \
    {"comment", HR_OPTION_BYTE, NULL, "BYTE", "Records that begin with this byte are skipped, and counted as skipped, or none (detected when not given).", false}, \
    {"header", HR_OPTION_CHOICE, "auto", "auto|yes|no", "Whether the first record holds the names of the columns.", false}, \
    {"skip_lines", HR_OPTION_COUNT, NULL, "N", "Lines before the header that are not data; counted as skipped (detected when not given).", false}, \
    {"encoding", HR_OPTION_TEXT, NULL, "NAME", "Character encoding of the input, such as utf-8, windows-1252, shift_jis (detected when not given).", false}, \
    {"encoding_fallback", HR_OPTION_TEXT, NULL, "NAME", "Decode rows of a UTF-8 input that are not UTF-8 with this encoding, instead of rejecting them; counted and reported.", false}, \
    {"ragged", HR_OPTION_CHOICE, "reject", "reject|pad|truncate|both", "Rows with fewer or more fields than the header: reject them, pad missing fields with null, truncate extra ones, or both.", false}, \
    {"strict", HR_OPTION_BOOL, "no", NULL, "Also reject rows with a quote inside an unquoted field.", false}, \
    {"lenient", HR_OPTION_BOOL, "no", NULL, "Accept bytes between a closing quote and the next delimiter: they are appended to the field.", false}, \
    {"null", HR_OPTION_TEXT, NULL, "TEXT,...", "Further spellings of null, comma-separated, such as NULL,\\N,NA; an unquoted empty field always is null.", false}, \
    {"limits.row_bytes", HR_OPTION_SIZE, "16Mi", "SIZE", "Longest record; a longer one is rejected.", false}, \
    {"limits.columns", HR_OPTION_COUNT, "131072", "N", "Most fields in a record; a record with more is rejected.", false}, \
    {"sample", HR_OPTION_SIZE, "256Ki", "SIZE", "How much of the beginning detection looks at.", false}, \
    {"offsets", HR_OPTION_BOOL, "no", NULL, "Give the byte offset of every row, also where it costs time (transcoded input).", false}, \
    {"kernel", HR_OPTION_CHOICE, "auto", "auto|scalar|sse42|avx2|avx512|neon", "Instruction set of the parser; the answer is the same with each.", false}, \
    {"threads", HR_OPTION_COUNT, "1", "N", "Threads that may parse one input (this version uses one).", false},

#endif
