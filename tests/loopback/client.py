"""A small application of our own, with which the loopback Discord is tested. It is not the product."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
import pytest
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from yarl import URL

from tests.loopback.discord import LoopbackDiscord

QUIET = discord.AllowedMentions.none()
Press = discord.Interaction["Teller"]


class Teller(discord.AutoShardedClient):
    """Answers in every way that there is."""

    def __init__(self, **settings: object) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        intents.message_content = bool(settings.pop("content", False))
        super().__init__(
            intents=intents,
            allowed_mentions=settings.pop("allowed_mentions", QUIET),  # type: ignore[arg-type]
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.05,
            **settings,  # type: ignore[arg-type]
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.wrong: list[BaseException] = []
        self.failed = asyncio.Event()
        self.resumed = asyncio.Event()
        self.tree.add_command(Story(name="story", description="Tell a story."))
        self.tree.add_command(app_commands.ContextMenu(name="Explain this passage", callback=explain))
        self.tree.error(self._error)

    async def _error(self, interaction: Press, error: app_commands.AppCommandError) -> None:
        self.wrong.append(getattr(error, "original", error))
        self.failed.set()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No waiting between shards."""

    async def setup_hook(self) -> None:
        """Register the commands."""
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        """Remember it."""
        self.heard.append(message)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Remember it."""
        self.resumed.set()


class Again(ui.View):
    """A button and a select."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Again", custom_id="again")
    async def again(self, press: Press, button: ui.Button["Again"]) -> None:
        """Change the message."""
        button.disabled = True
        await press.response.edit_message(content="Again it began.", view=self)

    @ui.button(label="Title", custom_id="title")
    async def title(self, press: Press, button: ui.Button["Again"]) -> None:
        """Ask for a title."""
        await press.response.send_modal(Titled())

    @ui.select(custom_id="tone", options=[discord.SelectOption(label="Warm"), discord.SelectOption(label="Cold")])
    async def tone(self, press: Press, select: "ui.Select[Again]") -> None:
        """Say what was picked."""
        await press.response.send_message(f"It turns {select.values[0]}.", ephemeral=True)

    @ui.select(cls=ui.UserSelect, custom_id="who")
    async def who(self, press: Press, select: "ui.UserSelect[Again]") -> None:
        """Say who was picked, after thinking."""
        await press.response.defer()
        await press.edit_original_response(content=f"Next is {select.values[0].display_name}.")


class Titled(ui.Modal, title="A new title"):
    """A form."""

    words = ui.Label["Titled"](text="Title", component=ui.TextInput(max_length=20))
    mood = ui.Label["Titled"](
        text="Mood", component=ui.Select(options=[discord.SelectOption(label=each) for each in ("Sad", "Gay")])
    )

    async def on_submit(self, press: Press) -> None:  # type: ignore[override]
        """Say it."""
        assert isinstance(self.words.component, ui.TextInput)
        assert isinstance(self.mood.component, ui.Select)
        await press.response.send_message(f"Now called {self.words.component.value}, {self.mood.component.values[0]}")


class Lore(app_commands.Group):
    """Below /story lore."""

    @app_commands.command(description="Add a fact.")
    async def add(self, press: Press, who: discord.Member, fact: app_commands.Range[str, 1, 50]) -> None:
        """Say it."""
        await press.response.send_message(f"{who.display_name}: {fact}", ephemeral=True)


class Story(app_commands.Group):
    """All commands."""

    lore = Lore(name="lore", description="Facts that hold.")

    @app_commands.command(description="Begin.")
    async def start(self, press: Press, title: str) -> None:
        """A deferred answer with buttons."""
        await press.response.defer(thinking=True)
        await press.edit_original_response(content=f"**{title}**\nOnce upon a time.", view=Again())

    @app_commands.command(description="Go on.")
    async def resume(self, press: Press, title: str) -> None:
        """An answer at once."""
        await press.response.send_message(f"On with {title}")

    @resume.autocomplete("title")
    async def titles(self, press: Press, current: str) -> list[app_commands.Choice[str]]:
        """Titles."""
        return [app_commands.Choice(name=each, value=each) for each in ("The Lamp", "Lanterns") if current in each]

    @app_commands.command(description="Make a file.")
    async def export(self, press: Press) -> None:
        """A file, and an embed."""
        await press.response.defer(ephemeral=True)
        file = discord.File(io.BytesIO(b"Once upon a time."), "story.md")
        await press.followup.send(embed=discord.Embed(title="Your story"), file=file, ephemeral=True)

    @app_commands.command(description="Write much.")
    async def stream(self, press: Press, edits: int) -> None:
        """Many edits."""
        await press.response.defer()
        for number in range(edits):
            await press.edit_original_response(content=f"part {number + 1}")

    @app_commands.command(description="Say more than once.")
    async def more(self, press: Press, times: int) -> None:
        """Follow-ups."""
        await press.response.send_message("first")
        for number in range(times):
            await press.followup.send(f"more {number + 1}")

    @app_commands.command(description="A thread.")
    async def thread(self, press: Press) -> None:
        """A thread on a message, with a message in it."""
        await press.response.send_message("here", ephemeral=True)
        assert isinstance(press.channel, discord.TextChannel)
        message = await press.channel.send("The Lamp")
        thread = await message.create_thread(name="The Lamp")
        post = await thread.send("Chapter one")
        await post.edit(content="Chapter 1")
        await post.add_reaction("👍")
        await thread.edit(archived=True)

    @app_commands.command(description="A forum post.")
    async def post(self, press: Press, forum: discord.ForumChannel) -> None:
        """A post with a layout of components V2."""
        layout = ui.LayoutView()
        layout.add_item(ui.Container(ui.TextDisplay("A tale"), ui.Separator(), ui.TextDisplay("of two")))
        made = await forum.create_thread(name="Tale", view=layout, applied_tags=forum.available_tags[:1])
        await press.response.send_message(f"see {made.thread.mention}")

    @app_commands.command(description="Never answer.")
    async def sleep(self, press: Press) -> None:
        """Nothing."""

    @app_commands.command(description="Ping.")
    async def ping(self, press: Press, who: discord.User) -> None:
        """A ping, and a DM."""
        await press.response.send_message(f"{who.mention} @everyone")
        await who.send("psst")


async def explain(press: Press, message: discord.Message) -> None:
    """Explain a message."""
    await press.response.send_message(f"It says {message.content!r}.", ephemeral=True)


@asynccontextmanager
async def connected(place: LoopbackDiscord, patch: pytest.MonkeyPatch, **settings: object) -> AsyncIterator[Teller]:
    """A client that is connected to the loopback Discord; it ends with the block."""
    patch.setattr(discord.http.Route, "BASE", place.api_base)
    patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(place.gateway_url))
    async with Teller(**settings) as client:
        running = asyncio.create_task(client.start(place.token))
        ready = asyncio.create_task(place.ready())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            ready.cancel()
            await running
        await ready
        await place.registered("story")
        yield client
        await client.close()
        await running
