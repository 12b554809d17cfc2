"""Users that another service signed in: auth-jwt in a running server, its keys, its claims, its clock.

SPDX-License-Identifier: MIT
"""

import base64
import hashlib
import hmac
import json
import subprocess
import time

import pytest
from people import Person, Refused, cid
from server import merged, wait_for

SECRET = b"a secret of thirty-two bytes, or more"
BASE = {"auth": {"providers": ["auth-jwt"]},
        "limits": {"user_rate": "off", "address_rate": "off"}}
CLAIMS = {"plugins": {"auth-jwt": {"leeway": "0s", "issuer": "https://login.test", "audience": ["chat"],
                                   "role_claim": "roles.chat"}}}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(user, seconds=600, **more):
    return {"sub": user, "exp": int(time.time()) + seconds, "iss": "https://login.test",
            "aud": "chat", **more}


def body_of(header, payload):
    return ".".join(b64(json.dumps(part).encode()) for part in (header, payload))


def hs256(payload, secret=SECRET, **header):
    text = body_of({"alg": "HS256", **header}, payload)
    return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


class RsaKey:
    """A key pair of openssl's, its public half as a JWK."""

    def __init__(self, folder, kid):
        self.path, self.kid = folder / f"{kid}.pem", kid
        openssl("genrsa", "-out", self.path, "2048")
        modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig",
                    "n": b64(bytes.fromhex(modulus.strip())), "e": "AQAB"}

    def sign(self, payload):
        text = body_of({"alg": "RS256", "kid": self.kid}, payload)
        return f"{text}.{b64(openssl('dgst', '-sha256', '-sign', self.path, given=text.encode()))}"


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, check=True, capture_output=True).stdout


def somebody(server, token, user):
    return Person(server, {"user": user, "access": token, "refresh": None, "session": None})


def begin(make_server, tmp_path, *configs):
    (tmp_path / "secret").write_bytes(SECRET)
    config = merged(BASE, CLAIMS)
    for more in configs or [{"plugins": {"auth-jwt": {"secret": {"file": str(tmp_path / "secret")}}}}]:
        config = merged(config, more)
    return make_server(config)


def refused_by(server, token):
    status, answer = server.request("GET", "/v1/sessions", token=token)
    assert status == 401, answer
    return answer["error"]["code"]


def test_two_people_talk(make_server, tmp_path):
    server = begin(make_server, tmp_path)
    ann, bob = [somebody(server, hs256(claims(u)), u).enter() for u in ("ann", "bob")]
    ann.make("general", bob)
    ann.say("general", "hi")
    assert bob.row("general")["user"] == "ann"
    assert bob.http("GET", "/v1/channels/general/messages")[0] == 200


@pytest.mark.parametrize("token,code", [
    (lambda: hs256(claims("ann", -60)), "expired"),
    (lambda: hs256(claims("ann"), b"another secret, just as long as it"), "token"),
    (lambda: hs256({**claims("ann"), "aud": "mail"}), "token"),
    (lambda: hs256({**claims("ann"), "iss": "https://other.test"}), "token"),
    (lambda: hs256({**claims("ann"), "nbf": int(time.time()) + 600}), "token"),
    (lambda: hs256({k: v for k, v in claims("ann").items() if k != "exp"}), "token"),
    (lambda: hs256(claims("no id!")), "token"),
    (lambda: hs256(claims("ann"), alg="none"), "token"),
    (lambda: body_of({"alg": "none"}, claims("ann")) + ".", "token"),
    (lambda: hs256(claims("ann"))[:-4] + "AAAA", "token"),
])
def test_what_is_refused(make_server, tmp_path, token, code):
    server = begin(make_server, tmp_path)
    assert refused_by(server, token()) == code
    with pytest.raises(Refused) as refused:
        somebody(server, token(), "ann").enter()
    assert refused.value.code == code


def test_a_connection_ends_with_its_token_unless_it_is_renewed(make_server, tmp_path):
    server = begin(make_server, tmp_path)
    ends = int(time.time()) + 3
    ann, bob = [somebody(server, hs256({**claims(u), "exp": ends}), u).enter() for u in ("ann", "bob")]
    assert ann.refused("session.renew", token=hs256(claims("bob"))) == "token"
    assert ann.refused("session.renew", token=hs256(claims("ann", -60))) == "expired"
    longer = claims("ann")
    assert ann.ask("session.renew", token=hs256(longer))["expires"] == longer["exp"] * 1000
    assert bob.closed() == 4401 and time.time() >= ends
    assert bob.http("GET", "/v1/sessions")[1]["error"]["code"] == "expired"
    assert ann.ask("session.list"), "it goes on"


def test_a_claim_makes_administrators_and_guests(make_server, tmp_path):
    secret = {"plugins": {"auth-jwt": {"secret": {"file": str(tmp_path / "secret")},
                                       "guest_value": "visitor"}}}
    server = begin(make_server, tmp_path, secret)
    root = somebody(server, hs256(claims("root", roles={"chat": ["other", "admin"]})), "root").enter()
    ann = somebody(server, hs256(claims("ann", roles={"chat": "visitor"})), "ann").enter()
    bob = somebody(server, hs256(claims("bob")), "bob").enter()
    assert root.hello["user"]["role"] == "admin" and root.ask("user.list")["users"]
    assert (ann.hello["user"]["role"], bob.hello["user"]["role"]) == ("guest", "user")
    assert ann.refused("channel.create", type="group", channel="x", cid=cid()) == "forbidden"
    assert bob.refused("user.list") == "forbidden"
    # another token says what its user is from then on
    root.ask("session.renew", token=hs256(claims("root")))
    assert root.refused("user.list") == "forbidden"


def test_keys_of_a_file_are_read_again(make_server, tmp_path):
    old, new = RsaKey(tmp_path, "old"), RsaKey(tmp_path, "new")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [old.jwk]}))
    server = begin(make_server, tmp_path, {"plugins": {"auth-jwt": {"jwks_file": str(keys)}}})
    assert somebody(server, old.sign(claims("ann")), "ann").enter().hello["user"]["id"] == "ann"
    assert refused_by(server, new.sign(claims("ann"))) == "token"
    assert refused_by(server, hs256(claims("ann"), kid="old")) == "token", "one algorithm per key"
    public = b64(json.dumps(old.jwk).encode())
    assert refused_by(server, hs256(claims("ann"), public.encode(), kid="old")) == "token"
    keys.write_text(json.dumps({"keys": [new.jwk]}))
    assert server.ctl("reload")[0] == 0

    def taken():
        return server.request("GET", "/v1/sessions", token=new.sign(claims("bob")))[0] == 200

    wait_for(taken, "the new key to be known")
    assert refused_by(server, old.sign(claims("eve"))) == "token"
