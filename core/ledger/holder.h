/* holder.h: which process this is, in words that another process of the same host can check. */
#ifndef HR_CORE_LEDGER_HOLDER_H
#define HR_CORE_LEDGER_HOLDER_H

#include "core/base/base.h"

typedef struct hr_holder {
    char host[160]; /* machine id and host name */
    char boot[48];  /* changes with every start of the kernel */
    char space[64]; /* pid namespace: a pid means something only in its own */
    int64_t pid;
    uint64_t started; /* in clock ticks since boot: tells a process from a later one that got the same pid */
} hr_holder;

/* Describes the calling process. What cannot be found out is left empty, and then never proves anything. */
void hr_holder_self(hr_holder *out);
/* Whether `other` has provably ended, as far as the process `self` can see: its host has been booted since, or it ran
 * in our pid namespace and there is no such process now. */
bool hr_holder_gone(const hr_holder *other, const hr_holder *self);

#endif
