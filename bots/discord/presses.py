"""What a pressed button, a changed setting or a sent form does. Everything is read from their ids."""

from typing import Any

import discord

from bots import sentences
from bots.discord import controls, forms, layout, panel, trouble, wording
from bots.discord.controls import Control, Pressed
from bots.discord.exchange import Exchange, carefully, private
from bots.discord.page import Page
from bots.discord.reception import Reception
from bots.discord.turns import PLATFORM, Pointed, roles, turn, where
from bots.reception import Work
from bots.sentences import speak
from core.errors import StoryError


async def pressed(reception: Reception, interaction: discord.Interaction) -> None:
    """Deal with a button or a select."""
    custom_id = _id(interaction)
    exchange = Exchange(reception, interaction)
    message_id = interaction.message.id if interaction.message else 0
    with reception.flow(), reception.press(str(interaction.user.id), str(message_id), custom_id) as first:
        if not first:
            await exchange.nod()
        elif panel.is_setting(custom_id):
            await panel.changed(exchange, custom_id)
        elif (found := controls.read(custom_id)) is not None:
            await _press(exchange, found)


async def sent(reception: Reception, interaction: discord.Interaction) -> None:
    """Deal with a form."""
    form = forms.read(_id(interaction))
    if form is None:
        return
    exchange = Exchange(reception, interaction)
    with reception.flow():
        page = await exchange.accept(private=private(form.operation))
        if page is not None:
            arguments = {**form.given, **forms.values(interaction)}
            await carefully(exchange, page, lambda: _perform_form(exchange, page, form, arguments))


def _id(interaction: discord.Interaction) -> str:
    data: Any = interaction.data or {}
    return str(data.get("custom_id", ""))


async def _perform_form(exchange: Exchange, page: Page, form: forms.Form, arguments: dict[str, str]) -> None:
    about = form.about
    if about is None and form.source:
        place = where(exchange.interaction)
        about = await exchange.reception.storyteller.delivery.passage_at(place, form.source)
    asked = turn(exchange.interaction, Pointed(about, form.source))
    given = {name: value for name, value in arguments.items() if value.strip()}
    await exchange.perform(page, form.operation, asked, given)


async def _press(exchange: Exchange, found: Pressed) -> None:
    match found.control:
        case controls.STOP:
            await _stop(exchange, found.about)
        case controls.KEEP:
            await _keep(exchange, found.passage)
        case control if control.form:
            form = forms.Form(control.form, about=_passage(found), given=_given(found))
            await exchange.ask(form.shown(exchange.locale, speak(control.label, exchange.locale)))
        case control:
            await _perform(exchange, control, found)


async def _perform(exchange: Exchange, control: Control, found: Pressed) -> None:
    page = await exchange.accept(private=private(control.operation))
    if page is None:
        return
    asked = turn(exchange.interaction, Pointed(about=_passage(found)))
    await carefully(exchange, page, lambda: exchange.perform(page, control.operation, asked, _given(found)))


def _given(found: Pressed) -> dict[str, str]:
    """The arguments that a button gives."""
    control = found.control
    return dict(control.fixed) | ({control.argument: found.about} if control.argument else {})


def _passage(found: Pressed) -> int | None:
    """The passage that a button is about."""
    return None if found.control.argument else found.passage


async def _keep(exchange: Exchange, passage: int | None) -> None:
    """Answer the question what becomes of a passage: whoever may remove it may also keep it."""
    try:
        await exchange.reception.storyteller.check("remove", turn(exchange.interaction, Pointed(about=passage)))
    except StoryError as error:
        page = await exchange.accept(private=True)
        if page is not None:
            await page.whisper(layout.notice(error.notice))
    else:
        await exchange.replace(f"-# {speak(wording.KEPT, exchange.here)}")


async def _stop(exchange: Exchange, turn_id: str) -> None:
    """Stop the turn that is being written, if the person may. One that nobody writes any more is marked."""
    work = exchange.reception.work(turn_id)
    if work is None and await exchange.reception.storyteller.leases.under_way(PLATFORM, turn_id):
        if (page := await exchange.accept(private=True)) is not None:
            await page.whisper(speak(sentences.ELSEWHERE, exchange.locale))
        return
    if work is None:
        await exchange.replace(f"-# {speak(sentences.STOPPED, exchange.here)}")
        return
    page = await exchange.accept(private=False, quiet=True)
    if page is None:
        return
    if await _may_stop(exchange, work):
        work.task.cancel()
    else:
        await page.whisper(speak(sentences.NOT_YOURS, exchange.locale))


async def _may_stop(exchange: Exchange, work: Work) -> bool:
    asked = exchange.interaction
    if str(asked.user.id) == work.turn.contributor.id or asked.guild_id is None:
        return True
    if asked.permissions.manage_guild:
        return True
    workspace = await exchange.reception.storyteller.servers.settings(PLATFORM, work.turn.place.workspace)
    return bool(roles(asked.user) & workspace.moderators)


async def guarded(reception: Reception, interaction: discord.Interaction) -> None:
    """Deal with whatever is no command; a mistake of ours is logged."""
    deal = {discord.InteractionType.component: pressed, discord.InteractionType.modal_submit: sent}
    if interaction.type not in deal:
        return
    try:
        await deal[interaction.type](reception, interaction)
    except Exception as error:  # the border: whatever it is, the client goes on
        trouble.mistake(error, "en")
