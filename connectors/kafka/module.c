/* module.c: what the connector kafka offers. */
#include "connectors/module.h"

#include "connectors/kafka/kafka.h"

static const hr_source_type *const sources[] = {&hr_kafka_source, NULL};
static const hr_sink_type *const sinks[] = {&hr_kafka_sink, NULL};

extern const hr_connector_module hr_kafka_module;
const hr_connector_module hr_kafka_module = {
    .version = HR_CONNECTOR_VERSION,
    .release = HR_VERSION,
    .sources = sources,
    .sinks = sinks,
};
