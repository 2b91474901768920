"""The entries of a message's context menu: explain it, add it to the story, report it."""

from collections.abc import Iterator

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bots import sentences
from bots.discord.exchange import Exchange, carefully
from bots.discord.forms import Form
from bots.discord.page import Page
from bots.discord.reception import Reception
from bots.discord.turns import Pointed, turn, where
from bots.sentences import speak
from core.errors import NotAllowed, NotPossible


def entries(reception: Reception) -> Iterator[app_commands.ContextMenu]:
    """All entries."""

    async def explain(interaction: discord.Interaction, message: discord.Message) -> None:
        exchange = Exchange(reception, interaction)
        with reception.flow():
            page = await exchange.accept(private=True)
            if page is not None:
                await carefully(exchange, page, lambda: _explain(exchange, page, message))

    async def add(interaction: discord.Interaction, message: discord.Message) -> None:
        exchange = Exchange(reception, interaction)
        with reception.flow():
            page = await exchange.accept(private=False)
            if page is not None:
                await carefully(exchange, page, lambda: _add(exchange, page, message))

    async def report(interaction: discord.Interaction, message: discord.Message) -> None:
        exchange = Exchange(reception, interaction)
        form = Form("report", source=str(message.id))
        with reception.flow():
            await exchange.ask(form.shown(exchange.locale, speak(sentences.REPORT, exchange.locale)))

    yield app_commands.ContextMenu(name=locale_str(sentences.EXPLAIN_THIS), callback=explain)
    yield app_commands.ContextMenu(name=locale_str(sentences.ADD_TO_STORY), callback=add)
    yield app_commands.ContextMenu(name=locale_str(sentences.REPORT), callback=report)


async def _explain(exchange: Exchange, page: Page, message: discord.Message) -> None:
    asked = exchange.interaction
    passage = await exchange.reception.storyteller.delivery.passage_at(where(asked), str(message.id))
    if passage is None:
        raise NotPossible(speak(sentences.NO_PASSAGE_THERE, exchange.locale))
    await exchange.perform(page, "explain", turn(asked, Pointed(about=passage)), {})


async def _add(exchange: Exchange, page: Page, message: discord.Message) -> None:
    asked = exchange.interaction
    if message.author.id != asked.user.id:
        raise NotAllowed(speak(sentences.NOT_YOUR_MESSAGE, exchange.locale))
    if not message.content.strip():
        raise NotPossible(speak(sentences.NOTHING_WRITTEN, exchange.locale))
    await exchange.perform(page, "add", turn(asked, Pointed(source=str(message.id))), {"text": message.content})
