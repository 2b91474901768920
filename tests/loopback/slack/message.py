"""Messages, files and views as they stand. They know nothing of sockets."""

import html
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.loopback.slack.markup import readable
from tests.loopback.slack.rules import Json

if TYPE_CHECKING:
    from tests.loopback.slack.world import Channel, User


@dataclass(frozen=True)
class File:
    """A file that was shared."""

    id: str
    name: str
    data: bytes
    title: str = ""

    @property
    def text(self) -> str:
        """The file as UTF-8 text."""
        return self.data.decode()


@dataclass(frozen=True)
class Edit:
    """A state that a message was given, and when (monotonic)."""

    at: float
    text: str


@dataclass
class Stream:
    """What happens in a message while it is streamed."""

    ends: float
    """When its life is over (monotonic)."""
    recipient: str | None
    state: str = "streaming"
    """`streaming`, `stopped` (by the application), `stopped_by_user`."""
    text: str = ""
    appends: int = 0
    tasks: dict[str, Json] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """It can be appended to."""
        return self.state == "streaming" and time.monotonic() < self.ends


@dataclass(eq=False)
class Message:
    """A message as it stands now; `edits` has every state after the first one."""

    ts: str
    channel: "Channel"
    author: "User"
    raw: str = ""
    """The `text` field as it came: what people read if there are no blocks, else the notification."""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    markdown: str = ""
    files: list[File] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    only_for: "User | None" = None
    by_app: bool = False
    name: str | None = None
    """A name that the application chose for this message."""
    stream: Stream | None = None
    deleted: bool = False
    tombstone: bool = False
    """It was deleted, but its thread stands."""
    edited: str | None = None
    edits: list[Edit] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    pinned: bool = False
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What people picked in its selects: by block id, then action id."""
    subtype: str | None = None
    at: float = field(default_factory=time.monotonic)

    @property
    def ephemeral(self) -> bool:
        """Only one person sees it."""
        return self.only_for is not None

    @property
    def text(self) -> str:
        """What people read in it, entities decoded: blocks if there are any, else the text; without buttons."""
        parts = [self.stream.text if self.stream else "", self.markdown]
        shown = "\n".join(texts_of(self.blocks))
        parts.append(shown or (readable(self.raw) if not any(parts) else ""))
        parts += [each for one in self.attachments for each in texts_of(one.get("blocks") or [])]
        return "\n".join(part for part in parts if part)

    @property
    def fallback(self) -> str:
        """What a notification or a screen reader says."""
        return readable(self.raw)

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, in order."""
        return labels_of(self.blocks)

    @property
    def replies(self) -> list["Message"]:
        """The messages that stand in the thread below it, oldest first."""
        return [each for each in self.channel.thread(self.ts) if each is not self]

    @property
    def streaming(self) -> bool:
        """It still grows."""
        return self.stream is not None and self.stream.open

    @property
    def spacings(self) -> list[float]:
        """Seconds from each state to the next one, without the last (final) edit."""
        times = [self.at, *(edit.at for edit in self.edits[:-1])]
        return [after - before for before, after in pairwise(times)]


@dataclass(eq=False)
class View:
    """A modal or a home tab that a person sees."""

    id: str
    user: "User"
    body: Json
    """The view as the application gave it, with block ids."""
    hash: str
    root: str
    previous: "View | None" = None
    team_id: str = ""
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What has been put into its fields: by block id, then action id."""
    channel: "Channel | None" = None
    """Where the person was when it was opened."""
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)
    """What the application said is wrong with the fields, by block id."""
    edits: int = 0

    @property
    def title(self) -> str:
        """Its title; a home tab has none."""
        return readable((self.body.get("title") or {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        """Its blocks."""
        found: list[Json] = self.body["blocks"]
        return found

    @property
    def text(self) -> str:
        """What people read in it, without buttons."""
        return "\n".join(texts_of(self.blocks))

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, in order."""
        return labels_of(self.blocks)

    @property
    def fields(self) -> list[str]:
        """The labels of its input blocks, in order."""
        return [readable(each["label"]["text"]) for each in self.blocks if each["type"] == "input"]

    @property
    def private_metadata(self) -> str:
        """What the application remembers in it."""
        return self.body.get("private_metadata") or ""


_TEXTS = ("text", "title", "label", "hint", "description", "placeholder", "alt_text", "subtitle", "body")


def walk(value: Any) -> Iterator[Json]:
    """Every object in blocks, outer ones first, in the order of reading."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Pairs of a block and an interactive element in it."""
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        inside += block.get("actions") or []
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element
        yield from elements(block.get("child_blocks") or block.get("blocks") or [])


def labels_of(blocks: list[Json]) -> list[str]:
    """The labels of the buttons in blocks."""
    return [readable(each["text"]["text"]) for _, each in elements(blocks) if each["type"] == "button"]


def texts_of(blocks: list[Json]) -> list[str]:
    """What people read in blocks, in order, without the labels of buttons and options."""
    return [text for block in blocks for text in _texts(block)]


def _read(value: str, block: Json) -> str:
    return readable(value) if block.get("type") == "mrkdwn" else html.unescape(value)


def _texts(block: Json) -> Iterator[str]:
    if block.get("type") in ("button", "static_select", "overflow", "radio_buttons", "checkboxes", "actions"):
        return
    for key, value in block.items():
        if isinstance(value, str) and key in _TEXTS:
            yield value if block.get("type") == "markdown" else _read(value, block)
        elif isinstance(value, dict):
            yield from _texts(value)
        elif isinstance(value, list):
            yield from (text for each in value if isinstance(each, dict) for text in _texts(each))
