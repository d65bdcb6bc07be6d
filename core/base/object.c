/* object.c: the life of an object of a drop. */
#include "core/base/base.h"
#include "headrace/connector.h"

void hr_object_clear(hr_object *object)
{
    if (!object)
        return;
    hr_free(object->uri);
    *object = (hr_object){0};
}
