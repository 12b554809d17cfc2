/**
 * confab-bench: load for a chat server, and what came of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "modes.h"
#include "options.h"
#include "report.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Every connection is a descriptor: take what the system gives. */
static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static enum outcome run(const struct options *o, json_t *result)
{
	switch (o->mode) {
	case MODE_IDLE:
		return mode_idle(o, result);
	case MODE_FANOUT:
		return mode_fanout(o, result);
	case MODE_SATURATE:
		return mode_saturate(o, result);
	case MODE_ECHO:
		return mode_echo(o, result);
	case MODE_SEND:
		return mode_send(o, result);
	case MODE_CONNECT:
		return mode_connect(o, result);
	}
	return OUTCOME_FAILED;
}

int main(int argc, char **argv)
{
	struct options o;
	int rc = options_read(&o, argc, argv);

	if (rc != 0)
		return rc > 0 ? OUTCOME_GOOD : OUTCOME_FAILED;
	raise_limit();
	(void)signal(SIGPIPE, SIG_IGN);
	/* waits end when the next message is due, not 50 µs later */
	(void)prctl(PR_SET_TIMERSLACK, 1000);
	json_t *result = json_object();
	(void)json_object_set_new(result, "mode", json_string(mode_name(o.mode)));
	enum outcome outcome = run(&o, result);
	(void)json_object_set_new(result, "outcome",
		json_string(outcome == OUTCOME_GOOD            ? "good"
				: outcome == OUTCOME_VIOLATION ? "violation"
							       : "failed"));
	report_print(result, o.json);
	json_decref(result);
	return (int)outcome;
}
