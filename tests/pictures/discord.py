"""A short story on a loopback Discord, told by the real application and the bundled storyteller, and drawn.

python -m tests.pictures.discord FILE.svg
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from bots.assembly import gate, vllm_options
from bots.discord import run
from bots.settings import load
from core.database import Database
from core.store import Store
from core.storyteller import Storyteller
from inference.vllm import VllmEngine
from tests.loopback.discord import Channel, Exchange, LoopbackDiscord, Message, User
from tests.pictures.discord_page import Said, page

_CAPTION = (
    "A rendering of what the bot really sent to a loopback Discord in one run with the bundled storyteller: "
    "the texts and buttons are its own, the drawing is ours."
)
_LAST_WORDS = 120.0


async def story(discord: LoopbackDiscord, ana: User, ben: User, tales: Channel) -> list[Said]:
    """What people in a channel see, in order."""
    seen: list[Said] = []

    async def use(who: User, command: str, **given: Any) -> Exchange:
        asked = await _answered(await discord.slash(who, tales, f"story {command}", **given))
        seen.append(_said(asked.reply, command=f"{who.name} used /story {command}"))
        return asked

    await use(ana, "start", title="The Lamp of Harrow Bay", premise="a girl finds a lamp that will not go out")
    added = await use(ana, "add", text="Mara was a little girl. She finded a old lamp in the the house.")
    form = await discord.click(ben, added.reply, "Refine")
    assert form.modal
    sent = await discord.submit(ben, form.modal, {form.modal.labels[0]: "fix grammar"})
    refined = await sent.until(lambda x: bool(x.text) and not x.text.rstrip().endswith("…"), _LAST_WORDS)
    seen.append(_said(refined.messages[-1], command="Ben pressed Refine"))
    written = await use(ben, "continue", direction="the lamp glows", length="short")
    pressed = await discord.click(ana, written.reply, "Explain")
    explained = await pressed.until(lambda x: bool(x.text) and not x.text.rstrip().endswith("…"), _LAST_WORDS)
    seen.append(_said(explained.messages[-1], command="Ana pressed Explain", private=True))
    return seen


async def _answered(asked: Exchange) -> Exchange:
    return await asked.until(lambda x: bool(x.text) and not x.text.rstrip().endswith("…"), _LAST_WORDS)


def _said(message: Message, *, command: str, private: bool = False) -> Said:
    rows = [
        [(" ".join(filter(None, (_emoji(each), each.get("label", "")))), each["style"]) for each in row["components"]]
        for row in message.components
    ]
    return Said("Storycircle", message.content, app=True, command=command, buttons=rows, private=private)


def _emoji(button: dict[str, Any]) -> str:
    return str((button.get("emoji") or {}).get("name") or "")


async def main(file: Path) -> None:
    """Tell the story and write the picture."""
    settings = load()
    engine = VllmEngine(vllm_options(settings))
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'story.db'}")
        teller = Storyteller(store=Store(database), gate=gate(settings), engine=engine)
        async with LoopbackDiscord() as discord:
            ana, ben = discord.user("Ana"), discord.user("Ben")
            guild = discord.guild("Harrow", owner=ana)
            guild.join(ben)
            tales = guild.text_channel("tales")
            given = load(
                discord_token=discord.token, discord_api_base=discord.api_base, discord_gateway_url=discord.gateway_url
            )
            task = asyncio.create_task(run(teller, given))
            await discord.ready(30)
            await engine.ready()
            seen = await story(discord, ana, ben, tales)
            task.cancel()
            await asyncio.wait([task])
        await database.close()
    await engine.close()
    file.write_text(page(seen, caption=_CAPTION), "utf-8")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
