"""Documented limits that the description does not have. Each broken one is a sentence; Discord refuses it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.loopback.discord.message import COMPONENTS_V2, walk
from tests.loopback.discord.rules import Json

# fmt: off
LOCALES = frozenset((
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko", "he", "ar",
))
# fmt: on
_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
_TEXT_INPUT, _LINK, _PREMIUM = 4, 5, 6


def message(body: Json) -> Iterator[str]:
    """Limits of one message."""
    content = body.get("content") or ""
    if len(content) > 2000:
        yield f"content of {len(content)} characters; a bot may write 2000"
    total = sum(_embed(each) for each in body.get("embeds") or [])
    if total > 6000:
        yield f"{total} characters in all embeds; 6000 are allowed"
    yield from _poll(body.get("poll"))
    components = body.get("components") or []
    yield from _components(components)
    if (body.get("flags") or 0) & COMPONENTS_V2:
        for key in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(key):
                yield f"{key} together with Components V2"
        yield from _texts(components)
    elif any(each["type"] not in (1,) for each in components):
        yield "components that need the flag IS_COMPONENTS_V2"
    elif len(components) > 5:
        yield f"{len(components)} action rows; 5 are allowed"


def modal(data: Json) -> Iterator[str]:
    """Limits of a modal."""
    components = data.get("components") or []
    if not 1 <= len(components) <= 5:
        yield f"a modal with {len(components)} components; 1 to 5 are allowed"
    yield from _unique(components)
    yield from _texts(components)
    for each in walk(components):
        if each.get("disabled"):
            yield "a disabled component in a modal"
        low, high = each.get("min_length") or 0, each.get("max_length") or 4000
        if each["type"] == _TEXT_INPUT and (low > high or len(each.get("value") or "") > high):
            yield f"text input {each.get('custom_id')!r} contradicts its own lengths"


def commands(commands: Sequence[Json], *, bulk: bool) -> Iterator[str]:
    """Limits of commands."""
    if bulk:
        kinds = Counter(each.get("type") or 1 for each in commands)
        for kind, most in ((1, 100), (2, 15), (3, 15)):
            if kinds[kind] > most:
                yield f"{kinds[kind]} commands of type {kind}; {most} are allowed"
        for (name, _), count in Counter((each.get("name"), each.get("type") or 1) for each in commands).items():
            if count > 1:
                yield f"the command {name!r} is there twice"
    for each in commands:
        yield from _command(each)


def _command(command: Json) -> Iterator[str]:
    chat = (command.get("type") or 1) == 1
    name = command.get("name") or ""
    if chat:
        yield from _name(name)
    if chat and not command.get("description"):
        yield f"the command {name!r} has no description"
    if not chat and (command.get("description") or command.get("options")):
        yield f"the context menu {name!r} has a description or options"
    for key in ("name_localizations", "description_localizations"):
        yield from _localized(command.get(key), names=chat and key.startswith("name"))
    yield from _options(command, name)
    total = _size(command)
    if total > 8000:
        yield f"the command {name!r} has {total} characters in all; 8000 are allowed"


def _name(name: str) -> Iterator[str]:
    if not _NAME.fullmatch(name) or name != name.lower():
        yield f"{name!r} cannot be the name of a command or option"


def _localized(texts: Json | None, *, names: bool = False) -> Iterator[str]:
    for locale, text in (texts or {}).items():
        if locale not in LOCALES:
            yield f"unknown locale {locale!r}"
        if names:
            yield from _name(text)


def _options(holder: Json, path: str) -> Iterator[str]:
    options = holder.get("options") or []
    optional = False
    for name, count in Counter(each.get("name") for each in options).items():
        if count > 1:
            yield f"{path}: the option {name!r} is there twice"
    if len({each.get("type") in (1, 2) for each in options}) > 1:
        yield f"{path}: subcommands beside options"
    for each in options:
        name = each.get("name") or ""
        yield from _name(name)
        for key in ("name_localizations", "description_localizations"):
            yield from _localized(each.get(key), names=key.startswith("name"))
        if each.get("type") in (1, 2):
            yield from _options(each, f"{path} {name}")
            continue
        if each.get("required") and optional:
            yield f"{path}: the required option {name!r} comes after an optional one"
        optional = optional or not each.get("required")
        if each.get("choices") and each.get("autocomplete"):
            yield f"{path}: the option {name!r} has both choices and autocomplete"
        for choice in each.get("choices") or []:
            yield from _localized(choice.get("name_localizations"))


def _size(holder: Json) -> int:
    def longest(key: str) -> int:
        texts = [holder.get(key) or "", *(holder.get(f"{key}_localizations") or {}).values()]
        return max(len(text) for text in texts)

    inner = [*(holder.get("options") or []), *(holder.get("choices") or [])]
    return longest("name") + longest("description") + len(str(holder.get("value", ""))) + sum(_size(e) for e in inner)


def _embed(embed: Json) -> int:
    texts: list[Any] = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [text for each in embed.get("fields") or [] for text in (each.get("name"), each.get("value"))]
    return sum(len(text or "") for text in texts)


def _poll(poll: Json | None) -> Iterator[str]:
    for each in (poll or {}).get("answers", []):
        if len(each.get("poll_media", {}).get("text") or "") > 55:
            yield "a poll answer of more than 55 characters"


def _components(components: Sequence[Json]) -> Iterator[str]:
    everything = list(walk(components))
    if len(everything) > 40:
        yield f"{len(everything)} components; 40 are allowed"
    yield from _unique(components)
    for each in everything:
        if each["type"] == 1:
            yield from _row(each)
        if each["type"] != 2:
            continue
        link, custom = bool(each.get("url")), bool(each.get("custom_id"))
        style = each.get("style")
        if style == _PREMIUM:
            if not each.get("sku_id"):
                yield "a premium button without a SKU"
        elif link == custom or link != (style == _LINK):
            yield f"a button needs either custom_id, or url and the style for links ({each.get('label')!r})"
        elif not each.get("label") and not each.get("emoji"):
            yield f"a button without label and emoji ({each.get('custom_id')!r})"


def _row(row: Json) -> Iterator[str]:
    inside = row.get("components") or []
    buttons = [each for each in inside if each["type"] == 2]
    if not inside or len(buttons) > 5 or (len(buttons) != len(inside) and len(inside) > 1):
        yield "an action row holds 1 to 5 buttons or one select"


def _unique(components: Sequence[Json]) -> Iterator[str]:
    for key, count in Counter(each["custom_id"] for each in walk(components) if each.get("custom_id")).items():
        if count > 1:
            yield f"custom_id {key!r} is there {count} times"


def _texts(components: Sequence[Json]) -> Iterator[str]:
    total = sum(len(each.get("content") or "") for each in walk(components) if each["type"] == 10)
    if total > 4000:
        yield f"{total} characters in all text displays; 4000 are allowed"
