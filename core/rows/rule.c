/* rule.c: the declared rules of a column, made ready for checking. */
#include "core/rows/rule.h"

struct hr_rule {
    int none;
};

hr_status hr_rule_new(const hr_column *column, hr_rule **out, hr_error *err)
{
    (void)column, (void)err;
    *out = NULL;
    return HR_OK;
}

void hr_rule_free(hr_rule *rule)
{
    hr_free(rule);
}
