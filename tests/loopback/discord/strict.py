"""Stricter than the description, which lets unknown keys pass; with the tolerances that the real API has.

Tolerated, because Discord does: `nsfw` on commands (documented, not described), `tts` where a message is edited or
is in a larger request (discord.py sends it, the API ignores it), `flags` in embeds and the query parameter
`use_nested_fields` (the same), ids of attachments and recipients as integers.
"""

from collections.abc import Iterator
from typing import Any

from tests.loopback.discord.rules import Json


def tolerated(path: str, body: Any) -> Any:
    """The body without what Discord lets pass; inner messages have no path."""
    if isinstance(body, list):
        return [tolerated(path, each) for each in body]
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if path.endswith(("/commands", "/commands/{command_id}")):
        body.pop("nsfw", None)
    if isinstance(body.get("recipient_id"), int):
        body["recipient_id"] = str(body["recipient_id"])
    if "/messages/" in path or not path:
        body.pop("tts", None)
    for key in ("data", "message"):
        if isinstance(body.get(key), dict):
            body[key] = tolerated("", body[key])
    if isinstance(body.get("embeds"), list):
        body["embeds"] = [{key: each[key] for key in each if key != "flags"} for each in body["embeds"]]
    if isinstance(body.get("attachments"), list):
        body["attachments"] = [each | {"id": str(each["id"])} for each in body["attachments"] if "id" in each]
    return body


def coerced(schema: Json, text: str, schemas: Json) -> Any:
    """A query value as the type that the description wants; the text itself where it cannot be that."""
    kinds = resolved(schema, schemas).get("type", "string")
    if "boolean" in kinds:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if "integer" in kinds:
        return int(text) if text.lstrip("-").isdigit() else text
    return text


def resolved(schema: Json, schemas: Json) -> Json:
    """The schema behind a reference."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def unknown_keys(schema: Json, value: Any, schemas: Json, where: str = "body") -> Iterator[str]:
    """Keys of a valid value that no matching schema knows, as sentences."""
    matching = list(_matching(schema, value, schemas))
    if isinstance(value, list):
        items = [each["items"] for each in matching if "items" in each]
        for number, each in enumerate(value):
            if items:
                yield from unknown_keys({"anyOf": items}, each, schemas, f"{where}/{number}")
    if not isinstance(value, dict):
        return
    objects = [each for each in matching if "properties" in each or "additionalProperties" in each]
    if not objects:
        return
    for key, inner in value.items():
        known = [each["properties"][key] for each in objects if key in each.get("properties", {})]
        free = [each["additionalProperties"] for each in objects if "additionalProperties" in each]
        if known:
            yield from unknown_keys({"anyOf": known}, inner, schemas, f"{where}/{key}")
        elif not any(each is not False for each in free):
            yield f"unknown key {key!r} at {where}"


def _matching(schema: Json, value: Any, schemas: Json) -> Iterator[Json]:
    schema = resolved(schema, schemas)
    if not _meant(schema, value, schemas):
        return
    yield schema
    for key in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(key, []):
            yield from _matching(each, value, schemas)


def _meant(schema: Json, value: Any, schemas: Json) -> bool:
    if not isinstance(value, dict):
        return True
    if any(key not in value for key in schema.get("required", [])):
        return False
    kind = resolved(schema.get("properties", {}).get("type", {}), schemas)
    allowed = kind.get("enum") or ([kind["const"]] if "const" in kind else None)
    return allowed is None or value.get("type") in allowed
