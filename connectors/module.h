/* module.h: what a connector with libraries of its own hands to the program that loads it, and how it is loaded.
 *
 * Such a connector is a folder connectors/NAME, one of whose files defines `hr_NAME_module`. It becomes
 * headrace-NAME.so, which is loaded when a URI with one of its schemes is first used, so that whoever does not use it
 * neither waits for its libraries nor needs them; in a build without modules (HR_MODULES=OFF) it is linked like any
 * other. The schemes stand in registry.c.
 *
 * A module holds copies of the functions of the core that it calls. These have no state of their own, and memory comes
 * from one malloc: what one side allocates the other may free.
 */
#ifndef HR_CONNECTORS_MODULE_H
#define HR_CONNECTORS_MODULE_H

#include "headrace/connector.h"

typedef struct hr_connector_module {
    uint32_t version;    /* HR_CONNECTOR_VERSION */
    const char *release; /* HR_VERSION: module and program share structures, and so must be of one release */
    /* Each list ends in NULL; a NULL list is empty. */
    const hr_source_type *const *sources;
    const hr_drop_type *const *drops;
    const hr_sink_type *const *sinks;
} hr_connector_module;

/* The one symbol of a module (module_entry.c): a pointer to its table. */
#define HR_MODULE_SYMBOL "hr_connector_module_entry"

/* Where modules may be. */
typedef struct hr_module_folders {
    size_t count;
    char paths[4][4096];
} hr_module_folders;
/* The folders of this build: beside the program or library that this code is part of, then the one it was configured
 * with. So a build folder and an installation that was moved find their own. */
void hr_module_places(hr_module_folders *out);

/* Loads headrace-NAME.so from the first folder that has it. A module stays for the life of the process; loading it
 * again gives the same, from any thread: the list of what is loaded is the dynamic linker's. HR_E_UNSUPPORTED: no
 * folder has it, it is of another release, or a library that it needs is not there. */
hr_status hr_module_load(const char *name, const hr_module_folders *folders, const hr_connector_module **out,
                         hr_error *err) HR_MUST_CHECK;

#endif
