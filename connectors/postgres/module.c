/* module.c: the table of the connector postgres. */
#include "connectors/postgres/postgres.h"

static const hr_sink_type *const sinks[] = {&hr_postgres_sink, NULL};

static const hr_source_type *const sources[] = {&hr_postgres_source, NULL};

const hr_connector_module hr_postgres_module = {
    .version = HR_CONNECTOR_VERSION,
    .release = HR_VERSION,
    .sinks = sinks,
    .sources = sources,
};
