/* rule.h: the declared rules of a column, made ready for checking: least and greatest, pattern, list of values. */
#ifndef HR_CORE_ROWS_RULE_H
#define HR_CORE_ROWS_RULE_H

#include "core/rows/schema_parts.h"

/* NULL in *out when the column has no such rule. HR_E_INVALID: a rule that its type cannot have, or that is none. */
hr_status hr_rule_new(const hr_column *column, hr_rule **out, hr_error *err) HR_MUST_CHECK;
void hr_rule_free(hr_rule *rule);

/* Why the value breaks a rule, or NULL. The text lives as long as the rule. */
/* Of fixed width (all but text and JSON): `value` as it stands in a vector; of a bool, one byte, 0 or 1. */
const char *hr_rule_check_fixed(const hr_rule *rule, const void *value);
/* Of a text or JSON: length and list. */
const char *hr_rule_check_text(const hr_rule *rule, const uint8_t *text, size_t size);
/* Of any column: its pattern, on the value as it is written, with a NUL behind it; its characters are those of UTF-8,
 * whatever the locale of the process. */
const char *hr_rule_check_pattern(const hr_rule *rule, const uint8_t *text, size_t size);
bool hr_rule_has_values(const hr_rule *rule); /* some rule is not a pattern */
bool hr_rule_has_pattern(const hr_rule *rule);

/* A value of fixed width as 16 bytes that are the same exactly when the values are: zeros have no sign, all NaN are
 * one. */
void hr_value_key(hr_type type, const void *value, uint8_t key[16]);

#endif
