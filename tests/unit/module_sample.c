/* module_sample.c: modules for test_module.c: a right one, one of another release, of another contract, and none at
 * all. */
#include "connectors/module.h"

static const hr_drop_type sample_drop = {.version = HR_CONNECTOR_VERSION, .scheme = "sample"};
static const hr_drop_type *const drops[] = {&sample_drop, NULL};

extern const hr_connector_module hr_sample_module;
const hr_connector_module hr_sample_module = {
#ifdef SAMPLE_CONTRACT
    .version = HR_CONNECTOR_VERSION + 1,
#else
    .version = HR_CONNECTOR_VERSION,
#endif
#ifdef SAMPLE_RELEASE
    .release = "0.0.0",
#else
    .release = HR_VERSION,
#endif
    .drops = drops,
};
