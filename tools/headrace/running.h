/* running.h: what ingest and retry share: a run with its signals, its progress line, and its words. */
#ifndef HR_TOOLS_RUNNING_H
#define HR_TOOLS_RUNNING_H

#include "headrace/job.h"
#include "tools/headrace/args.h"

/* The options of a run that does something with a known job, which brings its own from the ledger: where that is. */
hr_status hr_running_options(const hr_args *args, hr_options **out, hr_error *err);
/* Runs `work` on a run over `options`; `to_stdout`: rows go there, so that everything else goes to standard error.
 * Returns the exit status. */
int hr_running(const hr_options *options, bool json, bool to_stdout,
               hr_status (*work)(hr_run *run, void *context, hr_run_summary *summary, hr_error *err), void *context);

#endif
