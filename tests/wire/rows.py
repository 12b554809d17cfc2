"""The ops of a server, from the documents it serves, and requests generated from them.

    for op in ops(server):                 every op, the core's and every plugin's
        op.name, op.fields, op.grants      what the documents say
        op.wrong()                         (field, arguments, what is wrong), one mistake each
        op.call(person, arguments)         over WebSocket; op.http(…) over HTTP

SPDX-License-Identifier: MIT
"""

import copy
import re
import urllib.parse

import jsonschema
from people import cid

ID = "some.id"


def resolve(document, schema):
    """A schema without its reference."""
    while "$ref" in schema:
        at = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        schema = at
    return schema


def strict(schema):
    """The same, but members that are not declared are wrong (plugins' "name.member" are not)."""
    schema = copy.deepcopy(schema)

    def walk(value):
        if isinstance(value, dict):
            if "properties" in value and value.get("type") == "object":
                value["additionalProperties"] = False
                value["patternProperties"] = {r"^[a-z][a-z0-9-]*\.[a-z0-9_.]+$": {}}
            for each in list(value.values()):
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(schema)
    return schema


def right(name, schema):
    """A value that a field takes."""
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "integer":
        return max(schema["minimum"], min(1, schema["maximum"]))
    if kind == "boolean":
        return True
    if kind == "object":
        return {key: right(key, schema["properties"][key]) for key in schema.get("required", [])}
    if kind == "array":
        item = right(name, schema["items"]) if "items" in schema else "x"
        return [item] * max(schema.get("minItems", 0), 1)
    if "pattern" in schema:
        return cid() if "{16,64}" in schema["pattern"] else ID
    return "x" * max(schema.get("minLength", 0), 1)


def mistakes(schema):
    """(value, what is wrong) for each bound that a field has."""
    if "anyOf" in schema:
        yield from ((7, "neither list nor word"), ("no_such_word", "not one of the words"))
        yield from ((value, why) for value, why in mistakes(schema["anyOf"][0])
                    if not isinstance(value, str))
        return
    kind = schema.get("type")
    if kind == "integer":
        yield from (("x", "a string"), (1.5, "a fraction"), (True, "a boolean"), ([], "a list"))
        if schema["minimum"] > -2**53 + 1:
            yield schema["minimum"] - 1, "too low"
        if schema["maximum"] < 2**53 - 1:
            yield schema["maximum"] + 1, "too high"
    elif kind == "boolean":
        yield from (("true", "a string"), (1, "a number"))
    elif kind == "object":
        yield from (("x", "a string"), ([], "a list"))
    elif kind == "array":
        yield from (("x", "a string"), ({}, "an object"))
        item = right("", schema["items"]) if "items" in schema else "x"
        if schema.get("maxItems"):
            yield [item] * (schema["maxItems"] + 1), "too many"
        if schema.get("minItems"):
            yield [item] * (schema["minItems"] - 1), "too few"
        if schema.get("items", {}).get("pattern"):
            yield [item, "no id!"], "an item that is no id"
    elif kind == "string":
        yield from ((7, "a number"), ([], "a list"), ({}, "an object"), (False, "a boolean"))
        if "pattern" in schema:
            yield from (("no id!" + "x" * 12, "forbidden characters"), ("x" * 70, "too long"),
                        ("", "empty"), ("x\u00e4" * 10, "not ASCII"))
        if "enum" in schema:
            yield from (("no_such_word", "not one of the words"), ("", "empty"))
        if "x-confab-bytes" in schema:
            low, high = schema["x-confab-bytes"]
            yield "x" * (high + 1), "too long"
            if high < 1000:
                yield "\u00e4" * (high // 2 + 1), "too long in bytes"
            if low:
                yield "x" * (low - 1), "too short"


class Op:
    """One op: its arguments, its answer, its HTTP twin."""

    def __init__(self, name, openapi, asyncapi):
        self.name = name
        self.method = self.path = None
        self.fields, self.required = {}, set()
        self.in_query = False
        self.over_ws = False
        self.shape = None
        for path, methods in openapi["paths"].items():
            for method, twin in methods.items():
                if twin["operationId"] == name:
                    self.method, self.path = method.upper(), path
                    self._take_twin(twin, openapi)
        operation = asyncapi["operations"].get(name.replace(".", "_"))
        if operation:
            self.over_ws = True
            self._take_operation(operation, asyncapi)

    def _take_twin(self, twin, document):
        self.document = document
        self.doc = twin["summary"]
        self.reply = twin["responses"]["200"]["content"]["application/json"]["schema"]
        self.in_query = self.method in ("GET", "DELETE")
        self._rights(twin)
        for parameter in twin["parameters"]:
            self._field(parameter["name"], parameter["schema"], parameter["required"])
        body = twin.get("requestBody", {}).get("content", {}).get("application/json", {})
        for field, schema in body.get("schema", {}).get("properties", {}).items():
            self._field(field, schema, field in body["schema"].get("required", []))

    def _take_operation(self, operation, document):
        messages = document["components"]["messages"]
        key = self.name.replace(".", "_")
        payload = messages[key]["payload"]
        self.document = document
        self.doc = operation["summary"]
        self.reply = messages[f"{key}_ok"]["payload"]["properties"]["ok"]
        self._rights(operation)
        for field, schema in payload["properties"].items():
            if field not in ("op", "id"):
                self._field(field, schema, field in payload.get("required", []))

    def _rights(self, operation):
        self.actor = operation["x-confab-actor"]
        self.grants = operation["x-confab-grants"]
        self.owner = operation["x-confab-plugin"]

    def _field(self, name, schema, required):
        known = self.fields.setdefault(name, schema)
        assert known == schema, f"{self.name}: the documents differ in '{name}'"
        if required:
            self.required.add(name)

    def __repr__(self):
        return self.name

    @property
    def is_change(self):
        return "{16,64}" in self.fields.get("cid", {}).get("pattern", "")

    def right(self, **given):
        """Arguments with every required field, and what is given if the op has such a field."""
        arguments = {name: right(name, self.fields[name]) for name in self.required}
        arguments.update((k, v) for k, v in given.items() if k in self.fields)
        return arguments

    def wrong(self):
        """(field, arguments, what is wrong), one mistake each."""
        for name, schema in self.fields.items():
            if name in self.required:
                arguments = self.right()
                del arguments[name]
                yield name, arguments, "missing"
                yield name, {**self.right(), name: None}, "null"
            for value, why in mistakes(schema):
                yield name, {**self.right(), name: value}, why

    def is_text(self, field):
        """Does HTTP carry this field as text, in the path or the query?"""
        return self.in_query or f"{{{field}}}" in self.path

    def url(self, arguments):
        """(path with query, body) of the HTTP twin, or None where HTTP cannot say it."""
        rest = dict(arguments)
        path = self.path
        for name in re.findall(r"\{(\w+)\}", path):
            value = rest.pop(name, None)
            if value is None or not isinstance(value, (str, int)) or isinstance(value, bool) \
                    or value == "":
                return None
            path = path.replace(f"{{{name}}}", urllib.parse.quote(str(value), safe=""))
        if not self.in_query:
            return path, rest
        query = {}
        for name, value in rest.items():
            if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
                query[name] = ",".join(value)
            elif isinstance(value, bool):
                query[name] = str(value).lower()
            elif isinstance(value, (str, int, float)):
                query[name] = value
            else:
                return None
        return (f"{path}?{urllib.parse.urlencode(query)}" if query else path), None

    def check(self, answer):
        """The answer has the declared shape, and no member that is not declared."""
        if not self.shape:
            self.shape = jsonschema.Draft202012Validator(
                {**strict(self.reply), "components": strict(self.document["components"])})
        try:
            self.shape.validate(answer)
        except jsonschema.ValidationError as e:
            best = jsonschema.exceptions.best_match([e])
            raise AssertionError(
                f"{self.name}: {best.message[:500]} at {list(best.absolute_path)} "
                f"in {str(answer)[:1500]}") from None


def documents(server):
    """(OpenAPI, AsyncAPI) as served."""
    return tuple(server.request("GET", f"/v1/{name}.json")[1] for name in ("openapi", "asyncapi"))


def ops(server):
    """All ops by name."""
    openapi, asyncapi = documents(server)
    names = {twin["operationId"] for methods in openapi["paths"].values()
             for twin in methods.values()}
    names |= {o["title"] for o in asyncapi["operations"].values() if o["action"] == "receive"}
    return [Op(name, openapi, asyncapi) for name in sorted(names)]


def error_table(server):
    """Code → row of the table of errors."""
    rows = documents(server)[0]["components"]["schemas"]["Error"]["x-confab-errors"]
    return {row["code"]: row for row in rows}
