/**
 * dice: a command. "/roll 2d6" throws two dice with six sides; the answer is a note for who asked.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include <confab/op.h>
#include <confab/task.h>

#define DICE_MAX 20
#define SIDES_MAX 1000

/* 1..sides. Chance comes from the host, so that a test can repeat it. */
static unsigned throw_one(unsigned sides)
{
	uint32_t drawn;
	confab_random(&drawn, sizeof(drawn));
	return 1 + drawn % sides;
}

/* The answer is a new JSON object with a text; what the plugin gives to confab, confab frees. */
static json_t *roll(struct confab_event *ev, const char *args, void *ctx)
{
	unsigned dice = 1, sides = 6, sum = 0;
	char text[32 + 5 * DICE_MAX] = "", rest;
	size_t len = 0;
	(void)ev;
	(void)ctx;
	if ((args[0] != '\0' && sscanf(args, "%2ud%4u%c", &dice, &sides, &rest) != 2) || dice < 1 ||
		dice > DICE_MAX || sides < 2 || sides > SIDES_MAX)
		return json_pack("{s:s}", "text", "say /roll 2d6: up to 20 dice, 2 to 1000 sides");
	for (unsigned i = 0; i < dice; i++) {
		unsigned n = throw_one(sides);
		sum += n;
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s%u", i > 0 ? " + " : "", n);
	}
	return json_pack("{s:s, s:i}", "text", text, "sum", (int)sum);
}

static const struct confab_command_row commands[] = {
	{"roll", "throw dice: /roll 2d6", NULL, roll},
};

CONFAB_PLUGIN("dice", "1.0") = {
	CONFAB_HEAD("dice", "1.0", "MIT"),
	.summary = "The command /roll throws dice.",
	CONFAB_ROWS(commands, commands),
};
