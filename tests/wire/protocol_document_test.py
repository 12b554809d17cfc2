"""The served documents are what OpenAPI and AsyncAPI say a document is, and are cached by their ETag.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import subprocess

import jsonschema
import pytest
from asyncapi3.models import AsyncAPI3
from openapi_spec_validator import validate
from server import BUILD, DEADLINE


def get(server, path, method="GET", **headers):
    """(status, headers, body) of one request."""
    conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    conn.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    reply = conn.getresponse()
    body = reply.read()
    conn.close()
    return reply.status, reply.headers, body


def test_openapi_is_valid(server):
    status, document = server.request("GET", "/v1/openapi.json")
    assert status == 200
    validate(document)
    for path, methods in document["paths"].items():
        for method, op in methods.items():
            assert op["operationId"] and op["summary"], (path, method)


def test_asyncapi_is_valid(server):
    status, document = server.request("GET", "/v1/asyncapi.json")
    assert status == 200
    AsyncAPI3.model_validate(document)
    for name, message in document["components"]["messages"].items():
        jsonschema.Draft202012Validator.check_schema(message["payload"])
        assert document["channels"]["confab"]["messages"][name]


def test_references_lead_somewhere(server):
    for name in ("openapi", "asyncapi"):
        document = server.request("GET", f"/v1/{name}.json")[1]

        def walk(value):
            if isinstance(value, dict):
                if isinstance(value.get("$ref"), str):
                    at = document
                    for part in value["$ref"].removeprefix("#/").split("/"):
                        at = at[part]
                for each in value.values():
                    walk(each)
            elif isinstance(value, list):
                for each in value:
                    walk(each)

        walk(document)


def test_both_documents_name_the_same_ops(server):
    openapi = server.request("GET", "/v1/openapi.json")[1]
    asyncapi = server.request("GET", "/v1/asyncapi.json")[1]
    over_http = {op["operationId"]: op["x-confab-actor"]
                 for methods in openapi["paths"].values() for op in methods.values()}
    over_ws = {op["title"] for op in asyncapi["operations"].values() if op["action"] == "receive"}
    assert {"message.send", "sync", "typing"} <= over_ws
    assert {name for name, actor in over_http.items() if actor != "anybody"} <= over_ws
    # who has no account yet has no WebSocket either
    assert not over_ws & {name for name, actor in over_http.items() if actor == "anybody"}


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_who_has_a_document_is_told_so(server, name):
    path = f"/v1/{name}.json"
    status, headers, body = get(server, path)
    tag = headers["ETag"]
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    assert get(server, path, "HEAD")[1]["Content-Length"] == str(len(body))
    assert get(server, path, If_None_Match=tag)[::2] == (304, b"")
    assert get(server, path, If_None_Match=f'"old", {tag}')[0] == 304
    assert get(server, path, If_None_Match="*")[0] == 304
    assert get(server, path, If_None_Match='"other"')[0] == 200


def test_a_plugin_that_is_not_there_is_not_described(make_server):
    server = make_server({"plugins": {"typing": False}})
    asyncapi = server.request("GET", "/v1/asyncapi.json")[1]
    assert "typing" not in asyncapi["operations"]
    assert "typing_event" not in asyncapi["operations"]


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_documents_are_printed_without_a_server(server, name):
    """What packagers ship is what is served, the plugins' ops included."""
    served = server.request("GET", f"/v1/{name}.json")[1]
    printed = subprocess.run([BUILD / "confabd", "-c", server.config_path, "--print", name],
                             capture_output=True, timeout=DEADLINE, check=False)
    assert (printed.returncode, printed.stderr) == (0, b"")
    assert json.loads(printed.stdout) == served
    wrong = subprocess.run([BUILD / "confabd", "--print", "poem"], capture_output=True,
                           timeout=DEADLINE, check=False, cwd=server.folder)
    assert wrong.returncode == 2 and b"openapi or asyncapi" in wrong.stderr
