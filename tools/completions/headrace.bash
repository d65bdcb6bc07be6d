# headrace.bash: completion for bash, made by: headrace help --completion bash
# shellcheck shell=bash
_headrace() {
    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} values='' flags=''
    COMPREPLY=()
    # bash takes --flag=value for three words
    if [[ $word == = ]]; then
        word=''
    elif [[ $last == = ]]; then
        last=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)) || [[ $command == help && $word != -* && $last == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'ingest retry abandon jobs job errors files audit sniff count check select convert schema dedup bench help version' -- "$word")
        return
    fi
    case "$command $last" in
    'ingest --hash') values='xxh3 sha256' ;;
    'ingest --write') values='auto csv ndjson' ;;
    'ingest --quote-style') values='minimal strings all' ;;
    'ingest --compress') values='none gzip zstd' ;;
    'ingest --on-change') values='auto version quarantine fail' ;;
    'ingest --mode') values='append insert-ignore merge replace' ;;
    'ingest --drift') values='evolve freeze reject-row' ;;
    'ingest --format') values='auto csv ndjson' ;;
    'ingest --members') values='ignore reject' ;;
    'ingest --header') values='auto yes no' ;;
    'ingest --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'ingest --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'ingest --ragged') values='reject pad truncate both' ;;
    'ingest --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'sniff --format') values='auto csv ndjson' ;;
    'sniff --members') values='ignore reject' ;;
    'sniff --header') values='auto yes no' ;;
    'sniff --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'sniff --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'sniff --ragged') values='reject pad truncate both' ;;
    'sniff --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'count --format') values='auto csv ndjson' ;;
    'count --members') values='ignore reject' ;;
    'count --header') values='auto yes no' ;;
    'count --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'count --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'count --ragged') values='reject pad truncate both' ;;
    'count --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'check --format') values='auto csv ndjson' ;;
    'check --members') values='ignore reject' ;;
    'check --header') values='auto yes no' ;;
    'check --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'check --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'check --ragged') values='reject pad truncate both' ;;
    'check --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'select --write') values='csv ndjson' ;;
    'select --quote-style') values='minimal strings all' ;;
    'select --out-header') values='auto yes no' ;;
    'select --compress') values='none gzip zstd' ;;
    'select --format') values='auto csv ndjson' ;;
    'select --members') values='ignore reject' ;;
    'select --header') values='auto yes no' ;;
    'select --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'select --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'select --ragged') values='reject pad truncate both' ;;
    'select --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'convert --write') values='csv ndjson' ;;
    'convert --quote-style') values='minimal strings all' ;;
    'convert --out-header') values='auto yes no' ;;
    'convert --compress') values='none gzip zstd' ;;
    'convert --format') values='auto csv ndjson' ;;
    'convert --members') values='ignore reject' ;;
    'convert --header') values='auto yes no' ;;
    'convert --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'convert --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'convert --ragged') values='reject pad truncate both' ;;
    'convert --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'schema --format') values='auto csv ndjson' ;;
    'schema --members') values='ignore reject' ;;
    'schema --header') values='auto yes no' ;;
    'schema --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'schema --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'schema --ragged') values='reject pad truncate both' ;;
    'schema --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'dedup --keep') values='first' ;;
    'dedup --hash') values='xxh3 sha256' ;;
    'dedup --write') values='csv ndjson' ;;
    'dedup --quote-style') values='minimal strings all' ;;
    'dedup --out-header') values='auto yes no' ;;
    'dedup --compress') values='none gzip zstd' ;;
    'dedup --format') values='auto csv ndjson' ;;
    'dedup --members') values='ignore reject' ;;
    'dedup --header') values='auto yes no' ;;
    'dedup --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'dedup --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'dedup --ragged') values='reject pad truncate both' ;;
    'dedup --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'bench --format') values='auto csv ndjson' ;;
    'bench --members') values='ignore reject' ;;
    'bench --header') values='auto yes no' ;;
    'bench --encoding') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'bench --encoding-fallback') values='ascii utf-8 utf-16le utf-16be utf-32le utf-32be windows-1252 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 koi8-r koi8-u ibm437 ibm737 ibm775 ibm850 ibm852 ibm855 ibm857 ibm858 ibm860 ibm861 ibm862 ibm863 ibm865 ibm866 ibm869 macintosh x-mac-cyrillic x-mac-ce shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr gb18030 hz-gb-2312 big5 big5-hkscs' ;;
    'bench --ragged') values='reject pad truncate both' ;;
    'bench --kernel') values='auto scalar sse42 avx2 avx512 neon' ;;
    'help --completion') values='bash zsh' ;;
    esac
    case $command in
    ingest) flags='--help --ledger --json --to --name --key --hash --write --quote-style --compress --segment-bytes --segment-rows --segment-age --max-errors --schema --lineage --on-change --dedup-memory --reconnect --table --mode --drift --writers --allow-empty --watermark --lookback --from --member --group --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    retry) flags='--help --rows --ledger --json' ;;
    abandon) flags='--help --force --ledger --json' ;;
    jobs) flags='--help --feed --limit --ledger --json' ;;
    job) flags='--help --ledger --json' ;;
    errors) flags='--help --csv --all --ledger --json' ;;
    files) flags='--help --ledger --json' ;;
    audit) flags='--help --window --all --ledger --json' ;;
    sniff) flags='--help --json --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    count) flags='--help --json --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    check) flags='--help --show --schema --json --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    select) flags='--help --write --out-delimiter --quote-style --out-header --output --schema --compress --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    convert) flags='--help --write --out-delimiter --quote-style --out-header --output --schema --compress --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    schema) flags='--help --explain --against --ledger --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    dedup) flags='--help --key --keep --hash --dedup-memory --write --out-delimiter --quote-style --out-header --output --schema --compress --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    bench) flags='--help --memory --json --format --columns --members --delimiter --quote --escape --comment --header --skip-lines --encoding --encoding-fallback --ragged --strict --lenient --null --limits-row-bytes --limits-columns --limits-unique --limits-depth --sample --offsets --kernel --threads' ;;
    help) flags='--help --man --markdown --completion' ;;
    version) flags='--help --json' ;;
    esac
    if [[ $values ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
    fi
}
complete -o default -F _headrace headrace
