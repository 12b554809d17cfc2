"""Joining a channel that one is a member of succeeds and changes nothing.

SPDX-License-Identifier: MIT
"""

CONFIG = {"plugins": {"auth-local": {"register": "open"}}}


def test_joining_again_is_fine(make_server):
    server = make_server(CONFIG)
    tokens = [server.request("POST", "/v1/auth/register",
                             {"user": user, "password": "correct horse battery"})[1]["access"]
              for user in ("ann", "bob")]

    def post(token, path, **body):
        status, answer = server.request("POST", path, body, token)
        assert status == 200, answer
        return answer

    post(tokens[0], "/v1/channels", cid="create-0123456789", type="open", channel="general")
    post(tokens[1], "/v1/channels/general/join", cid="join-0123456789ab")
    post(tokens[1], "/v1/channels/general/join", cid="join-again-012345")
    sent = post(tokens[0], "/v1/channels/general/messages", cid="first-0123456789", text="hi")
    assert sent["rev"] == 3, "made, joined, said: joining again took no rev"
