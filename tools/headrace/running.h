/* running.h: what ingest, retry and abandon share: a run with its signals, its progress line, and its words. */
#ifndef HR_TOOLS_RUNNING_H
#define HR_TOOLS_RUNNING_H

#include "headrace/job.h"
#include "tools/headrace/args.h"

typedef hr_status (*hr_run_work)(hr_run *run, void *context, hr_run_summary *summary, hr_error *err);
/* Runs `work` on a run over `options`; `to_stdout`: rows go there, so that everything else goes to standard error.
 * Returns the exit status. */
int hr_running(const hr_options *options, bool json, bool to_stdout, hr_run_work work, void *context);
/* The same for a job that the ledger knows, which brings its own options; `work` gets a copy of `args`. */
int hr_running_job(const hr_args *args, hr_run_work work);

#endif
