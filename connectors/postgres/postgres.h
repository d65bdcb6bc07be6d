/* postgres.h: what connectors/postgres offers. */
#ifndef HR_CONNECTORS_POSTGRES_POSTGRES_H
#define HR_CONNECTORS_POSTGRES_POSTGRES_H

#include "connectors/module.h"

extern const hr_sink_type hr_postgres_sink;
extern const hr_connector_module hr_postgres_module;
extern const hr_source_type hr_postgres_source;

/* windows.c: rows of a destination's table by windows of time, for audits. */
hr_status hr_pg_sink_windows(const char *uri, const hr_options *options, const char *feed, const hr_windows *windows,
                             hr_window_each each, void *context, hr_error *err);

#endif
