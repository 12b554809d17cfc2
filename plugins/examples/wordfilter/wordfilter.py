#!/usr/bin/env python3
"""wordfilter, as a program that the plugin webhook asks; README.md says what it does.

    wordfilter.py PORT SECRET '{"words": ["darn"], "action": "mask"}'

Settings: words (a list), action (mask, refuse or hold), actions (by type of channel, over action).
It needs nothing but Python 3.

SPDX-License-Identifier: MIT
"""

import base64
import hashlib
import hmac
import http.server
import json
import sys
import time
import unicodedata


def signed(secret, headers, body):
    """Did who knows the secret send this, within the last five minutes?"""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(mac).decode()
    return any(hmac.compare_digest(wanted, each)
               for each in headers.get("webhook-signature", "").split())


def fold(word):
    nfd = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFD", nfd.casefold())


def words(text):
    """(from, to) of each word."""
    start = None
    for at, char in enumerate(text + " "):
        inside = unicodedata.category(char)[0] in "LMN"
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            yield start, at
            start = None


def judge(event, settings):
    """What the server is answered."""
    listed = {fold(word) for word in settings["words"]}
    text, masked, copied, found = event["data"]["text"], "", 0, None
    for start, end in words(text):
        if fold(text[start:end]) in listed:
            found = found or fold(text[start:end])
            masked += text[copied:start] + "*" * (end - start)
            copied = end
    if not found:
        return {"verdict": "pass"}
    action = settings.get("actions", {}).get(event["data"]["channel_type"], settings.get("action", "mask"))
    if action == "mask":
        return {"verdict": "mask", "text": masked + text[copied:]}
    if action == "hold":
        return {"verdict": "hold", "queue": "words", "why": {"word": found}}
    return {"verdict": "reject", "code": "word", "text": "a word in it is not to be said here"}


def serve(port, secret, settings):
    """A server, ready to run."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            good = signed(secret, self.headers, body)
            answer = json.dumps(judge(json.loads(body), settings) if good else {}).encode()
            self.send_response(200 if good else 401)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])).serve_forever()
