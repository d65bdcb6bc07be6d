/* registry.h: the only list of connectors. */
#ifndef HR_CONNECTORS_REGISTRY_H
#define HR_CONNECTORS_REGISTRY_H

#include "headrace/connector.h"

/* The connector for a URI by its scheme; a path without one is "file", "-" is standard input or output. A connector
 * that is a module (connectors/module.h) is loaded. NULL: *err (may be NULL) says why there is none. */
const hr_drop_type *hr_registry_drop(const char *uri, hr_error *err);
const hr_source_type *hr_registry_source(const char *uri, hr_error *err);
const hr_sink_type *hr_registry_sink(const char *uri, hr_error *err);
/* All schemes of this build, comma-separated. Static. */
const char *hr_registry_schemes(void);

#endif
