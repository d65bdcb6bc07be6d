#!/usr/bin/env bash
# What the library defines for others begins with hr_, and what it calls is what a library may call: no output of its own,
# no exit, no environment, and memory only through core/base/memory.c. A module shows its entry and nothing else, and the
# program does not need the libraries of modules. Looks at what build/release holds.
. "$(dirname "$0")/common.sh"
built=${LINT_BUILT:-build/release}
objects=()
for folder in "$built/CMakeFiles/headrace.dir" "$built"/CMakeFiles/connector_*.dir; do
    [[ ! -d $folder ]] || objects+=("$folder")
done
((${#objects[@]})) || { echo "no objects in $built; run ./dev build first"; exit 2; }

fault_lines < <(find "${objects[@]}" -name '*.o' -exec nm -A --defined-only --extern-only {} + |
    awk '{ name = $NF } name !~ /^hr_/ { print $1 " defines " name ", which does not begin with hr_" }')

printing='printf|vprintf|puts|putchar|perror|stdout|stderr|__printf_chk|__vprintf_chk|psignal|err|errx|warn|warnx'
ending='exit|_exit|_Exit|quick_exit|abort'
asking='getenv|secure_getenv|setenv|putenv|environ|setlocale|chdir|umask|signal'
memory='malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|__asprintf_chk|__vasprintf_chk|aligned_alloc|posix_memalign'
fault_lines < <(find "${objects[@]}" -name '*.o' -exec nm -A --undefined-only {} + | sed -E 's/@.*//' |
    awk -v bad="^($printing|$ending|$asking)\$" -v memory="^($memory)\$" '
        { object = $1; sub(/:$/, "", object); name = $NF }
        name ~ bad { print object " uses " name }
        name ~ memory && object !~ /core\/base\/memory\.c\.o$/ { print object " uses " name "; core/base/memory.c has what to use" }')
for module in "$built"/modules/*.so; do
    [[ ! -e $module ]] || fault_lines < <(nm -D --defined-only "$module" | sed -E 's/@.*//' |
        awk -v module="$module" '$NF != "hr_connector_module_entry" { print module " shows " $NF "; only its entry is for others" }')
done
if [[ -e $built/headrace && -e $built/modules ]]; then
    fault_lines < <(readelf -d "$built/headrace" | grep -oE 'Shared library: \[lib(pq|rdkafka)[^]]*' | sed "s|.*\[|$built/headrace needs |")
fi
finish
