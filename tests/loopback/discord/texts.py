"""Which texts people could read in a request. Command payloads are not among them."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.loopback.discord.message import walk
from tests.loopback.discord.rules import Json

_COMPONENT = ("content", "label", "placeholder", "description", "value")


def of(path: str, body: Any, files: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Pairs of a text and where it stands."""
    yield from _files(files)
    if not isinstance(body, dict) or "/commands" in path:
        return
    if path.endswith("/callback"):
        data = body.get("data") or {}
        yield from _choices(data)
        if body.get("type") == 9:
            yield str(data.get("title") or ""), "modal"
            yield from _components(data.get("components") or [], "modal")
        else:
            yield from _message(data)
        return
    if path.endswith("/threads") or path == "/channels/{channel_id}":
        yield str(body.get("name") or ""), "thread"
        yield str(body.get("topic") or ""), "thread"
        yield from _message(body.get("message") or {})
        return
    yield from _message(body)


def _message(body: Json) -> Iterator[tuple[str, str]]:
    yield body.get("content") or "", "content"
    for embed in body.get("embeds") or []:
        yield from ((text, "embed") for text in _strings(embed))
    yield from _components(body.get("components") or [], "component")
    for text in _strings(body.get("poll") or {}):
        yield text, "poll"
    for each in body.get("attachments") or []:
        yield from ((each.get(key) or "", "file") for key in ("filename", "description", "title"))


def _components(components: Sequence[Json], where: str) -> Iterator[tuple[str, str]]:
    for each in walk(components):
        yield from ((each[key], where) for key in _COMPONENT if isinstance(each.get(key), str))
        for option in each.get("options") or []:
            yield from ((option.get(key) or "", where) for key in ("label", "description"))
        for item in each.get("items") or []:
            yield item.get("description") or "", where


def _choices(data: Json) -> Iterator[tuple[str, str]]:
    for choice in data.get("choices") or []:
        yield str(choice.get("name") or ""), "choice"


def _files(files: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, data in files.items():
        yield name, "file"
        try:
            yield data.decode(), "file"
        except UnicodeDecodeError:
            continue


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("type", "color", "timestamp"):
                yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
