/**
 * confabctl: finds the verb, and says what there is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/ctl.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/present.h"
#include "ctl/remote.h"
#include "plugin/manifest.h"
#include "programs.h"

#define INSTALLED_CONFIG CONFAB_SYSCONF_DIR "/confab.yaml"

static const struct ctl_verb chat_verb[] = {
	{"chat", "[URL] [--user NAME] [--register]", "talk: a small client for the terminal", 0, -1,
		ctl_chat},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct {
	const char *title;
	const struct ctl_verb *verbs;
} groups[] = {
	{"Without a server", ctl_offline_verbs},
	{"Asking the running server, over its admin socket", ctl_remote_verbs},
	{"As a user", chat_verb},
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static void print_help(FILE *out)
{
	fputs("usage: confabctl [-c FILE] [--socket PATH] [--json] VERB [ARGUMENTS]\n", out);
	for (size_t g = 0; g < GROUPS; g++) {
		fprintf(out, "\n%s:\n", groups[g].title);
		for (const struct ctl_verb *v = groups[g].verbs; v->name; v++) {
			int width = fprintf(
				out, "  %s%s%s", v->name, v->args[0] ? " " : "", v->args);

			fprintf(out, "%*s%s\n", width < 38 ? 38 - width : 2, "", v->help);
		}
	}
	fputs("\nOptions:\n"
	      "  -c, --config FILE                   the server's configuration\n"
	      "      --socket PATH                   its admin socket, instead of the configured one\n"
	      "      --json                          answer with one JSON value\n"
	      "      --help, --version\n"
	      "\nVerbs that plugins bring: confabctl PLUGIN lists them, confabctl PLUGIN VERB runs one.\n",
		out);
}

/* How many words of argv make up the verb's name: 0, it is another one. */
static int verb_words(const struct ctl_verb *v, int argc, char **argv)
{
	const char *rest = v->name;
	int n = 0;

	while (n < argc) {
		size_t len = strlen(argv[n]);

		if (strncmp(rest, argv[n], len) != 0 || (rest[len] != '\0' && rest[len] != ' '))
			return 0;
		n++;
		if (rest[len] == '\0')
			return n;
		rest += len + 1;
	}
	return 0;
}

static const struct ctl_verb *find_verb(int argc, char **argv, int *words)
{
	for (size_t g = 0; g < GROUPS; g++) {
		for (const struct ctl_verb *v = groups[g].verbs; v->name; v++) {
			*words = verb_words(v, argc, argv);
			if (*words > 0)
				return v;
		}
	}
	return NULL;
}

/* Is word the first of a verb of two words? */
static bool begins_verb(const char *word)
{
	size_t len = strlen(word);

	for (size_t g = 0; g < GROUPS; g++)
		for (const struct ctl_verb *v = groups[g].verbs; v->name; v++)
			if (strncmp(v->name, word, len) == 0 && v->name[len] == ' ')
				return true;
	return false;
}

/* Is word the first of a verb of two words? Then say which there are. */
static int complain(struct ctl *ctl, const char *word)
{
	char known[400] = "";
	size_t len = strlen(word);

	for (size_t g = 0; g < GROUPS; g++) {
		for (const struct ctl_verb *v = groups[g].verbs; v->name; v++) {
			size_t used = strlen(known);

			if (strncmp(v->name, word, len) == 0 && v->name[len] == ' ')
				snprintf(known + used, sizeof(known) - used, "%s%s",
					used ? ", " : "", v->name + len + 1);
		}
	}
	if (known[0])
		return ctl_fail(ctl, CTL_USAGE, "'%s' wants one of: %s", word, known);
	return ctl_fail(
		ctl, CTL_USAGE, "there is no verb '%.60s' (confabctl --help lists them)", word);
}

/* One of a plugin, if there is a server to ask. */
static int other_verb(struct ctl *ctl, int argc, char **argv)
{
	int status = -1;

	if (manifest_name_valid(argv[0]) && !begins_verb(argv[0]))
		status = remote_plugin(ctl, argc, argv);
	return status >= 0 ? status : complain(ctl, argv[0]);
}

static int run_verb(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_verb *v;
	int words = 0;

	v = find_verb(argc, argv, &words);
	if (!v)
		return other_verb(ctl, argc, argv);
	argc -= words;
	argv += words;
	if (argc < v->min || (v->max >= 0 && argc > v->max))
		return ctl_fail(ctl, CTL_USAGE, "usage: confabctl %s%s%s", v->name,
			v->args[0] ? " " : "", v->args);
	return v->run(ctl, v, argc, argv);
}

/* The value of an option that is argv[*i], or of argv[*i] "--name=value"; NULL: it is another. */
static const char *option_value(int argc, char **argv, int *i, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(argv[*i], name) == 0)
		return *i + 1 < argc ? argv[++*i] : "";
	if (strncmp(argv[*i], name, len) == 0 && argv[*i][len] == '=')
		return argv[*i] + len + 1;
	return NULL;
}

/* Take the common options out of argv, wherever they stand. @return how many words stay, or -1 */
static int take_options(struct ctl *ctl, int argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		const char *value;

		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				argv[kept++] = argv[i];
		} else if ((value = option_value(argc, argv, &i, "-c")) ||
			(value = option_value(argc, argv, &i, "--config"))) {
			ctl->config = value;
		} else if ((value = option_value(argc, argv, &i, "--socket"))) {
			ctl->socket = value;
		} else if (strcmp(argv[i], "--json") == 0) {
			ctl->json = true;
		} else {
			argv[kept++] = argv[i];
		}
	}
	if ((ctl->config && !ctl->config[0]) || (ctl->socket && !ctl->socket[0]))
		return -1;
	return kept;
}

static int print_version(const struct ctl *ctl)
{
	if (ctl->json)
		puts("{\"version\":\"" PACKAGE_VERSION "\"}");
	else
		puts("confabctl " PACKAGE_VERSION);
	return CTL_OK;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_fail(const struct ctl *ctl, int status, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ctl->json)
		present_json(json_pack("{s:{s:s, s:s%}}", "error", "code",
			status == CTL_USAGE ? "usage" : "failed", "text", text, strlen(text)));
	else
		fprintf(stderr, "confabctl: %s\n", text);
	return status;
}

const char *ctl_config_file(const struct ctl *ctl)
{
	if (ctl->config)
		return ctl->config;
	return access(INSTALLED_CONFIG, R_OK) == 0 ? INSTALLED_CONFIG : NULL;
}

struct config *ctl_config_load(const struct ctl *ctl)
{
	const struct config_options options = {.flags = CONFIG_KEEP_SECRETS};
	const char *file = ctl_config_file(ctl);
	struct config_report *report = config_report_new(file ? file : "built-in defaults");
	struct config *cfg = config_load(file, &options, report);
	char *lines = NULL;
	size_t len = 0;
	FILE *out = cfg ? NULL : open_memstream(&lines, &len);

	if (out) {
		config_report_print(report, out);
		fclose(out);
		ctl_fail(ctl, CTL_FAILED, "%.*s", len ? (int)len - 1 : 0, lines);
		free(lines);
	}
	config_report_free(report);
	return cfg;
}

int confab_private_ctl_main(int argc, char **argv)
{
	struct ctl ctl = {0};
	int n = take_options(&ctl, argc - 1, argv + 1);

	if (n < 0)
		return ctl_fail(&ctl, CTL_USAGE, "--config and --socket want a path");
	argv++;
	if (n == 1 && strcmp(argv[0], "--version") == 0)
		return print_version(&ctl);
	if (n >= 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0)) {
		print_help(stdout);
		return CTL_OK;
	}
	if (n == 0) {
		print_help(stderr);
		return CTL_USAGE;
	}
	if (argv[0][0] == '-')
		return ctl_fail(&ctl, CTL_USAGE,
			"there is no option '%.60s' (confabctl --help lists them)", argv[0]);
	return run_verb(&ctl, n, argv);
}
