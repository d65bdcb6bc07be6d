/* postgres.h: what connectors/postgres offers. */
#ifndef HR_CONNECTORS_POSTGRES_H
#define HR_CONNECTORS_POSTGRES_H

#include "connectors/module.h"

extern const hr_connector_module hr_postgres_module;

#endif
