/*
 * Lines of the log, made from their parts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/log_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"

/* syslog(3) priorities: err, warning, info, debug. */
static const char priorities[] = {'3', '4', '6', '7'};

static void add_byte_escaped(struct buf *out, unsigned char byte)
{
	buf_fmt(out, "\\x%02x", byte);
}

/* U+0080..U+009F are C2 80..C2 9F; a terminal may take U+009B for the start of a command. */
static bool is_c1(const unsigned char *at, size_t left)
{
	return left >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
}

static void add_plain(struct buf *out, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	bool whole = utf8_valid(text, len);

	for (size_t i = 0; i < len; i++) {
		if (at[i] < 0x20 || at[i] == 0x7f || (at[i] >= 0x80 && !whole))
			add_byte_escaped(out, at[i]);
		else if (is_c1(&at[i], len - i)) {
			add_byte_escaped(out, at[i]);
			add_byte_escaped(out, at[++i]);
		} else
			buf_char(out, text[i]);
	}
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
	struct buf plain;

	buf_init(&plain);
	add_plain(&plain, text, len);
	buf_json_str(out, plain.bytes == NULL ? "" : plain.bytes, plain.len);
	buf_fini(&plain);
}

static void add_member(struct buf *out, const char *key, const char *value)
{
	buf_fmt(out, ",\"%s\":", key);
	add_quoted(out, value, strlen(value));
}

static void write_json(struct buf *out, const struct log_entry *e)
{
	char time[LOG_TIME_SIZE];

	log_text_time(time, e->real_ms);
	buf_fmt(out, "{\"time\":\"%s\",\"level\":\"%s\"", time, log_level_name(e->level));
	if (e->who.conn != 0)
		buf_fmt(out, ",\"conn\":\"%" PRIx64 "\"", e->who.conn);
	if (e->who.session[0] != '\0')
		add_member(out, "session", e->who.session);
	if (e->who.plugin != NULL)
		add_member(out, "plugin", e->who.plugin);
	buf_str(out, ",\"text\":");
	add_quoted(out, e->text, e->len);
	buf_char(out, '}');
}

static void add_who(struct buf *out, const struct log_who *who)
{
	const char *before = "[";

	if (who->conn == 0 && who->session[0] == '\0' && who->plugin == NULL)
		return;
	if (who->conn != 0) {
		buf_fmt(out, "%sconn %" PRIx64, before, who->conn);
		before = ", ";
	}
	if (who->session[0] != '\0') {
		buf_fmt(out, "%ssession ", before);
		add_plain(out, who->session, strlen(who->session));
		before = ", ";
	}
	if (who->plugin != NULL) {
		buf_fmt(out, "%splugin ", before);
		add_plain(out, who->plugin, strlen(who->plugin));
	}
	buf_str(out, "] ");
}

static void write_text(struct buf *out, const struct log_entry *e)
{
	if (!e->journal) {
		char time[LOG_TIME_SIZE];

		log_text_time(time, e->real_ms);
		buf_fmt(out, "%s %s ", time, log_level_name(e->level));
	}
	add_who(out, &e->who);
	add_plain(out, e->text, e->len);
}

/* ------------------------------------------------------------------------------------------- */

void log_text_write(struct buf *out, const struct log_entry *e)
{
	if (e->journal)
		buf_fmt(out, "<%c>", priorities[e->level]);
	if (e->format == LOG_FORMAT_JSON)
		write_json(out, e);
	else
		write_text(out, e);
	buf_char(out, '\n');
}

void log_text_time(char out[LOG_TIME_SIZE], int64_t real_ms)
{
	time_t seconds = (time_t)(real_ms / 1000);
	struct tm tm;
	size_t n;

	out[0] = '\0';
	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	n = strftime(out, LOG_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, LOG_TIME_SIZE - n, ".%03dZ", (int)(real_ms % 1000));
}
