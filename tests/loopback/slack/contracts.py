"""Slack's own types: every request and every payload of ours is held against them.

The files are data beside the repository (see `folder`), not in it. Where they are missing nothing is validated, and
`Contracts.missing` says so.
"""

import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.loopback.slack.rules import Json

REQUESTS, INBOUND = "slack-request-schemas.json", "slack-inbound-schemas.json"
METHODS, MANIFEST = "slack-method-docs.json", "slack-manifest.schema.json"
EXTRA_METHODS: dict[str, set[str]] = {"auth.revoke": {"test"}}
"""Methods that the documentation file lacks, with their arguments."""

Validator = Callable[[Any], list[str]]


def folder() -> Path | None:
    """Where the contracts lie: `$CONTRACTS`, or `shared/contracts` beside the repository."""
    named = os.environ.get("CONTRACTS")
    place = Path(named) if named else Path(__file__).parents[3].parent / "shared" / "contracts"
    return place if all((place / each).is_file() for each in (REQUESTS, INBOUND, METHODS, MANIFEST)) else None


@functools.cache
def load() -> "Contracts":
    """The contracts, read once for the whole test run."""
    return Contracts(folder())


def summary() -> str:
    """A line for the end of a test run: whether payloads were held against the contracts, and how many."""
    if folder() is None:
        return "loopback Slack: validation is off, no contracts ($CONTRACTS or ../shared/contracts)"
    return f"loopback Slack: {load().checked} payloads held against the contracts"


def explain(error: jsonschema_rs.ValidationError) -> str:
    """What is wrong, and where; of alternatives the one that was meant."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    meant = [b for b in branches if b and not any(e.instance_path[-1:] == ["type"] for e in b)]
    if meant and not all(e.instance_path == error.instance_path for b in branches for e in b):
        return explain(max(meant, key=lambda b: max(len(e.instance_path) for e in b))[0])
    where = "/".join(str(step) for step in error.instance_path) or "body"
    return f"{where}: {error.message[:300]}"


class Contracts:
    """The schemas, compiled when first needed, and the documentation of methods."""

    def __init__(self, place: Path | None) -> None:
        def read(name: str) -> Json:
            found: Json = json.loads((place / name).read_text("utf-8")) if place else {}
            return found

        self.missing = place is None
        self.checked = 0
        self.docs = read(METHODS)
        self._requests, self._inbound, self._manifest = read(REQUESTS), read(INBOUND), read(MANIFEST)
        self._compiled: dict[str, Validator] = {}
        self._types: dict[str, dict[str, set[str]]] = {}

    def request(self, method: str, body: Json) -> Iterator[tuple[str, str]]:
        """What is wrong with the arguments of a method: pairs of a layer (`spec` or `strict`) and a sentence."""
        if self.missing:
            return
        documented = self.docs.get(method, {}).get("args", {})
        if method not in self._requests:
            yield from self._by_docs(method, body, documented)
            return
        typed = self.types(method)
        known = {key: value for key, value in body.items() if key in typed or key not in documented}
        for key in known:
            if key not in typed:
                yield "strict", f"unknown argument {key!r}"
        known = {key: value for key, value in known.items() if key in typed}
        yield from (("spec", each) for each in self._check(method, self._requests, known))

    def _by_docs(self, method: str, body: Json, documented: Json) -> Iterator[tuple[str, str]]:
        names = set(documented) | EXTRA_METHODS.get(method, set())
        for key in body:
            if key not in names:
                yield "strict", f"unknown argument {key!r}"
        for key, about in documented.items():
            if about.get("required") and key not in body:
                yield "spec", f"{key} is missing"

    def blocks(self, blocks: Any) -> Iterator[str]:
        """What is wrong with single blocks: the types of requests let any object with a type pass as a block."""
        if not isinstance(blocks, list) or self.missing:
            return
        for number, each in enumerate(blocks):
            kind = each.get("type") if isinstance(each, dict) else None
            if kind not in self.block_types:
                yield f"blocks/{number}: there is no block of type {kind!r}"
            else:
                yield from (f"blocks/{number}/{s}" for s in self._check(self.block_types[kind], self._requests, each))

    @functools.cached_property
    def block_types(self) -> dict[str, str]:
        """By the type of a block the key of its schema, which is made from that of all blocks."""
        whole = self._requests["_KnownBlock"]
        definitions = whole["definitions"]
        found = {}
        for name in _alternatives({"$ref": whole["$ref"]}, definitions):
            kind = definitions[name].get("properties", {}).get("type", {}).get("const")
            self._requests[f"_block {kind}"] = whole | {"$ref": f"#/definitions/{name}"}
            found[kind] = f"_block {kind}"
        return found

    def view(self, view: Any) -> Iterator[str]:
        """What is wrong with a view."""
        if not self.missing:
            yield from (f"view/{s}" for s in self._check("_View", self._requests, view))

    def inbound(self, kind: str, payload: Json) -> Iterator[str]:
        """What is wrong with a payload of ours. `kind` is a key of the inbound schemas; one without a schema passes."""
        if kind not in self._inbound:
            return
        if kind == "S_block_actions" and "response_url" not in payload:
            payload = payload | {"response_url": ""}
        yield from self._check(kind, self._inbound, payload)

    def manifest(self, manifest: Any) -> list[str]:
        """What is wrong with an application's manifest."""
        if self.missing:
            return []
        if "manifest" not in self._compiled:
            self._compiled["manifest"] = _errors(jsonschema_rs.Draft7Validator(self._manifest))
        self.checked += 1
        return self._compiled["manifest"](manifest)

    def types(self, method: str) -> dict[str, set[str]]:
        """The JSON types of every argument that the schema of a method knows."""
        if method not in self._types:
            found: dict[str, set[str]] = {}
            schema = self._requests.get(method, {})
            _arguments(schema, schema.get("definitions", {}), found)
            for name, about in self.docs.get(method, {}).get("args", {}).items():
                if method not in self._requests:
                    found.setdefault(name, set()).add(str(about.get("type") or "string"))
            self._types[method] = found
        return self._types[method]

    def _check(self, key: str, schemas: Json, value: Any) -> list[str]:
        validate = self._compiled.get(key)
        if validate is None:
            validate = self._compiled[key] = _errors(jsonschema_rs.Draft7Validator(schemas[key]))
        self.checked += 1
        return validate(value)


def _arguments(schema: Json, definitions: Json, found: dict[str, set[str]]) -> None:
    if "$ref" in schema:
        _arguments(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, found)
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, []):
            _arguments(each, definitions, found)
    for name, inner in schema.get("properties", {}).items():
        found.setdefault(name, set()).update(_kinds(inner, definitions))


def _kinds(schema: Json, definitions: Json) -> set[str]:
    if "$ref" in schema:
        return _kinds(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    kind = schema.get("type")
    if kind:
        return {kind} if isinstance(kind, str) else set(kind)
    if "const" in schema or "enum" in schema:
        return {type(schema.get("const", "")).__name__.replace("str", "string").replace("bool", "boolean")}
    inner = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, [])]
    return {kind for each in inner for kind in _kinds(each, definitions)}


def _alternatives(schema: Json, definitions: Json) -> Iterator[str]:
    """The names of all definitions that a union is made of."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if "properties" in definitions[name]:
            yield name
        else:
            yield from _alternatives(definitions[name], definitions)
    for each in schema.get("anyOf", []):
        yield from _alternatives(each, definitions)


def _errors(validator: jsonschema_rs.Validator) -> Validator:
    def validate(value: Any) -> list[str]:
        return [] if validator.is_valid(value) else [explain(error) for error in validator.iter_errors(value)]

    return validate
