/* tree.c: the memory of a JSON document: values in blocks, and one table that finds every member by object and name. */
#include <xxhash.h>

#include "core/json/tree.h"

#define BLOCK_LEAST 16u
#define BLOCK_MOST 1024u
#define MEMBERS_LEAST 32u

struct hr_json_block {
    hr_json_block *next;
    size_t used, capacity;
    hr_json_value values[];
};

static hr_status take(hr_json_document *document, size_t bytes, hr_error *err)
{
    if (bytes > document->ceiling - document->memory)
        return hr_fail(err, HR_E_LIMIT,
                       "reading JSON: the document takes more than the %zu bytes of memory it may have",
                       document->ceiling);
    document->memory += bytes;
    return HR_OK;
}

hr_status hr_json_tree_new(const char *text, size_t size, size_t ceiling, hr_json_document **out, hr_error *err)
{
    hr_json_document *document = hr_calloc(1, sizeof *document);
    if (!document)
        return hr_fail_memory(err, "reading JSON");
    document->ceiling = ceiling;
    hr_status status = take(document, size, err);
    if (status == HR_OK) {
        document->text = hr_malloc(size + 1);
        document->strings = hr_malloc(size + 1);
        if (!document->text || !document->strings)
            status = hr_fail_memory(err, "reading JSON");
    }
    if (status != HR_OK) {
        hr_json_free(document);
        return status;
    }
    if (size)
        memcpy(document->text, text, size);
    document->text[size] = '\0';
    document->size = size;
    document->seed = (uint64_t)hr_clock_steady_ns() ^ (uintptr_t)document;
    *out = document;
    return HR_OK;
}

void hr_json_free(hr_json_document *document)
{
    if (!document)
        return;
    for (hr_json_block *block = document->blocks, *next; block; block = next) {
        next = block->next;
        hr_free(block);
    }
    hr_free(document->members);
    hr_free(document->strings);
    hr_free(document->text);
    hr_free(document);
}

static hr_status new_value(hr_json_document *document, hr_json_value **out, hr_error *err)
{
    hr_json_block *block = document->blocks;
    if (!block || block->used == block->capacity) {
        size_t capacity = block ? block->capacity * 2 : BLOCK_LEAST;
        capacity = capacity < BLOCK_MOST ? capacity : BLOCK_MOST;
        size_t bytes = sizeof *block + capacity * sizeof *block->values;
        hr_status status = take(document, bytes, err);
        if (status != HR_OK)
            return status;
        block = hr_malloc(bytes);
        if (!block)
            return hr_fail_memory(err, "reading JSON");
        *block = (hr_json_block){.next = document->blocks, .capacity = capacity};
        document->blocks = block;
    }
    *out = &block->values[block->used++];
    **out = (hr_json_value){0};
    return HR_OK;
}

/* The slot of that member, or the empty one where it would go. */
static size_t slot_of(const hr_json_document *document, const hr_json_value *object, const char *name, size_t size)
{
    uint64_t hash = XXH3_64bits_withSeed(name, size, document->seed ^ (uintptr_t)object);
    size_t mask = document->member_room - 1, slot = (size_t)hash & mask;
    for (const hr_json_value *there; (there = document->members[slot]) != NULL; slot = (slot + 1) & mask)
        if (there->parent == object && there->name_size == size && memcmp(there->name, name, size) == 0)
            break;
    return slot;
}

static hr_status grow_members(hr_json_document *document, hr_error *err)
{
    if (document->member_room && document->member_count * 4 < document->member_room * 3)
        return HR_OK;
    size_t room = document->member_room ? document->member_room * 2 : MEMBERS_LEAST, old_room = document->member_room;
    hr_status status = take(document, (room - old_room) * sizeof *document->members, err);
    if (status != HR_OK)
        return status;
    hr_json_value **members = hr_calloc(room, sizeof *members), **old = document->members;
    if (!members)
        return hr_fail_memory(err, "reading JSON");
    document->members = members;
    document->member_room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i])
            members[slot_of(document, old[i]->parent, old[i]->name, old[i]->name_size)] = old[i];
    hr_free(old);
    return HR_OK;
}

/* Behind the others of its parent. */
static void append(hr_json_value *parent, hr_json_value *value)
{
    value->previous = parent->of.inner.last;
    *(value->previous ? &value->previous->next : &parent->of.inner.first) = value;
    parent->of.inner.last = value;
    parent->of.inner.count++;
}

static void replace(hr_json_value *parent, const hr_json_value *old, hr_json_value *value)
{
    value->previous = old->previous;
    value->next = old->next;
    *(value->previous ? &value->previous->next : &parent->of.inner.first) = value;
    *(value->next ? &value->next->previous : &parent->of.inner.last) = value;
}

hr_status hr_json_tree_add(hr_json_document *document, hr_json_value *parent, const char *name, size_t name_size,
                           hr_json_value **out, hr_error *err)
{
    hr_json_value *value = NULL, *old = NULL;
    hr_status status = new_value(document, &value, err);
    if (status == HR_OK && name)
        status = grow_members(document, err);
    if (status != HR_OK)
        return status;
    value->parent = parent;
    value->name = name;
    value->name_size = name_size;
    if (name) {
        size_t slot = slot_of(document, parent, name, name_size);
        old = document->members[slot];
        document->members[slot] = value;
    }
    document->repeated += old != NULL;
    document->member_count += name && !old;
    if (old)
        replace(parent, old, value);
    else if (parent)
        append(parent, value);
    else
        document->root = value;
    *out = value;
    return HR_OK;
}
