"""Which texts people could read in a request, where, and what in them would resolve."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.loopback.slack.markup import readable
from tests.loopback.slack.message import walk
from tests.loopback.slack.rules import Json


@dataclass(frozen=True)
class Text:
    """A text in a request. `kind`: `mrkdwn` and `markdown` resolve references, `plain` does not."""

    text: str
    where: str
    kind: str

    @property
    def shown(self) -> str:
        """As people read it."""
        if self.kind == "markdown":
            return self.text
        return readable(self.text) if self.kind == "mrkdwn" else html.unescape(self.text)


_PLAIN = ("alt_text", "author_name", "provider_name", "initial_value")


def of(method: str, body: Json) -> Iterator[Text]:
    """All texts of a request's arguments."""
    plain = body.get("mrkdwn") is False
    for key in ("text", "initial_comment"):
        if isinstance(body.get(key), str):
            yield Text(body[key], "text", "plain" if plain else "mrkdwn")
    if isinstance(body.get("markdown_text"), str):
        yield Text(body["markdown_text"], "stream" if "Stream" in method else "markdown", "markdown")
    yield from _blocks(body.get("blocks"), "block")
    for each in body.get("attachments") or []:
        if isinstance(each, dict):
            yield from _attachment(each)
    for chunk in body.get("chunks") or []:
        if isinstance(chunk, dict):
            yield from _chunk(chunk)
    if isinstance(body.get("view"), dict):
        yield from _blocks(body["view"], "view")
    if method.startswith("assistant.threads."):
        yield from _assistant(body)
    if method.startswith("files."):
        yield from _files(body)
    if isinstance(body.get("username"), str):
        yield Text(body["username"], "username", "plain")


def of_options(body: Json) -> Iterator[Text]:
    """Texts of an answer to a suggestion request."""
    yield from _blocks(body.get("options") or body.get("option_groups"), "choice")


def _blocks(value: Any, where: str) -> Iterator[Text]:
    for each in walk(value):
        kind = each.get("type")
        text = each.get("text")
        if isinstance(text, str):
            yield Text(text, where, kind if kind in ("mrkdwn", "markdown") else "plain")
        for key in _PLAIN:
            if isinstance(each.get(key), str) and each[key]:
                yield Text(each[key], where, "plain")
        if isinstance(each.get("title"), str):
            yield Text(each["title"], where, "plain")


def _attachment(each: Json) -> Iterator[Text]:
    for key in ("text", "pretext", "fallback", "title", "footer", "author_name"):
        if isinstance(each.get(key), str):
            yield Text(each[key], "attachment", "mrkdwn")
    for one in each.get("fields") or []:
        yield from (Text(str(one[key]), "attachment", "mrkdwn") for key in ("title", "value") if one.get(key))
    yield from _blocks(each.get("blocks"), "attachment")


def _chunk(chunk: Json) -> Iterator[Text]:
    if chunk.get("type") == "blocks":
        yield from _blocks(chunk.get("blocks"), "stream")
        return
    kind = "markdown" if chunk.get("type") == "markdown_text" else "plain"
    for key in ("text", "title", "details", "output"):
        if isinstance(chunk.get(key), str):
            yield Text(chunk[key], "stream", kind)


def _assistant(body: Json) -> Iterator[Text]:
    if isinstance(body.get("status"), str):
        yield Text(body["status"], "status", "plain")
    for each in body.get("loading_messages") or []:
        yield Text(str(each), "status", "plain")
    if isinstance(body.get("title"), str):
        yield Text(body["title"], "title", "plain")
    for each in body.get("prompts") or []:
        if isinstance(each, dict):
            yield from (Text(str(each[key]), "prompt", "plain") for key in ("title", "message") if key in each)


def _files(body: Json) -> Iterator[Text]:
    for key in ("filename", "alt_txt"):
        if isinstance(body.get(key), str):
            yield Text(body[key], "file", "plain")
    for each in body.get("files") or []:
        if isinstance(each, dict) and isinstance(each.get("title"), str):
            yield Text(each["title"], "file", "plain")
