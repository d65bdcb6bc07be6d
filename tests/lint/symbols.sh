#!/usr/bin/env bash
# What the library defines for others begins with hr_, and what it calls is what a library may call: no output of its own,
# no exit, no environment, and memory only through core/base/memory.c. Looks at the objects of build/release.
. "$(dirname "$0")/common.sh"
objects=${LINT_OBJECTS:-build/release/CMakeFiles/headrace.dir}
[[ -d $objects ]] || { echo "no $objects; run ./dev build first"; exit 2; }

fault_lines < <(find "$objects" -name '*.o' -exec nm -A --defined-only --extern-only {} + |
    awk '{ name = $NF } name !~ /^hr_/ { print $1 " defines " name ", which does not begin with hr_" }')

printing='printf|vprintf|puts|putchar|perror|stdout|stderr|__printf_chk|__vprintf_chk|psignal|err|errx|warn|warnx'
ending='exit|_exit|_Exit|quick_exit|abort'
asking='getenv|secure_getenv|setenv|putenv|environ|setlocale|chdir|umask|signal'
memory='malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|__asprintf_chk|__vasprintf_chk|aligned_alloc|posix_memalign'
fault_lines < <(find "$objects" -name '*.o' -exec nm -A --undefined-only {} + | sed -E 's/@.*//' |
    awk -v bad="^($printing|$ending|$asking)\$" -v memory="^($memory)\$" '
        { object = $1; sub(/:$/, "", object); name = $NF }
        name ~ bad { print object " uses " name }
        name ~ memory && object !~ /core\/base\/memory\.c\.o$/ { print object " uses " name "; core/base/memory.c has what to use" }')
finish
