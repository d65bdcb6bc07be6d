/* schema.h: the schema of a feed, for those who compare with it. */
#ifndef HR_CORE_JOB_SCHEMA_H
#define HR_CORE_JOB_SCHEMA_H

#include "core/ledger/ledger.h"
#include "headrace/schema.h"

/* The schema of the newest job of the feed that came to its end with one. HR_E_NOT_FOUND: there is none. */
hr_status hr_feed_schema(hr_ledger *ledger, const char *feed, hr_schema **out, hr_error *err) HR_MUST_CHECK;

#endif
