/**
 * `confabctl plugin info`: what a file says about itself, read from its bytes; nothing of it runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/present.h"
#include "plugin/descriptor.h"
#include "plugin/manifest.h"
#include "plugin/object.h"

#define TEXT_MAX 512

static void add_texts(json_t *out, const struct object *o)
{
	static const struct {
		const char *key;
		size_t field;
	} fields[] = {
		{"licence", offsetof(struct confab_descriptor, licence)},
		{"summary", offsetof(struct confab_descriptor, summary)},
		{"before", offsetof(struct confab_descriptor, before)},
		{"after", offsetof(struct confab_descriptor, after)},
		{"requires", offsetof(struct confab_descriptor, requires_)},
	};
	char text[TEXT_MAX];
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (object_descriptor_text(o, fields[i].field, text, sizeof(text)))
			json_object_set_new(out, fields[i].key, json_string(text));
}

static json_t *caps_of(uint32_t caps)
{
	static const struct {
		uint32_t cap;
		const char *name;
	} names[] = {
		{CONFAB_CAP_NET_OUT, "net.out"},
		{CONFAB_CAP_HTTP_ROUTE, "http.route"},
		{CONFAB_CAP_STORE, "store"},
		{CONFAB_CAP_USERS, "users"},
		{CONFAB_CAP_SESSIONS, "sessions"},
	};
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (caps & names[i].cap)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *tables_of(const struct confab_descriptor *d)
{
	json_t *tables = json_object();
	const char *name;
	uint32_t rows;
	for (size_t i = 0; (name = descriptor_table(d, i, &rows)) != NULL; i++)
		if (rows > 0)
			json_object_set_new(tables, name, json_integer((json_int_t)rows));
	return tables;
}

static json_t *names_of(const struct object *o, const char *(*at)(const struct object *o, size_t n),
	const char *prefix)
{
	json_t *list = json_array();
	const char *name;
	for (size_t i = 0; (name = at(o, i)) != NULL; i++)
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			json_array_append_new(list, json_string(name));
	return list;
}

/* What stands in the file beside the note. @return 0 or a code */
static int add_object(json_t *out, int fd, struct confab_error *err)
{
	struct object *o = object_open(fd, err);
	struct confab_descriptor d;
	int rc = o == NULL ? err->code : object_descriptor(o, &d, err);
	if (rc == 0) {
		add_texts(out, o);
		json_object_set_new(out, "resident", json_boolean(d.flags & CONFAB_RESIDENT));
		json_object_set_new(out, "capabilities", caps_of(d.caps));
		json_object_set_new(out, "tables", tables_of(&d));
		json_object_set_new(out, "needs", names_of(o, object_needed, ""));
		json_object_set_new(out, "calls", names_of(o, object_import, "confab_"));
		const char *unwanted = object_unwanted(o, 0);
		if (unwanted != NULL && !(d.flags & CONFAB_RESIDENT))
			rc = confab_error_set(err, CONFAB_EPERM,
				"calls %s, which only a plugin with the flag CONFAB_RESIDENT may",
				unwanted);
	}
	object_close(o);
	return rc;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_plugin_info(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct confab_error err = {0}, why = {0};
	struct manifest m;
	struct stat st;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	(void)verb;
	(void)argc;
	if (fd < 0)
		return ctl_fail(ctl, CTL_FAILED, "%s: %m", argv[0]);
	int rc = manifest_read(fd, &m, &err);
	if (rc == 0 && fstat(fd, &st) != 0)
		rc = confab_error_set(&err, CONFAB_EIO, "cannot be read (%m)");
	if (rc != 0) {
		close(fd);
		return ctl_fail(ctl, CTL_FAILED, "%s: %s", argv[0], err.text);
	}
	json_t *out = json_pack("{s:s, s:s, s:s, s:i, s:i, s:I}", "file", argv[0], "name", m.name,
		"version", m.version, "abi_major", (int)m.abi_major, "abi_minor", (int)m.abi_minor,
		"bytes", (json_int_t)st.st_size);
	rc = manifest_accept(&m, &why);
	int more = add_object(out, fd, &err);
	if (rc == 0 && more != 0) {
		rc = more;
		why = err;
	}
	close(fd);
	json_object_set_new(out, "loadable", json_boolean(rc == 0));
	if (rc != 0)
		json_object_set_new(out, "why", json_string(why.text));
	if (ctl->json) {
		present_json(out);
	} else {
		present_text(out);
		json_decref(out);
	}
	return rc != 0 ? CTL_FAILED : CTL_OK;
}
