/**
 * The step table: what every event walks through, from top to bottom (design, section 4).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_STEPS_H
#define PIPELINE_STEPS_H

struct confab_event;

enum step_answer {
	STEP_NEXT, /* go on with the next step */
	STEP_WAIT, /* it will be entered again here, or is over: touch it no more */
	STEP_END,  /* its outcome stands: finish it */
};

struct step {
	const char *name;
	enum step_answer (*run)(struct confab_event *ev);
};

extern const struct step pipeline_steps[];
extern const unsigned pipeline_n_steps;

#endif
