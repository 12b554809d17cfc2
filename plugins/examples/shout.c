/**
 * shout: a hook that edits drafts. Who writes "!!" at the end is heard in capitals.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <confab/event.h>

/* At transform the message is a draft: setters copy what they are given and check it. */
static enum confab_verdict shout(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len;
	const char *text = confab_draft_text(draft, &len);
	if (len < 2 || memcmp(text + len - 2, "!!", 2) != 0)
		return CONFAB_PASS;

	char *loud = strndup(text, len);
	if (loud == NULL)
		return confab_reject(ev, "internal", "out of memory");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)loud[i] < 0x80) /* bytes of other letters stay as they are */
			loud[i] = (char)toupper((unsigned char)loud[i]);
	int rc = confab_draft_set_text(draft, loud, len);
	free(loud);
	return rc == 0 ? CONFAB_PASS : confab_reject(ev, "internal", confab_code_text(rc));
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_TRANSFORM, "message.send message.edit", shout,
		"writes what ends with !! in capitals"),
};

CONFAB_PLUGIN("shout", "1.0") = {
	CONFAB_HEAD("shout", "1.0", "MIT"),
	.summary = "Messages that end with !! are written in capitals.",
	CONFAB_ROWS(hooks, hooks),
};
