/* postgres.h: what connectors/postgres offers. */
#ifndef HR_CONNECTORS_POSTGRES_H
#define HR_CONNECTORS_POSTGRES_H

#include "connectors/module.h"

extern const hr_sink_type hr_postgres_sink;
extern const hr_connector_module hr_postgres_module;
extern const hr_source_type hr_postgres_source;

#endif
