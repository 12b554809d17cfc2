/**
 * The core's own pages: /setup, which a one-time link opens, and / while no web client is there.
 *
 * The code of a set-up link is in its fragment, which browsers do not send; the page's script posts it to
 * /v1/setup together with the name and password that were typed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "config/config.h"

static const char index_page[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>confab</title>\n"
	"<link rel=\"stylesheet\" href=\"setup.css\">\n"
	"<main>\n"
	"<h1>confab is running</h1>\n"
	"<p>There is no web client here yet. Talk from a terminal:</p>\n"
	"<pre>confabctl chat ADDRESS --user NAME --register</pre>\n"
	"<p>ADDRESS is what stands in your browser now. Programs connect to <code>/v1/ws</code>;\n"
	"what they may say is in <a href=\"v1/asyncapi.json\">AsyncAPI</a> (WebSocket) and\n"
	"<a href=\"v1/openapi.json\">OpenAPI</a> (HTTP).</p>\n"
	"</main>\n"
	"</html>\n";

static const char setup_page[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>Set up confab</title>\n"
	"<link rel=\"stylesheet\" href=\"setup.css\">\n"
	"<main>\n"
	"<h1>Set up confab</h1>\n"
	"<p id=\"intro\">Make the account of this server’s administrator.</p>\n"
	"<noscript><p class=\"bad\">This page needs JavaScript.</p></noscript>\n"
	"<form>\n"
	"<label for=\"user\">User name</label>\n"
	"<input id=\"user\" name=\"user\" required maxlength=\"64\" pattern=\"[A-Za-z0-9_.\\-]+\"\n"
	" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\"\n"
	" aria-describedby=\"user-hint\" autofocus>\n"
	"<p class=\"hint\" id=\"user-hint\">Letters a–z, digits, “_”, “-” and “.”.</p>\n"
	"<label for=\"name\">Shown name <span class=\"hint\">(optional)</span></label>\n"
	"<input id=\"name\" name=\"name\" maxlength=\"60\" autocomplete=\"name\">\n"
	"<label for=\"password\">Password</label>\n"
	"<input id=\"password\" name=\"password\" type=\"password\" required\n"
	" autocomplete=\"new-password\" aria-describedby=\"password-hint\">\n"
	"<p class=\"hint\" id=\"password-hint\">A few words that nobody guesses.</p>\n"
	"<label class=\"row\"><input id=\"show\" type=\"checkbox\"> Show the password</label>\n"
	"<button>Make the account</button>\n"
	"</form>\n"
	"<p id=\"status\" role=\"status\" aria-live=\"polite\"></p>\n"
	"</main>\n"
	"<script src=\"setup.js\"></script>\n"
	"</html>\n";

static const char style[] =
	":root{color-scheme:light dark;--text:#1b1b1f;--soft:#5b5b66;--back:#fff;--line:#8a8a99;"
	"--deed:#2446c8;--on:#fff;--bad:#b3001b}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#ececf1;--soft:#a9a9b8;--back:#17171c;"
	"--line:#7d7d8d;--deed:#9db2ff;--on:#10121f;--bad:#ff9aa5}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--back);color:var(--text);"
	"font:1.0625rem/1.5 system-ui,sans-serif}\n"
	"main{max-width:26rem;margin:0 auto;padding:2rem 1rem}\n"
	"h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}\n"
	"label{display:block;margin-top:1rem;font-weight:600}\n"
	"label.row{display:flex;gap:.5rem;align-items:center;min-height:2.75rem;font-weight:400}\n"
	"input:not([type=checkbox]){width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;"
	"color:inherit;background:transparent;border:1px solid var(--line);border-radius:.5rem}\n"
	"input[type=checkbox]{width:1.25rem;height:1.25rem}\n"
	"button{width:100%;min-height:2.75rem;margin-top:.5rem;font:inherit;font-weight:600;"
	"color:var(--on);background:var(--deed);border:0;border-radius:.5rem;cursor:pointer}\n"
	"button:disabled{opacity:.6;cursor:default}\n"
	":focus-visible{outline:3px solid var(--deed);outline-offset:2px}\n"
	"pre{white-space:pre-wrap;padding:.75rem;border:1px solid var(--line);border-radius:.5rem}\n"
	"a{color:var(--deed)}\n"
	".hint{color:var(--soft);font-size:.9375rem;font-weight:400;margin:.25rem 0 0}\n"
	".bad{color:var(--bad)}\n"
	"[hidden]{display:none}\n";

static const char script[] =
	"\"use strict\";\n"
	"const form = document.querySelector(\"form\");\n"
	"const button = form.querySelector(\"button\");\n"
	"const status = document.getElementById(\"status\");\n"
	"const code = location.hash.slice(1);\n"
	"function say(text, bad) {\n"
	"  status.textContent = text;\n"
	"  status.className = bad ? \"bad\" : \"\";\n"
	"}\n"
	"if (!code) {\n"
	"  form.hidden = true;\n"
	"  say(\"This address lacks its code. Run “confabctl setup” on the server and open the \" +\n"
	"    \"whole link that it prints.\", true);\n"
	"}\n"
	"document.getElementById(\"show\").addEventListener(\"change\", (event) => {\n"
	"  form.password.type = event.target.checked ? \"text\" : \"password\";\n"
	"});\n"
	"form.addEventListener(\"submit\", async (event) => {\n"
	"  event.preventDefault();\n"
	"  button.disabled = true;\n"
	"  say(\"One moment …\");\n"
	"  try {\n"
	"    const answer = await fetch(\"v1/setup\", {\n"
	"      method: \"POST\",\n"
	"      headers: {\"Content-Type\": \"application/json\"},\n"
	"      body: JSON.stringify({code, user: form.user.value, password: form.password.value,\n"
	"        name: document.getElementById(\"name\").value}),\n"
	"    });\n"
	"    const body = await answer.json();\n"
	"    if (!answer.ok) throw new Error(body.error.text);\n"
	"    form.hidden = true;\n"
	"    document.getElementById(\"intro\").hidden = true;\n"
	"    history.replaceState(null, \"\", location.pathname);\n"
	"    say(\"Done: “\" + body.user + \"” is this server’s administrator. \" +\n"
	"      \"Sign in with your chat client.\");\n"
	"  } catch (error) {\n"
	"    button.disabled = false;\n"
	"    say(error.message, true);\n"
	"  }\n"
	"});\n";

static const char page_headers[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
	"Cache-Control: no-store\r\n";

static const struct asset {
	const char *path, *type, *text;
} assets[] = {
	{"/", "text/html; charset=utf-8", index_page},
	{"/setup", "text/html; charset=utf-8", setup_page},
	{"/setup.css", "text/css; charset=utf-8", style},
	{"/setup.js", "text/javascript; charset=utf-8", script},
};

struct shown {
	struct answer answer; /* first */
	const struct asset *asset;
};

static void write_asset(struct answer *a, struct buf *out)
{
	buf_str(out, ((struct shown *)a)->asset->text);
}

static void free_shown(struct answer *a)
{
	free(a);
}

static void show(void *ctx, const struct http_request *rq)
{
	const struct asset *asset = ctx;
	struct shown *s = calloc(1, sizeof(*s));

	assert(s);
	s->asset = asset;
	s->answer = (struct answer){.conn = rq->conn,
		.stream = rq->stream,
		.status = 200,
		.content_type = asset->type,
		.headers = page_headers,
		.encode = write_asset,
		.release = free_shown,
		.settles = true};
	net_answer(rq->net, &s->answer);
}

/* -------------------------------------------------------------------------------------------- */

size_t server_page_routes(const struct config *cfg, struct http_route out[SERVER_PAGES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++) {
		if (assets[i].text == index_page && config_http(cfg)->static_dir[0]) {
			continue;
		}
		out[n++] = (struct http_route){.method = "GET",
			.path = assets[i].path,
			.handle = show,
			.ctx = (void *)(uintptr_t)&assets[i]};
	}
	return n;
}
