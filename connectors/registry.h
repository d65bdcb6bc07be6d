/* registry.h: the only list of connectors. */
#ifndef HR_CONNECTORS_REGISTRY_H
#define HR_CONNECTORS_REGISTRY_H

#include "headrace/connector.h"

/* The connector for a URI by its scheme; a path without one is "file", "-" is standard input or output. NULL: none in
 * this build. */
const hr_drop_type *hr_registry_drop(const char *uri);
const hr_source_type *hr_registry_source(const char *uri);
const hr_sink_type *hr_registry_sink(const char *uri);
/* All schemes, comma-separated, for error texts. Static. */
const char *hr_registry_schemes(void);

#endif
