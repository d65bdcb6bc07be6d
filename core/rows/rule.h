/* rule.h: the declared rules of a column, made ready for checking: least and greatest, pattern, list of values. */
#ifndef HR_CORE_ROWS_RULE_H
#define HR_CORE_ROWS_RULE_H

#include "core/rows/schema_parts.h"

/* NULL in *out when the column has no such rule. HR_E_INVALID: a rule that its type cannot have, or that is none. */
hr_status hr_rule_new(const hr_column *column, hr_rule **out, hr_error *err) HR_MUST_CHECK;
void hr_rule_free(hr_rule *rule);

#endif
