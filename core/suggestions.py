"""What may be meant while somebody is still typing: stories, facts, passages of this place, voices, commands."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from core.operation import OPERATIONS
from core.place import Turn
from core.store import Store
from core.story import Passage, Story
from core.wording import Language, Said, said, translated

_MOST = 25
"""As many as a list on Discord holds."""
_RECENT = 50


class Suggestion(NamedTuple):
    """A value and how it is shown, at most 100 characters."""

    label: str
    value: str


@dataclass(frozen=True)
class Known:
    """What suggestions are made from."""

    store: Store
    turn: Turn
    voices: tuple[str, ...]
    """The storyteller's."""

    async def story(self) -> Story | None:
        """The story that is open where somebody types."""
        return (await self.store.arrive(self.turn)).story

    async def stories(self) -> list[Story]:
        """The stories of that place, the open one first."""
        return await self.store.stories((await self.store.arrive(self.turn)).house.id, limit=200)


async def suggest(kind: str, known: Known, typed: str) -> list[Suggestion]:
    """Values of a kind that have what was typed in them; none for a kind that is not known."""
    if kind not in _SOURCES:
        return []
    wanted = typed.strip().casefold()
    found = [each for each in await _SOURCES[kind](known) if wanted in each.label.casefold()]
    return [Suggestion(_cut(label), value) for label, value in found if 0 < len(value) <= 100][:_MOST]


def _cut(label: str) -> str:
    return label if len(label) <= 100 else f"{label[:99]}…"


def _same(values: Iterable[str]) -> list[Suggestion]:
    """Values that are shown as they are."""
    return [Suggestion(each, each) for each in values]


async def _stories(known: Known) -> list[Suggestion]:
    return _same(each.title for each in await known.stories())


async def _ended(known: Known) -> list[Suggestion]:
    return _same(each.title for each in await known.stories() if each.ended)


async def _lore(known: Known) -> list[Suggestion]:
    story = await known.story()
    return _same(each.name for each in (await known.store.lore(story.id) if story else ()))


async def _passages(known: Known) -> list[Suggestion]:
    story, language = await known.story(), Language.of(known.turn.language)
    found = await known.store.passages(story, tokenizer="", limit=_RECENT) if story else []
    return [Suggestion(translated(_line(p), language), str(p.number)) for p in found[::-1]]


def _line(passage: Passage) -> Said:
    text = " ".join(passage.text.split())
    return said("{number} · {author}: {text}", number=passage.number, author=passage.author, text=text)


async def _voices(known: Known) -> list[Suggestion]:
    return _same(known.voices)


async def _commands(_known: Known) -> list[Suggestion]:
    return _same(each.name for each in OPERATIONS.values())


_SOURCES: dict[str, Callable[[Known], Awaitable[list[Suggestion]]]] = {
    "stories": _stories,
    "ended stories": _ended,
    "lore": _lore,
    "passages": _passages,
    "voices": _voices,
    "commands": _commands,
}
