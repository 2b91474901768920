"""The command tree, built from the table of operations: a new operation is a new command by itself."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bots.discord import forms, menus, panel, threads, trouble, wording
from bots.discord.exchange import Exchange, carefully, private
from bots.discord.reception import Reception
from bots.discord.turns import turn
from bots.sentences import speak
from core.errors import StoryError
from core.operation import OPERATIONS, Operation, Param
from core.wording import own

INSTALLS = app_commands.AppInstallationType(guild=True, user=True)
CONTEXTS = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
THREAD = "thread"
_LONGEST = 6000
_PICKED: dict[tuple[str, str], Any] = {
    ("setup", "channels"): app_commands.AppCommandChannel,
    ("setup", "alerts"): app_commands.AppCommandChannel,
    ("setup", "moderators"): discord.Role,
    ("review block", "person"): discord.User,
    ("review unblock", "person"): discord.User,
}
"""Parameters that are picked on Discord, where others type an id."""

_MENTION = re.compile(r"<(?:@[&!]?|#)(\d+)>")

Call = Callable[..., Awaitable[None]]


class Tree(app_commands.CommandTree[discord.Client]):
    """All commands. A mistake in one is told privately, and logged without a word of anybody's."""

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        """Say that it went wrong; nobody is left waiting."""
        said = trouble.mistake(getattr(error, "original", error), str(interaction.locale))
        try:
            if interaction.response.is_done():
                await interaction.followup.send(said, ephemeral=True)
            else:
                await interaction.response.send_message(said, ephemeral=True)
        except trouble.LOST as lost:
            trouble.note(lost)


class Words(app_commands.Translator):
    """Descriptions in the reader's language. Names of commands and options stay as they are."""

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """A description for a locale; None where English, which is the default, does."""
        where = app_commands.TranslationContextLocation
        menu = context.location is where.command_name and isinstance(context.data, app_commands.ContextMenu)
        if (
            not menu
            and context.location not in (where.command_description, where.group_description)
            and (context.location is not where.parameter_description)
        ):
            return None
        if locale is discord.Locale.american_english:
            return None if menu else string.message
        said = speak(string.message, str(locale))
        return None if said == string.message else _short(said, 32 if menu else 100)


def tree(client: discord.Client, reception: Reception) -> Tree:
    """Every operation as `/story …`, and the entries of the context menu."""
    commands = Tree(client)
    story = app_commands.Group(
        name="story",
        description=locale_str(wording.STORY),
        allowed_installs=INSTALLS,
        allowed_contexts=CONTEXTS,
    )
    groups: dict[str, app_commands.Group] = {}
    for each in OPERATIONS.values():
        first, _, second = each.name.partition(" ")
        group = story
        if second:
            if first not in groups:
                groups[first] = app_commands.Group(name=first, description=_members(first), parent=story)
            group = groups[first]
        group.add_command(_command(reception, each, second or first))
    commands.add_command(story)
    for menu in menus.entries(reception):
        menu.allowed_installs, menu.allowed_contexts = INSTALLS, CONTEXTS
        commands.add_command(menu)
    return commands


def _members(first: str) -> str:
    return _short(f"{first}: {', '.join(n.split()[1] for n in OPERATIONS if n.startswith(f'{first} '))}")


def _command(reception: Reception, operation: Operation, name: str) -> app_commands.Command[Any, Any, Any]:
    async def call(interaction: discord.Interaction, **given: Any) -> None:
        await _called(reception, interaction, operation, given)

    params = sorted(operation.params, key=lambda each: not _required(each))
    options = [_option(operation, each) for each in params]
    if operation.name == "start":
        options.append(_parameter(THREAD, bool, required=False))
    call.__signature__ = inspect.Signature([_parameter("interaction", discord.Interaction, required=True), *options])  # type: ignore[attr-defined]
    described = {each.name: locale_str(_short(own(each.description))) for each in params}
    if operation.name == "start":
        described[THREAD] = locale_str(wording.IN_A_THREAD)
    decorated: Any = app_commands.describe(**described)(call)
    chosen = {p.name: [app_commands.Choice(name=c, value=c) for c in p.choices] for p in params if p.choices}
    if chosen:
        decorated = app_commands.choices(**chosen)(decorated)
    command = app_commands.Command[Any, Any, Any](
        name=name, description=locale_str(_short(own(operation.summary))), callback=decorated
    )
    for each in params:
        if each.suggests:
            command.autocomplete(each.name)(_suggesting(reception, operation, each))
    return command


def _required(param: Param) -> bool:
    """Whether Discord insists on it. A text of several lines may be left out: then a form asks for it."""
    return param.required and not param.lines


def _option(operation: Operation, param: Param) -> inspect.Parameter:
    return _parameter(param.name, _kind(operation, param), required=_required(param))


def _kind(operation: Operation, param: Param) -> Any:
    if (operation.name, param.name) in _PICKED:
        return _PICKED[operation.name, param.name]
    if param.number:
        return app_commands.Range[int, 1, 999_999_999]
    return str if param.choices else app_commands.Range[str, 1, min(param.max_length, _LONGEST)]


def _parameter(name: str, kind: Any, *, required: bool) -> inspect.Parameter:
    default = inspect.Parameter.empty if required else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _suggesting(reception: Reception, operation: Operation, param: Param) -> Any:
    async def suggest(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[Any]]:
        try:
            found = await reception.storyteller.suggest(operation.name, param.name, turn(interaction), str(current))
        except StoryError:
            return []
        kind = int if param.number else str
        return [app_commands.Choice(name=label[:100], value=kind(value)) for label, value in found][:25]

    return suggest


async def _called(
    reception: Reception, interaction: discord.Interaction, operation: Operation, given: Mapping[str, Any]
) -> None:
    """A command was used."""
    exchange = Exchange(reception, interaction)
    apart = bool(given.get(THREAD))
    arguments = {n: _text(value) for n, value in given.items() if value is not None and n != THREAD}
    with reception.flow():
        if any(each.lines and each.required and each.name not in arguments for each in operation.params):
            await open_form(exchange, forms.Form(operation.name, given=arguments), f"/story {operation.name}")
            return
        page = await exchange.accept(private=private(operation.name))
        if page is None:
            return
        if operation.name == "setup":
            settings = {name: _with_ids(text) for name, text in arguments.items()}
            await carefully(exchange, page, lambda: panel.show(exchange, page, settings))
        elif apart:
            await carefully(exchange, page, lambda: threads.start(exchange, page, arguments))
        else:
            asked = threads.opened_for(interaction, operation.name)
            await carefully(exchange, page, lambda: exchange.perform(page, operation.name, asked, arguments))


async def open_form(exchange: Exchange, form: forms.Form, title: str) -> None:
    """Answer with a form."""
    await exchange.ask(form.shown(exchange.locale, speak(title, exchange.locale)))


def _text(value: object) -> str:
    """An option's value as the operation reads it: the id of a channel, role or person, or what was typed."""
    picked = isinstance(value, discord.Role | discord.abc.User | app_commands.AppCommandChannel)
    return str(value.id) if picked else str(value)  # type: ignore[attr-defined]


def _with_ids(text: str) -> str:
    """A setting with mentions of roles, people and channels as their ids."""
    return _MENTION.sub(r"\1", text)


def _short(text: str, most: int = 100) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
