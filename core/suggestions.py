"""What may be meant while somebody is still typing: stories, facts, passages, commands of this place."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from core.operation import OPERATIONS
from core.store import Store
from core.story import Passage, Turn
from core.wording import Language, Said, said, translated

_MOST = 25
"""As many as a list on Discord holds."""
_RECENT = 50


class Suggestion(NamedTuple):
    """A value and how it is shown, at most 100 characters."""

    label: str
    value: str


async def suggest(kind: str, store: Store, turn: Turn, typed: str) -> list[Suggestion]:
    """Values of a kind that have what was typed in them; none for a kind that is not known."""
    if kind not in _SOURCES:
        return []
    wanted = typed.strip().casefold()
    found = [each for each in await _SOURCES[kind](store, turn) if wanted in each.label.casefold()]
    return [Suggestion(_cut(label), value) for label, value in found if 0 < len(value) <= 100][:_MOST]


def _cut(label: str) -> str:
    return label if len(label) <= 100 else f"{label[:99]}…"


async def _stories(store: Store, turn: Turn) -> list[Suggestion]:
    house = (await store.arrive(turn)).house
    return [Suggestion(each.title, each.title) for each in await store.stories(house.id, limit=200) if each.ended]


async def _lore(store: Store, turn: Turn) -> list[Suggestion]:
    story = (await store.arrive(turn)).story
    facts = await store.lore(story.id) if story else []
    return [Suggestion(each.name, each.name) for each in facts]


async def _passages(store: Store, turn: Turn) -> list[Suggestion]:
    story = (await store.arrive(turn)).story
    found = await store.passages(story, tokenizer="", limit=_RECENT) if story else []
    return [Suggestion(translated(_line(p), Language.of(turn.language)), str(p.number)) for p in found[::-1]]


def _line(passage: Passage) -> Said:
    text = " ".join(passage.text.split())
    return said("{number} · {author}: {text}", number=passage.number, author=passage.author, text=text)


async def _commands(_store: Store, _turn: Turn) -> list[Suggestion]:
    return [Suggestion(each.name, each.name) for each in OPERATIONS.values()]


_SOURCES: dict[str, Callable[[Store, Turn], Awaitable[list[Suggestion]]]] = {
    "stories": _stories,
    "lore": _lore,
    "passages": _passages,
    "commands": _commands,
}
