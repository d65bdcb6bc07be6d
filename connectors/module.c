/* module.c: loading connectors that are modules. */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

#include "connectors/module.h"
#include "core/base/base.h"

/* Beside the program in a build folder; from the program, and from the library, of an installation. */
static const char *const near[] = {"modules", HR_MODULES_FROM_PROGRAM, HR_MODULES_FROM_LIBRARY};

/* The path of the program or library that holds this code, whole; false when it cannot be found out. The linker has no
 * name for the program itself. */
static bool own_path(char *out, size_t capacity)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (dladdr1(near, &info, (void **)&map, RTLD_DL_LINKMAP) && map && map->l_name[0] == '/')
        return (size_t)snprintf(out, capacity, "%s", map->l_name) < capacity;
    ssize_t size = readlink("/proc/self/exe", out, capacity - 1);
    out[size > 0 ? size : 0] = '\0';
    return size > 0;
}

void hr_module_places(hr_module_folders *out)
{
    char own[sizeof out->paths[0]];
    out->count = 0;
    char *slash = own_path(own, sizeof own) ? strrchr(own, '/') : NULL;
    if (slash) {
        *slash = '\0';
        for (size_t i = 0; i < HR_COUNT(near); i++)
            if ((size_t)snprintf(out->paths[out->count], sizeof out->paths[0], "%s/%s", own, near[i]) <
                sizeof out->paths[0])
                out->count++;
    }
    snprintf(out->paths[out->count++], sizeof out->paths[0], "%s", HR_MODULES_FOLDER);
}

/* What the file offers, once it is known to be ours. */
static hr_status accept(void *handle, const char *path, const hr_connector_module **out, hr_error *err)
{
    const hr_connector_module *const *entry = dlsym(handle, HR_MODULE_SYMBOL);
    if (!entry || !*entry)
        return hr_fail(err, HR_E_UNSUPPORTED, "%s is not a connector of headrace", path);
    const hr_connector_module *module = *entry;
    if (module->version != HR_CONNECTOR_VERSION || strcmp(module->release, HR_VERSION) != 0)
        return hr_fail(err, HR_E_UNSUPPORTED,
                       "%s belongs to headrace %s, and this is headrace " HR_VERSION ": install both from one release",
                       path, module->version == HR_CONNECTOR_VERSION ? module->release : "of another kind");
    *out = module;
    return HR_OK;
}

static hr_status load(const char *path, const hr_connector_module **out, hr_error *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        return hr_fail(err, HR_E_UNSUPPORTED, "a connector cannot be loaded: %s", why ? why : path);
    }
    hr_status status = accept(handle, path, out, err);
    if (status != HR_OK)
        dlclose(handle);
    return status;
}

hr_status hr_module_load(const char *name, const hr_module_folders *folders, const hr_connector_module **out,
                         hr_error *err)
{
    char tried[512] = "";
    for (size_t i = 0; i < folders->count; i++) {
        char path[sizeof folders->paths[0] + 64];
        int size = snprintf(path, sizeof path, "%s/headrace-%s.so", folders->paths[i], name);
        if ((size_t)size < sizeof path && !access(path, F_OK))
            return load(path, out, err);
        size_t end = strlen(tried);
        (void)snprintf(tried + end, sizeof tried - end, "%s%s", i ? ", " : "", folders->paths[i]);
    }
    return hr_fail(
        err, HR_E_UNSUPPORTED,
        "the connector %s is not installed: there is no headrace-%s.so in %s; put it there, or install headrace anew with it",
        name, name, tried);
}
