"""Discord's own contracts: every request, response and event is held against them.

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

from tests.loopback.discord import strict
from tests.loopback.discord.rules import Json

OPENAPI, EVENTS = "discord-openapi.json", "discord-gateway-schemas.json"
_EVENTS = {
    "READY": "G_READY",
    "GUILD_CREATE": "G_GUILD_CREATE",
    "MESSAGE_CREATE": "G_MESSAGE_CREATE",
    "MESSAGE_UPDATE": "G_MESSAGE_CREATE",
}
_INTERACTIONS = {2: "I_2", 3: "I_3", 4: "I_4", 5: "I_5"}

Validator = Callable[[Any], list[str]]


def folder() -> Path | None:
    """Where the contracts lie: `$CONTRACTS`, or `shared/contracts` beside the repository."""
    named = os.environ.get("CONTRACTS")
    place = Path(named) if named else Path(__file__).parents[3].parent / "shared" / "contracts"
    return place if (place / OPENAPI).is_file() and (place / EVENTS).is_file() else None


@functools.cache
def load() -> "Contracts":
    """The contracts, read once for the whole test run."""
    return Contracts(folder())


def explain(error: jsonschema_rs.ValidationError) -> str:
    """What is wrong, and where; of alternatives the one that was meant."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    meant = [b for b in branches if b and not any(e.instance_path[-1:] == ["type"] for e in b)]
    if branches and all(e.instance_path == error.instance_path for b in branches for e in b):
        meant = []
    if meant:
        return explain(max(meant, key=lambda b: max(len(e.instance_path) for e in b))[0])
    where = "/".join(str(step) for step in error.instance_path) or "body"
    return f"{where}: {error.message[:300]}"


class Contracts:
    """The OpenAPI description and the schemas of events, compiled when first needed."""

    def __init__(self, place: Path | None) -> None:
        self.missing = place is None
        self.checked = 0
        self._api: Json = json.loads((place / OPENAPI).read_text("utf-8")) if place else {}
        self._events: Json = json.loads((place / EVENTS).read_text("utf-8")) if place else {}
        components: Json = self._api.get("components", {})
        self._schemas: Json = components.get("schemas", {})
        _mend(self._schemas, self._events)
        self._compiled: dict[tuple[str, ...], Validator | None] = {}

    def operation(self, method: str, path: str) -> Json | None:
        """The description of an operation by its path template."""
        paths: Json = self._api.get("paths", {})
        found: Json | None = paths.get(path, {}).get(method.lower())
        return found

    def request(self, method: str, path: str, body: Any) -> Iterator[tuple[str, str]]:
        """What is wrong with a request body: pairs of a layer (`spec` or `strict`) and a sentence."""
        operation = self.operation(method, path)
        if operation is None:
            if not self.missing:
                yield "spec", f"{method} {path} is not in Discord's API"
            return
        content = operation.get("requestBody", {}).get("content", {})
        schema = (content.get("application/json") or next(iter(content.values()), Json())).get("schema")
        if schema is None:
            return
        body = strict.tolerated(path, body)
        wrong = list(self._check(("request", method, path), schema, body))
        yield from (("spec", each) for each in wrong)
        if not wrong:
            yield from (("strict", each) for each in strict.unknown_keys(schema, body, self._schemas))

    def query(self, method: str, path: str, query: dict[str, str]) -> Iterator[tuple[str, str]]:
        """What is wrong with a query string."""
        operation = self.operation(method, path)
        if operation is None:
            return
        known = {each["name"]: each["schema"] for each in operation.get("parameters", []) if each.get("in") == "query"}
        for name, text in query.items():
            if name == "use_nested_fields":
                continue
            if name not in known:
                yield "strict", f"unknown query parameter {name}"
                continue
            schema = known[name]
            value = strict.coerced(schema, text, self._schemas)
            yield from (("spec", f"query {name}: {e}") for e in self._check(("q", method, path, name), schema, value))

    def response(self, method: str, path: str, status: int, body: Any) -> Iterator[str]:
        """What is wrong with a response of ours."""
        operation = self.operation(method, path)
        if operation is None:
            return
        answer = operation["responses"].get(str(status))
        if answer is None:
            yield f"status {status} is not described"
            return
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and body is not None:
            yield from self._check(("response", method, path, str(status)), schema, body)

    def event(self, name: str, data: Any) -> Iterator[str]:
        """What is wrong with a gateway event of ours, or with an IDENTIFY (by these names)."""
        root = _EVENTS.get(name)
        if name == "IDENTIFY":
            root = "IDENTIFY"
        elif name == "INTERACTION_CREATE":
            root = _INTERACTIONS[data["type"]]
            kind = data["data"].get("type")
            root = {2: None, 3: "I_2msg"}.get(kind, root) if root == "I_2" else root
        if root is None or root not in self._events:
            return
        validate = self._compiled.get(("event", root))
        if validate is None:
            validator = jsonschema_rs.Draft7Validator(self._events[root])
            validate = self._compiled[("event", root)] = _errors(validator)
        self.checked += 1
        yield from validate(data)

    def _check(self, key: tuple[str, ...], schema: Json, value: Any) -> list[str]:
        validate = self._compiled.get(key)
        if validate is None:
            whole = {**schema, "components": {"schemas": self._schemas}}
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            validate = self._compiled[key] = _errors(validator)
        self.checked += 1
        return validate(value)


def _mend(schemas: Json, events: Json) -> None:
    """Add what the files lack: media channels (type 16), and sums of flags where the types list single bits."""
    if schemas:
        schemas["ChannelTypes"]["oneOf"].append({"title": "GUILD_MEDIA", "const": 16})
    for event in events.values():
        for name, definition in event["definitions"].items():
            if name.endswith("Flags"):
                definition.clear()
                definition["type"] = "integer"


def _errors(validator: jsonschema_rs.Validator) -> Validator:
    def validate(value: Any) -> list[str]:
        return [] if validator.is_valid(value) else [explain(error) for error in validator.iter_errors(value)]

    return validate
