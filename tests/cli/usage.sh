# usage.sh: the command line itself: commands, flags, what is wrong with them.
# shellcheck shell=bash disable=SC2016,SC2154

given three.csv <<'END'
a,b
1,2
3,4
5,6
END

promise 'bare headrace lists the commands in groups' 'headrace | grep -v "^  "' <<'END'
headrace 0.1.0: brings CSV, NDJSON, tables and topics where they belong, each row exactly once.

Load

Look back

Work on files

Help

Try: headrace sniff FILE, headrace check FILE, headrace ingest FILE --to FOLDER
Each command explains itself by example: headrace COMMAND --help
Databases and brokers: headrace help postgres, headrace help kafka
END

promise 'every command of the overview has help with examples' \
    'headrace | sed -nE "s/^  ([a-z]+) .*/\1/p" | while read -r c; do headrace "$c" --help | grep -c "^Examples"; done | sort -u' <<'END'
1
END

promise 'a command that does not exist is a usage error with the nearest one' 'headrace cuont three.csv' <<'END'
! headrace: there is no command 'cuont'; did you mean count?
= 2
END

promise 'a flag that does not exist is a usage error with the nearest one' 'headrace count --delimeter , three.csv' <<'END'
! headrace: count has no flag --delimeter; did you mean --delimiter?
= 2
END

promise 'a flag that is like none says where to look' 'headrace count --frobnicate three.csv' <<'END'
! headrace: count has no flag --frobnicate; see headrace count --help
= 2
END

promise 'a flag without its value is a usage error' 'headrace count three.csv --delimiter' <<'END'
! headrace: --delimiter needs a value: --delimiter BYTE
= 2
END

promise 'a flag is not taken for the value of another' 'headrace count --delimiter --strict three.csv' <<'END'
! headrace: --delimiter needs a value: --delimiter BYTE (with = when it begins with --)
= 2
END

promise 'a value that is none of the choices is a usage error' 'headrace count --header maybe three.csv' <<'END'
! headrace: option 'header' takes auto|yes|no, not 'maybe'
= 2
END

promise 'an unknown encoding is a usage error' 'headrace count --encoding klingon three.csv' <<'END'
! headrace: option encoding: there is no encoding 'klingon'; 'headrace help encodings' lists them (three.csv)
= 2
END

promise 'values come behind a space or behind =' 'headrace count --delimiter , --quote=none three.csv' <<'END'
3
END

promise 'flags may stand behind operands' 'headrace count three.csv --no-header' <<'END'
4
END

promise 'header yes and no are flags as well' 'headrace count --header no three.csv; headrace count --no-header three.csv; headrace count --header=yes three.csv' <<'END'
4
4
3
END

promise 'two dashes end the flags' 'cp three.csv ./--json; headrace count -- --json' <<'END'
3
END

promise 'one dash is standard input' 'headrace count - <three.csv' <<'END'
3
END

promise 'an unknown short flag is a usage error' 'headrace count -x three.csv' <<'END'
! headrace: flags have two dashes here, '-x' has one; see headrace count --help
= 2
END

promise 'a command without its operand is a usage error' 'headrace count' <<'END'
! headrace: count needs more: headrace count FILE...
= 2
END

promise 'an operand too many is a usage error' 'headrace version three.csv' <<'END'
! headrace: version does not know what to do with 'three.csv'; see headrace version --help
= 2
END

promise 'ingest without a destination is a usage error' 'headrace ingest three.csv' <<'END'
! headrace: say where the rows shall go: headrace ingest three.csv --to DEST
= 2
END

promise 'a flag before the command is explained' 'headrace --json count three.csv' <<'END'
! headrace: the command comes first: headrace COMMAND --json ...; headrace --help lists the commands
= 2
END

promise '-h and --help win over what stands behind them' 'headrace count -h --nonsense | head -n 1; headrace help count | head -n 1' <<'END'
headrace count: count the records of files
headrace count: count the records of files
END

promise '--version is version' 'headrace --version | head -n 1' <<'END'
headrace 0.1.0
END

promise 'help names every encoding that --encoding takes' 'headrace help encodings | grep -cE "^(utf-8|windows-1252|shift_jis)$"' <<'END'
3
END

promise 'a kernel that this CPU does not have is a usage error, scalar always works' 'headrace count --kernel neon three.csv 2>&1 | sed "s/ (.*//"; headrace count --kernel scalar three.csv' <<'END'
headrace: option kernel: this processor cannot run 'neon'
3
END
