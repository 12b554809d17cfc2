#!/usr/bin/env python3
"""Write the hand-made seeds of every fuzz target into tests/fuzz/corpus/NAME.

SPDX-License-Identifier: MIT
"""
import base64
import pathlib
import struct
import zlib

TOP = pathlib.Path(__file__).resolve().parent / "corpus"
KEY = b"\x00\x03\x10\x01"  # lengths of the pieces, less one


def put(target, name, content):
    folder = TOP / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def http1():
    host = b"Host: h\r\n"
    upgrade = (b"GET /v1/ws HTTP/1.1\r\n" + host + b"Connection: keep-alive, Upgrade\r\n"
               b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               b"Sec-WebSocket-Protocol: echo, confab.v1\r\nSec-WebSocket-Extensions: "
               b"permessage-deflate; client_max_window_bits; server_max_window_bits=10\r\n\r\n")
    seeds = {
        "get": b"GET /a%20b?x=1 HTTP/1.1\r\n" + host + b"\r\n",
        "absolute": b"GET http://[::1]:80/a HTTP/1.1\r\n" + host + b"\r\n",
        "old": b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "length": b"POST / HTTP/1.1\r\n" + host
                  + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        "chunked": b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n"
                   b"5;a=b\r\nhello\r\n0a\r\n0123456789\r\n0\r\nA: b\r\n\r\n",
        "pipeline": b"\r\nGET / HTTP/1.1\r\n" + host + b"\r\nOPTIONS * HTTP/1.1\r\n" + host
                    + b"Connection: close\r\n\r\n",
        "upgrade": upgrade,
        "smuggle": b"POST / HTTP/1.1\r\n" + host
                   + b"Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "folded": b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n c\r\n\r\n",
    }
    for name, content in seeds.items():
        put("http1", name, KEY + content)


def frame(first, payload, mask=b"\x01\x02\x03\x04"):
    n = len(payload)
    if n < 126:
        head = bytes([first, 0x80 | n])
    elif n < 65536:
        head = bytes([first, 0xFE]) + struct.pack(">H", n)
    else:
        head = bytes([first, 0xFF]) + struct.pack(">Q", n)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def ws():
    seeds = {
        "text": frame(0x81, "Grüße".encode()),
        "fragments": frame(0x01, b"\xce\xba\xe1") + frame(0x89, b"ping")
                     + frame(0x00, b"\xbd") + frame(0x80, b"\xb9") + frame(0x82, b"\xff"),
        "long": frame(0x82, bytes(range(256)) + b"x" * 100),
        "close": frame(0x8A, b"") + frame(0x88, b"\x03\xe8bye"),
        "bad_text": frame(0x81, b"ok") + frame(0x81, b"\xed\xa0\x80"),
        "big": frame(0x82, b"y" * 401),
        "reserved": frame(0xB1, b"a"),
        "zeros": frame(0x81, b"abc", b"\0\0\0\0") + frame(0x89, b"d" * 125, b"\0\0\0\0"),
    }
    for name, content in seeds.items():
        put("ws", name, KEY + b"\0" + content)
    put("ws", "compressed", KEY + b"\1" + frame(0x41, b"\xf2\x48") + frame(0x80, b"\xcd\xc9"))


def raw_deflate(content, level=6):
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (z.compress(content) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate():
    put("inflate", "hello", bytes.fromhex("f248cdc9c90700"))
    put("inflate", "stored", bytes.fromhex("000500faff48656c6c6f00"))
    put("inflate", "final", bytes.fromhex("f348cdc9c9070000"))
    put("inflate", "two_blocks", bytes.fromhex("f248050000 00ffffcac9c90700".replace(" ", "")))
    put("inflate", "empty", b"\0")
    put("inflate", "dynamic", raw_deflate(b"the quick brown fox, the lazy dog, " * 9, 9))
    put("inflate", "bomb", raw_deflate(b"\0" * 200000, 9))


def json():
    seeds = {
        "hello": b'{"op":"hello","id":1,"token":"t","watch":["general"]}',
        "send": '{"op":"message.send","id":2,"channel":"g","cid":"b2f0000000000000",'
                '"text":"Grüße \\ud83d\\ude00\\n","read":812}'.encode(),
        "numbers": b"[0,-1,9007199254740991,1.5,-2e10,1e-300,1e308]",
        "small_numbers": b"[0,-1,9007199254740991,1.4,-2e10,1e-308,5e-324]",
        "too_big": b"9007199254740992",
        "deep": b"[" * 33 + b"]" * 33,
        "twice": b'{"a":1,"a":2}',
        "nul": b'"\\u0000"',
        "empty": b"",
        "plain": b'[true,false,null,"","\\"\\\\\\/\\b\\f\\n\\r\\t"]',
    }
    for name, content in seeds.items():
        put("json", name, KEY + content)


def proxy():
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    v4 = bytes([203, 0, 113, 9, 10, 0, 0, 1, 0x30, 0x39, 1, 0xBB])
    v6 = bytes(16) + bytes(15) + b"\1" + b"\x30\x39\1\xbb"
    seeds = {
        "tcp4": signature + b"\x21\x11" + struct.pack(">H", 12) + v4 + b"GET",
        "tcp6": signature + b"\x21\x21" + struct.pack(">H", 36) + v6,
        "local": signature + b"\x20\x00\0\0",
        "unix": signature + b"\x21\x31" + struct.pack(">H", 216) + b"/run/x".ljust(216, b"\0"),
        "tlvs": signature + b"\x21\x11" + struct.pack(">H", 12 + 5 + 7) + v4
                + b"\x04\0\2xy" + b"\x03\0\4\0\0\0\0",
    }
    for name, content in seeds.items():
        put("proxy", name, KEY + content)


def words():
    seeds = {
        "path": b"\0/a/%e2%82%ac/..b", "path_dots": b"\0/a/%2e%2E/b",
        "target": b"\1http://h:80/a?b=c", "query": b"\2b=1&a=x+y%2Bz",
        "date": b"\3Sun, 06 Nov 1994 08:49:37 GMT", "date_850": b"\3Sunday, 06-Nov-94 08:49:37 GMT",
        "date_c": b"\3Sun Nov  6 08:49:37 1994", "tags": b'\4W/"b", "a"', "range": b"\5bytes=0-99",
        "range_last": b"\5bytes=-5", "addr": b"\6::ffff:192.0.2.1", "net": b"\0062001:db8::/32",
        "hops": b"\6203.0.113.9, [::1]:80, 10.0.0.1:5",
    }
    for name, content in seeds.items():
        put("words", name, content)


def config():
    put("config", "empty", b"")
    put("config", "listen", b"listen:\n  - address: 127.0.0.1:8080\nlog:\n  level: info\n")
    put("config", "types", b"channel_types:\n  group:\n    members: listed\n    retention: 30d\n")
    put("config", "plugins", b"plugins:\n  typing: {}\n  auth-local:\n    registration: open\n")
    put("config", "secret", b"tls:\n  key: {file: /nowhere}\n  certificate: {env: NOTHING}\n")
    put("config", "alias", b"a: &x [1]\nb: *x\n")
    put("config", "quoted", b'"a": "x\\u0041"\nb: |\n  text\n  more\nc: [1, two, {d: ~}]\n')
    put("config", "unknown", b"lisen: 1\nlimits:\n  message_bytez: 4\n")


def token():
    def part(content):
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    head = part(b'{"alg":"HS256","typ":"JWT"}')

    def signed(claims, header=head):
        return b"\2" + header + b"." + part(claims)

    seeds = {
        "base64": b"\0SGVsbG8", "base64_bits": b"\0SGVsbG9",
        "jwt": b"\1" + head + b".e30.AAAA", "jwt_none": b"\1eyJhbGciOiJub25lIn0.e30.",
        "good": signed(b'{"sub":"ann","aud":"chat","exp":1800000000,"nbf":1}'),
        "list": signed(b'{"sub":"ann","aud":["x","chat"],"exp":1800000000,"a":{"b":["admin"]}}'),
        "expired": signed(b'{"sub":"ann","aud":"chat","exp":5}'),
        "crit": signed(b'{"sub":"ann"}', part(b'{"alg":"HS256","crit":["x"]}')),
        "keys": b'\3{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","alg":"ES256"},'
                b'{"kty":"OKP","crv":"Ed25519","kid":"k","alg":"EdDSA",'
                b'"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
        "keys_rsa": b'\3{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}',
        "claims": b'\4{"sub":"ann","a":{"b":"admin"}}',
        "access": b"\5cfa1.YW5uL2wvdXNlci8x.AAAA", "refresh": b"\6cfr1.l23456.AAAA",
    }
    for name, content in seeds.items():
        put("tokens", name, content)


for write in (http1, ws, inflate, json, proxy, words, config, token):
    write()
