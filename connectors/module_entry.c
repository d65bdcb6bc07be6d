/* module_entry.c: the one symbol of a module; compiled for each, with HR_MODULE_TABLE naming its table. Part of no
 * library. */
#ifdef HR_MODULE_TABLE
#include "connectors/module.h"

extern const hr_connector_module HR_MODULE_TABLE;
HR_API extern const hr_connector_module *const hr_connector_module_entry;
const hr_connector_module *const hr_connector_module_entry = &HR_MODULE_TABLE;
#endif
