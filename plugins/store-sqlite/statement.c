/**
 * The SQL of every statement that runs often.
 *
 * SPDX-License-Identifier: MIT
 */
#include "statement.h"

/* What row_fill reads. kind NULL: a message, whose id is its key. */
#define MESSAGE_COLUMNS \
	"NULL, m.id, m.rk, m.parent, m.n, (SELECT name FROM users WHERE users.id = m.sender), " \
	"m.gone, m.audience, NULL, m.body"
#define ROW_COLUMNS "r.kind, r.id, r.rk, NULL, NULL, NULL, r.gone, r.audience, r.tag, r.body"

/* What entry_fill reads. */
#define ENTRY_COLUMNS \
	"e.id, e.ts, e.op, (SELECT name FROM users WHERE users.id = e.sender), e.cid, e.hash, " \
	"e.result, e.seq, e.ord, e.all_, e.first, e.deleted, e.flags"

/* What cursor_fill reads. */
#define CURSOR_COLUMNS \
	"l.name, u.name, c.read_seq, c.read_ord, c.read_all, c.delivered, c.log, c.user " \
	"FROM cursors c JOIN logs l ON l.id = c.log JOIN users u ON u.id = c.user"

#define DOC_COLUMNS "coll, key, body, idx, version, expires FROM docs"

static const char *const texts[STATEMENTS] = {
	[ST_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[ST_BEGIN_READ] = "BEGIN",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[ST_META_SET] = "INSERT INTO meta (key, value) VALUES (?1, ?2) "
			"ON CONFLICT (key) DO UPDATE SET value = excluded.value",

	[ST_LOG_FIND] =
		"SELECT id, rev, seq, ord, all_, first, ts, epoch, entries_floor, rows_floor "
		"FROM logs WHERE name = ?1",
	[ST_LOG_ADD] = "INSERT INTO logs (name, epoch) VALUES (?1, ?2)",
	[ST_LOG_DROP] = "DELETE FROM logs WHERE id = ?1",
	[ST_LOG_RAISE] =
		"UPDATE logs SET rev = ?2, seq = ?3, ord = ?4, all_ = ?5, first = ?6, ts = ?7, "
		"changed = ?8 WHERE id = ?1",
	[ST_LOG_CHANGED] =
		"SELECT id, rev, seq, ord, all_, first, ts, epoch, entries_floor, rows_floor, "
		"name FROM logs WHERE changed > ?1 AND changed <= ?2",
	[ST_LOG_FLOORS] = "UPDATE logs SET entries_floor = max(entries_floor, ?2), "
			  "rows_floor = max(rows_floor, ?3) WHERE id = ?1",
	[ST_DELETED_GET] = "SELECT marks FROM deleted WHERE log = ?1",
	[ST_DELETED_SET] = "INSERT INTO deleted (log, marks) VALUES (?1, ?2) "
			   "ON CONFLICT (log) DO UPDATE SET marks = excluded.marks",
	[ST_USER_FIND] = "SELECT id FROM users WHERE name = ?1",
	[ST_USER_ADD] = "INSERT INTO users (name) VALUES (?1)",

	[ST_ENTRY_ADD] =
		"INSERT OR IGNORE INTO entries (id, log, sender, cid, ts, op, hash, result, seq, "
		"ord, all_, first, deleted, flags) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[ST_ENTRIES_UNDO] = "DELETE FROM entries WHERE id > ?1 AND id <= ?2",
	[ST_ENTRIES] = "SELECT " ENTRY_COLUMNS " FROM entries e WHERE e.id > ?1 AND e.id <= ?2 "
		       "ORDER BY e.id LIMIT ?3",
	[ST_ENTRY_KNOWN] = "SELECT " ENTRY_COLUMNS " FROM entries e "
			   "WHERE e.log = ?1 AND e.sender = ?2 AND e.cid = ?3",
	[ST_ENTRY_TS] =
		"SELECT id, ts FROM entries WHERE id <= ?1 AND id > ?2 ORDER BY id DESC LIMIT 1",

	[ST_MESSAGE_ADD] =
		"INSERT INTO messages (id, rk, parent, n, sender, doc, gone, audience, body) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[ST_MESSAGE_DOC] = "SELECT doc, parent, n FROM messages WHERE id = ?1",
	[ST_MESSAGE_SET] =
		"UPDATE messages SET rk = ?2, parent = ?3, n = ?4, sender = ?5, doc = ?6, "
		"gone = ?7, audience = ?8, body = ?9 WHERE id = ?1",
	[ST_REPLY_ADD] = "INSERT OR REPLACE INTO replies (parent, n, seq) VALUES (?1, ?2, ?3)",
	[ST_REPLY_DROP] = "DELETE FROM replies WHERE parent = ?1 AND n = ?2",
	[ST_ROW_SET] =
		"INSERT INTO rows (log, kind, id, rk, gone, audience, tag, tag_log, body) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
		"ON CONFLICT (log, kind, id) DO UPDATE SET rk = excluded.rk, gone = excluded.gone, "
		"audience = excluded.audience, tag = excluded.tag, tag_log = excluded.tag_log, "
		"body = excluded.body",
	[ST_ROWS_BETWEEN] =
		"SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.rk > ?1 AND m.rk <= ?2 "
		"UNION ALL "
		"SELECT " ROW_COLUMNS " FROM rows r WHERE r.rk > ?1 AND r.rk <= ?2 ORDER BY 3",
	[ST_MESSAGE_GET] = "SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.id = ?1",
	[ST_ROW_GET] = "SELECT " ROW_COLUMNS
		       " FROM rows r WHERE r.log = ?1 AND r.kind = ?2 AND r.id = ?3",
	[ST_ROW_LIST] = "SELECT " ROW_COLUMNS " FROM rows r WHERE r.log = ?1 AND r.kind = ?2 "
			"AND r.id > ?3 AND NOT r.gone ORDER BY r.id LIMIT ?4",
	[ST_ROW_TAGGED] = "SELECT " ROW_COLUMNS
			  ", r.tag_log FROM rows r WHERE r.kind = ?1 AND r.tag = ?2 "
			  "AND r.tag_log > ?3 AND r.tag IS NOT NULL AND NOT r.gone "
			  "ORDER BY r.tag_log, r.id",
	[ST_PAGE] = "SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.id >= ?1 AND m.id <= ?2 "
		    "ORDER BY m.id LIMIT 1000",
	[ST_THREAD] = "SELECT " MESSAGE_COLUMNS " FROM replies t JOIN messages m ON m.id = t.seq "
		      "WHERE t.parent = ?1 AND t.n >= ?2 AND t.n <= ?3 ORDER BY t.n LIMIT 1000",
	/* Before the older file's replies have been brought over. */
	[ST_THREAD_SLOW] = "SELECT " MESSAGE_COLUMNS " FROM messages m WHERE m.id > ?1 AND "
			   "m.id <= (?1 | 4294967295) AND m.parent = (?1 & 4294967295) "
			   "AND m.n >= ?2 AND m.n <= ?3 ORDER BY m.n LIMIT 1000",

	[ST_WORDS_ADD] = "INSERT INTO words (rowid, tokens, message) VALUES (?1, ?2, ?3)",
	[ST_WORDS_REMOVE] = "DELETE FROM words WHERE rowid = ?1",
	[ST_WORDS_SEARCH] =
		"SELECT " MESSAGE_COLUMNS ", w.rowid, "
		"(SELECT name FROM logs WHERE logs.id = m.id >> 32) "
		"FROM words w CROSS JOIN messages m ON m.id = w.message "
		"WHERE w.words MATCH ?1 AND w.rowid < ?2 ORDER BY w.rowid DESC LIMIT ?3",
	[ST_WORDS_SWEEP_FIRST] = "INSERT INTO words (words, rank) VALUES ('merge', -64)",
	[ST_WORDS_SWEEP] = "INSERT INTO words (words, rank) VALUES ('merge', 64)",

	[ST_OWN_ADD] = "INSERT OR IGNORE INTO own (log, user, seq, all_) VALUES (?1, ?2, ?3, ?4)",
	[ST_OWN_TRIM] =
		"DELETE FROM own WHERE log = ?1 AND user = ?2 AND seq <= (SELECT seq FROM own "
		"WHERE log = ?1 AND user = ?2 ORDER BY seq DESC LIMIT 1 OFFSET 1000)",
	[ST_OWN_READ_DROP] = "DELETE FROM own WHERE log = ?1 AND user = ?2 AND seq <= ?3",
	[ST_OWN_GET] = "SELECT seq, all_ FROM own WHERE log = ?1 AND user = ?2 AND seq > ?3 "
		       "ORDER BY seq DESC LIMIT 1000",
	[ST_CURSOR_TOUCH] = "INSERT OR IGNORE INTO cursors (log, user) VALUES (?1, ?2)",
	[ST_CURSOR_RAISE] =
		"INSERT INTO cursors (log, user, read_seq, read_ord, read_all, delivered) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (log, user) DO UPDATE SET "
		"read_seq = max(read_seq, excluded.read_seq), "
		"read_ord = max(read_ord, excluded.read_ord), "
		"read_all = max(read_all, excluded.read_all), "
		"delivered = max(delivered, excluded.delivered)",
	[ST_CURSOR_GET] = "SELECT " CURSOR_COLUMNS " WHERE c.log = ?1 AND c.user = ?2",
	[ST_CURSORS_OF_LOG] = "SELECT " CURSOR_COLUMNS " WHERE c.log = ?1 AND u.name > ?2 "
			      "ORDER BY u.name LIMIT 1000",
	[ST_CURSORS_OF_USER] = "SELECT " CURSOR_COLUMNS " WHERE c.user = ?1 ORDER BY l.name",

	[ST_TODO_ADD] = "INSERT OR REPLACE INTO todos (log, rev, n, name, body, attempts, due) "
			"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ST_TODO_DROP] = "DELETE FROM todos WHERE log = ?1 AND rev = ?2 AND n = ?3",
	[ST_TODO_AGAIN] = "UPDATE todos SET due = ?4, attempts = attempts + 1 "
			  "WHERE log = ?1 AND rev = ?2 AND n = ?3",
	[ST_TODOS_DUE] =
		"SELECT l.name, t.rev, t.n, t.name, t.body, t.attempts, t.due FROM todos t "
		"JOIN logs l ON l.id = t.log WHERE t.due <= ?1 ORDER BY t.due LIMIT ?2",
	[ST_LEASE_GET] = "SELECT holder, until, fence FROM leases WHERE name = ?1",
	[ST_LEASE_SET] = "INSERT INTO leases (name, holder, until, fence) VALUES (?1, ?2, ?3, ?4) "
			 "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, "
			 "until = excluded.until, fence = excluded.fence",
	[ST_DOC_GET] = "SELECT " DOC_COLUMNS " WHERE coll = ?1 AND key = ?2 AND "
		       "(expires = 0 OR expires > ?3)",
	[ST_DOC_SET] = "INSERT OR REPLACE INTO docs (coll, key, body, idx, version, expires) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ST_DOC_DROP] = "DELETE FROM docs WHERE coll = ?1 AND key = ?2",
	[ST_DOC_LIST] = "SELECT " DOC_COLUMNS " WHERE coll = ?1 AND key > ?2 AND "
			"(expires = 0 OR expires > ?3) ORDER BY key LIMIT ?4",
	[ST_DOC_LIST_INDEX] = "SELECT " DOC_COLUMNS " WHERE coll = ?1 AND key > ?2 AND "
			      "(expires = 0 OR expires > ?3) AND idx = ?5 AND idx IS NOT NULL "
			      "ORDER BY key LIMIT ?4",
	[ST_DOCS_EXPIRE] = "DELETE FROM docs WHERE (coll, key) IN (SELECT coll, key FROM docs "
			   "WHERE expires > 0 AND expires <= ?1 LIMIT 256)",

	[ST_PURGE_PICK] = "SELECT id, doc, parent, n FROM messages WHERE id >= ?1 AND id < ?2 "
			  "ORDER BY id LIMIT ?3",
	[ST_PURGE_MESSAGE] = "DELETE FROM messages WHERE id = ?1",
	/* Entries up to a rev (?2) whose messages are below first (?4): the lowest, as seq grows. */
	[ST_PURGE_ENTRIES_LOW] = "SELECT id FROM entries WHERE id > ?1 AND id <= ?2 AND seq < ?4 "
				 "ORDER BY id LIMIT ?3",
	[ST_PURGE_ENTRIES_OTHER] = "SELECT id FROM entries WHERE id > ?1 AND id <= ?2 "
				   "AND NOT flags & 1 ORDER BY id LIMIT ?3",
	[ST_ENTRY_DROP] = "DELETE FROM entries WHERE id = ?1",
	[ST_PURGE_GONE_HIGHEST] = "SELECT max(rk) FROM rows WHERE rk > ?1 AND rk <= ?2 AND gone",
	[ST_PURGE_GONE] =
		"DELETE FROM rows WHERE rk IN (SELECT rk FROM rows WHERE rk > ?1 AND rk <= ?2 "
		"AND gone LIMIT ?3) AND gone",
	[ST_FREE_PAGES] = "PRAGMA freelist_count",
	[ST_VACUUM_STEP] = "PRAGMA incremental_vacuum(256)",
	[ST_MIGRATE_REPLIES] =
		"SELECT id, parent, n FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2",
};

/* ------------------------------------------------------------------------------------------- */

const char *statement_sql(enum statement which)
{
	return texts[which];
}
