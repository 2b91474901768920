"""The setup panel: what is set for the server, selects and switches to change it, and which permissions are missing."""

import re
from collections.abc import Mapping
from typing import Any

import discord

from bots.discord import layout, markup, permissions, trouble, wording
from bots.discord.controls import settled
from bots.discord.exchange import Exchange, carefully
from bots.discord.page import Page
from bots.discord.pieces import pieces
from bots.discord.turns import PLATFORM, turn
from bots.sentences import speak
from core.place import Turns, Workspace
from core.policy import Rating

PREFIX = "setup"
_MOST = 25
_PLACES = [discord.ChannelType.text, discord.ChannelType.forum, discord.ChannelType.news, discord.ChannelType.voice]
_NUMBER = re.compile(r"\b\d{15,20}\b")
_NOTHING_PICKED = {"channels": "all", "moderators": "none", "alerts": "none"}
_LANGUAGES = {"en": "English", "zh": "中文"}

Item = discord.ui.Item[discord.ui.View]


async def show(exchange: Exchange, page: Page, arguments: Mapping[str, str]) -> None:
    """Change what is given, and show what holds with the means to change it. Raises `StoryError`."""
    asked, storyteller = exchange.interaction, exchange.reception.storyteller
    here = turn(asked).place.workspace
    reply = await storyteller.perform("setup", turn(asked), arguments)
    exchange.reception.forget_language(here)
    workspace = await storyteller.servers.settings(PLATFORM, here)
    written = _NUMBER.sub(lambda found: _named(asked.guild, found[0]), layout.written(reply.blocks))
    text = pieces(f"{written}\n\n{_permissions(exchange, workspace)}")[0]
    view = panel(workspace, exchange.locale) if asked.guild_id is not None else None
    try:
        await page.draw(text, view)
    except trouble.LOST as error:
        trouble.note(error)
        return
    await exchange.delivered(reply, [])


def _named(guild: discord.Guild | None, number: str) -> str:
    """A channel or role by the name that it has on this server; its number if it has none."""
    role = guild.get_role(int(number)) if guild else None
    if role is not None:
        return markup.name(role.name)
    return f"<#{number}>" if guild and guild.get_channel(int(number)) else number


def is_setting(custom_id: str) -> bool:
    """Whether this is the id of a control of the panel."""
    return custom_id.startswith(f"{PREFIX}:")


async def changed(exchange: Exchange, custom_id: str) -> None:
    """A control of the panel was used: set what it says, and draw the panel anew."""
    page = await exchange.accept(private=False, quiet=True)
    if page is None:
        return
    asked = exchange.interaction
    _, name, *value = custom_id.split(":")
    data: Any = asked.data or {}
    picked = value[0] if value else ",".join(data.get("values") or []) or _NOTHING_PICKED.get(name, "")
    own = Page(asked, private=True, deferred=asked.message.id if asked.message else 0)
    await carefully(exchange, page, lambda: show(exchange, own, {name: picked}))


def panel(workspace: Workspace, locale: str) -> discord.ui.View:
    """Five rows: where, who, whom to tell, how far, and switches."""
    return settled(
        _channels("channels", workspace.channels, wording.PANEL_CHANNELS, locale, most=_MOST),
        _moderators(workspace, locale),
        _channels("alerts", {workspace.alerts} if workspace.alerts else (), wording.PANEL_ALERTS, locale, most=1),
        _ratings(workspace, locale),
        *_switches(workspace, locale),
    )


def _channels(name: str, chosen: Any, placeholder: str, locale: str, *, most: int) -> Item:
    return discord.ui.ChannelSelect(
        custom_id=f"{PREFIX}:{name}",
        placeholder=layout.label(speak(placeholder, locale), most=150),
        channel_types=_PLACES,
        min_values=0,
        max_values=most,
        default_values=_defaults(chosen, discord.SelectDefaultValueType.channel)[:most],
    )


def _moderators(workspace: Workspace, locale: str) -> Item:
    return discord.ui.RoleSelect(
        custom_id=f"{PREFIX}:moderators",
        placeholder=layout.label(speak(wording.PANEL_MODERATORS, locale), most=150),
        min_values=0,
        max_values=_MOST,
        default_values=_defaults(workspace.moderators, discord.SelectDefaultValueType.role)[:_MOST],
    )


def _ratings(workspace: Workspace, locale: str) -> Item:
    return discord.ui.Select(
        custom_id=f"{PREFIX}:rating",
        placeholder=layout.label(speak(wording.PANEL_RATING, locale), most=150),
        options=[
            discord.SelectOption(
                label=speak(wording.RATINGS[each], locale), value=each, default=each is workspace.rating
            )
            for each in Rating
        ],
    )


def _switches(workspace: Workspace, locale: str) -> list[Item]:
    """Each says how things are; a press changes it."""
    language = workspace.language or "en"
    messages = speak(wording.ON if workspace.messages else wording.OFF, locale)
    return [
        _switch(
            f"language:{'zh' if language == 'en' else 'en'}",
            speak(wording.PANEL_LANGUAGE, locale, value=_LANGUAGES.get(language, language)),
        ),
        _switch(
            f"messages:{'off' if workspace.messages else 'on'}", speak(wording.PANEL_MESSAGES, locale, value=messages)
        ),
        _switch(
            f"turns:{Turns.ALTERNATE if workspace.turns is Turns.FREE else Turns.FREE}",
            speak(wording.PANEL_TURNS, locale, value=speak(wording.TURNS[workspace.turns], locale)),
        ),
    ]


def _switch(what: str, label: str) -> Item:
    return discord.ui.Button(custom_id=f"{PREFIX}:{what}", label=layout.label(label))


def _defaults(ids: Any, kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    # Discord wants ids as text here; the library passes on what it is given.
    return [discord.SelectDefaultValue(id=each, type=kind) for each in sorted(ids) if each.isdigit()]


def _permissions(exchange: Exchange, workspace: Workspace) -> str:
    """What the bot lacks here and why it needs it."""
    asked, locale = exchange.interaction, exchange.locale
    lines = []
    if workspace.messages and not exchange.reception.messages:
        lines.append(f"-# {speak(wording.PANEL_NO_INTENT, locale)}")
    if asked.guild_id is None:
        return "\n".join(lines)
    lacking = permissions.missing(asked.app_permissions, messages=workspace.messages)
    if lacking:
        lines += [speak(wording.PANEL_MISSING, locale), permissions.reasons(lacking, locale)]
    else:
        lines.append(f"-# {speak(wording.PANEL_ALL_WELL, locale)}")
    return "\n".join(lines)
