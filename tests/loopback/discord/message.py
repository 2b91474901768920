"""People and their messages. They know nothing of sockets."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.loopback.discord.rules import Json

if TYPE_CHECKING:
    from tests.loopback.discord.world import Channel

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15


@dataclass(eq=False, repr=False)
class User:
    """Somebody, or a bot."""

    id: int
    name: str
    locale: str = "en-US"
    display: str | None = None
    bot: bool = False

    def __repr__(self) -> str:
        return f"<User {self.name}>"

    @property
    def mention(self) -> str:
        """How a message names this user."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Attachment:
    """A file that the platform keeps."""

    id: int
    name: str
    data: bytes
    content_type: str
    description: str | None = None

    @property
    def text(self) -> str:
        """The file as UTF-8 text."""
        return self.data.decode()


@dataclass(frozen=True)
class File:
    """A file that a person brings along: an option of a command, or on a message."""

    name: str
    data: bytes
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Edit:
    """A state that a message was given, and when (monotonic)."""

    at: float
    text: str


@dataclass(eq=False, repr=False)
class Message:
    """A message as it stands now; `edits` has every state after the first one."""

    id: int
    channel: "Channel"
    author: User
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    mentions: list[User] = field(default_factory=list)
    reply_to: "Message | None" = None
    interaction: Json | None = None
    poll: Json | None = None
    nonce: str | int | None = None
    pinned: bool = False
    deleted: bool = False
    edited: datetime | None = None
    edits: list[Edit] = field(default_factory=list)
    reactions: dict[str, set[int]] = field(default_factory=dict)
    thread: "Channel | None" = None
    only_for: User | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    at: float = field(default_factory=time.monotonic)

    def __repr__(self) -> str:
        return f"<Message {self.id} by {self.author.name}: {self.text[:80]!r}>"

    @property
    def ephemeral(self) -> bool:
        """Only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def thinking(self) -> bool:
        """It still says that the app is thinking."""
        return bool(self.flags & LOADING)

    @property
    def text(self) -> str:
        """All that is written in it: content, embeds, text displays; without labels of buttons."""
        parts = [self.content]
        for embed in self.embeds:
            parts += [embed.get("title", ""), embed.get("description", "")]
            parts += [each for f in embed.get("fields", []) for each in (f["name"], f["value"])]
            parts.append(embed.get("footer", {}).get("text", ""))
        parts += [each["content"] for each in walk(self.components) if each["type"] == 10]
        return "\n".join(part for part in parts if part)

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, in order; disabled ones too."""
        return [each.get("label", "") for each in walk(self.components) if each["type"] == 2]

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by name."""
        return {each.name: each.data for each in self.attachments}

    @property
    def spacings(self) -> list[float]:
        """Seconds from each state to the next one, without the last (final) edit."""
        times = [self.at, *(edit.at for edit in self.edits[:-1])]
        return [after - before for before, after in pairwise(times)]

    def older(self, seconds: float) -> None:
        """Let it have been written earlier."""
        self.created -= timedelta(seconds=seconds)


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """Every component, nested ones too, in the order of reading."""
    for each in components:
        yield each
        yield from walk(each.get("components", []))
        yield from walk([each[key] for key in ("accessory", "component") if each.get(key)])
