"""Documented limits that the types do not have. Each broken one is a sentence, with what Slack answers to it."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.loopback.slack.message import elements, walk
from tests.loopback.slack.rules import Json

BLOCKS_TOGETHER = 13_200
"""Characters in all blocks of a message: not documented, seen in public (bolt-js#2509)."""


@dataclass(frozen=True)
class Broken:
    """A limit that is broken; `error` is None where Slack accepts it and something is lost."""

    sentence: str
    error: str | None


def arguments(method: str, body: Json) -> Iterator[Broken]:
    """Limits of a request of the Web API, of a response_url, or of an ack (`ack`)."""
    yield from _texts(method, body)
    for blocks in (body.get("blocks"), *_chunks(body)):
        if isinstance(blocks, list):
            yield from message_blocks(blocks, streamed="Stream" in method)
    if isinstance(body.get("view"), dict):
        yield from view(body["view"])
    if method == "assistant.threads.setSuggestedPrompts" and len(body.get("prompts") or []) > 4:
        yield Broken(f"{len(body['prompts'])} suggested prompts; 4 are allowed", "invalid_arguments")
    if method == "assistant.threads.setStatus" and len(body.get("loading_messages") or []) > 10:
        yield Broken(f"{len(body['loading_messages'])} loading messages; 10 are allowed", "invalid_arguments")


def _chunks(body: Json) -> Iterator[Any]:
    for each in body.get("chunks") or []:
        if isinstance(each, dict) and each.get("type") == "blocks":
            yield each.get("blocks")


def _texts(method: str, body: Json) -> Iterator[Broken]:
    text, markdown = body.get("text") or "", body.get("markdown_text")
    if isinstance(text, str) and len(text) > 4000:
        refused = "msg_too_long" if len(text) > 40_000 and method != "chat.postMessage" else None
        yield Broken(f"text of {len(text)} characters; 4000 are read comfortably, 40000 not at all", refused)
    if markdown is not None:
        if len(markdown) > 12_000:
            yield Broken(f"markdown_text of {len(markdown)} characters; 12000 are allowed", "msg_too_long")
        if "text" in body or ("blocks" in body and method != "chat.stopStream"):
            yield Broken("markdown_text together with text or blocks", "markdown_text_conflict")


def message_blocks(blocks: list[Json], *, streamed: bool = False) -> Iterator[Broken]:
    """Limits of the blocks of one message."""
    if len(blocks) > 50:
        error = "msg_blocks_too_many" if streamed else "invalid_blocks"
        yield Broken(f"{len(blocks)} blocks; 50 are allowed in a message", error)
    markdown = sum(len(each.get("text") or "") for each in walk(blocks) if each.get("type") == "markdown")
    if markdown > 12_000:
        yield Broken(f"{markdown} characters in markdown blocks; 12000 are allowed together", "msg_blocks_too_long")
    total = sum(len(each["text"]) for each in walk(blocks) if isinstance(each.get("text"), str))
    if total > BLOCKS_TOGETHER:
        yield Broken(f"{total} characters in all blocks; about {BLOCKS_TOGETHER} are allowed", "msg_blocks_too_long")
    yield from _each(blocks)
    for each in blocks:
        yield from _by_sdk(Block.parse, each)


def view(body: Json) -> Iterator[Broken]:
    """Limits of a modal or a home tab."""
    wrong = [*_view(body), *(each.sentence for each in _each(body.get("blocks") or []))]
    yield from (Broken(each, "invalid_arguments") for each in wrong)
    if len(json.dumps(body)) > 250_000:
        yield Broken("a view of more than 250000 bytes", "view_too_large")
    yield from _by_sdk(lambda given: View(**given), body)
    for each in body.get("blocks") or []:
        yield from _by_sdk(Block.parse, each)


def _view(body: Json) -> Iterator[str]:
    blocks = body.get("blocks") or []
    if len(blocks) > 100:
        yield f"{len(blocks)} blocks; 100 are allowed in a view"
    for key, most in (("title", 24), ("submit", 24), ("close", 24)):
        text = (body.get(key) or {}).get("text") or ""
        if len(text) > most:
            yield f"the {key} of a view has {len(text)} characters; {most} are allowed"
    for key, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(body.get(key) or "") > most:
            yield f"{key} of {len(body[key])} characters; {most} are allowed"
    if body.get("type") == "modal" and not body.get("submit") and any(e.get("type") == "input" for e in blocks):
        yield "a modal with inputs needs submit"


_LENGTHS = {"header": 150, "section": 3000, "button": 75}
_OPTIONS = {"static_select": 100, "multi_static_select": 100, "radio_buttons": 10, "checkboxes": 10, "overflow": 5}
_ELEMENTS = {"actions": 25, "context": 10}


def _each(blocks: list[Json]) -> Iterator[Broken]:
    for sentence in _sentences(blocks):
        yield Broken(sentence, "invalid_blocks")


def _sentences(blocks: list[Json]) -> Iterator[str]:
    for name, count in Counter(each["block_id"] for each in blocks if each.get("block_id")).items():
        if count > 1:
            yield f"block_id {name!r} is there {count} times"
    for (_, name), count in Counter((id(block), each["action_id"]) for block, each in elements(blocks)).items():
        if count > 1:
            yield f"action_id {name!r} is there {count} times in one block"
    for each in walk(blocks):
        kind = str(each.get("type"))
        text = each["text"].get("text") if isinstance(each.get("text"), dict) else None
        if text is not None and len(text) > _LENGTHS.get(kind, 3000):
            yield f"the text of a {kind} has {len(text)} characters; {_LENGTHS.get(kind, 3000)} are allowed"
        for key, most in (("action_id", 255), ("block_id", 255), ("url", 3000), ("alt_text", 2000)):
            if isinstance(each.get(key), str) and len(each[key]) > most:
                yield f"{key} of {len(each[key])} characters; {most} are allowed"
        if kind == "button" and len(each.get("value") or "") > 2000:
            yield f"the value of a button has {len(each['value'])} characters; 2000 are allowed"
        if len(each.get("elements") or []) > _ELEMENTS.get(kind, 10**6):
            yield f"{len(each['elements'])} elements in {kind}; {_ELEMENTS[kind]} are allowed"
        yield from _options(kind, each)
        yield from _section(kind, each)


def _options(kind: str, each: Json) -> Iterator[str]:
    options = each.get("options")
    if kind in _OPTIONS and isinstance(options, list):
        if not 1 <= len(options) <= _OPTIONS[kind]:
            yield f"{len(options)} options in {kind}; 1 to {_OPTIONS[kind]} are allowed"
        for option in options:
            text, value = (option.get("text") or {}).get("text") or "", option.get("value") or ""
            if len(text) > 75 or len(value) > 150:
                yield f"an option with {len(text)} characters and a value of {len(value)}; 75 and 150 are allowed"
    placeholder = each.get("placeholder")
    if isinstance(placeholder, dict) and len(placeholder.get("text") or "") > 150:
        yield "a placeholder of more than 150 characters"
    if kind == "plain_text_input" and (each.get("max_length") or 0) > 3000:
        yield f"max_length {each['max_length']} of a text input; 3000 are allowed"


def _section(kind: str, each: Json) -> Iterator[str]:
    if kind == "section":
        fields = each.get("fields") or []
        if len(fields) > 10 or any(len(one.get("text") or "") > 2000 for one in fields):
            yield "a section has at most 10 fields of 2000 characters"
        if not each.get("text") and not fields:
            yield "a section without text and fields"
    if kind == "input" and len((each.get("label") or {}).get("text") or "") > 2000:
        yield "the label of an input has more than 2000 characters"


def _by_sdk(parse: Any, body: Json) -> Iterator[Broken]:
    """What slack_sdk's own validators say: it can read it, finds nothing wrong with it, and would send the same."""
    try:
        parsed = parse(copy.deepcopy(body))
        if parsed is None:
            yield Broken(f"slack_sdk cannot read a block of type {body.get('type')!r}", "invalid_blocks")
            return
        parsed.validate_json()
        lost = sorted(set(body) - set(parsed.to_dict()))
    except SlackObjectFormationError as error:
        yield Broken(f"slack_sdk: {error}", "invalid_blocks")
        return
    if lost:
        yield Broken(f"slack_sdk knows nothing of {', '.join(lost)} in a {body.get('type')}", "invalid_blocks")
