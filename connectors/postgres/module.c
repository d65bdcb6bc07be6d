/* module.c: the table of the connector postgres. */
#include "connectors/postgres/postgres.h"

const hr_connector_module hr_postgres_module = {
    .version = HR_CONNECTOR_VERSION,
    .release = HR_VERSION,
};
