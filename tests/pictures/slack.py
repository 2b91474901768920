"""A short story on a loopback Slack, told by the real application and the bundled storyteller, and drawn.

python -m tests.pictures.slack FILE.svg
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from bots.assembly import gate, vllm_options
from bots.settings import load
from bots.slack import run
from core.database import Database
from core.store import Store
from core.storyteller import Storyteller
from inference.vllm import VllmEngine
from tests.loopback.slack import Channel, Exchange, LoopbackSlack, Message, User
from tests.pictures.slack_page import Said, page

_CAPTION = (
    "A rendering of what the bot really sent to a loopback Slack in one run with the bundled storyteller: "
    "the texts and buttons are its own, the drawing is ours."
)


async def story(slack: LoopbackSlack, ana: User, ben: User, tales: Channel) -> list[Said]:
    """What people see, in order: the head in the channel, the rest in its thread."""
    seen: list[Said] = []

    async def heard(asked: Exchange, above: str, telling: str) -> Message:
        await asked.says(telling, 120)
        await slack.idle()
        read = [*asked.messages, *asked.changed, *asked.ephemeral]
        message = next(each for each in reversed(read) if telling in each.text)
        seen.append(
            Said(
                "Storycircle",
                [*([{"type": "markdown", "text": message.markdown}] if message.markdown else []), *message.blocks],
                message.text,
                above=above,
                private=message.ephemeral,
                threaded=message.thread_ts is not None,
            )
        )
        return message

    start = "start The Lamp of Harrow Bay | a girl finds a lamp that will not go out"
    head = await heard(await slack.command(ana, tales, start), "Ana: /story start …", "The Lamp of Harrow Bay")
    text = "Mara was a little girl. She finded a old lamp in the the house."
    await heard(await slack.mention(ana, tales, f"add {text}", thread=head), "Ana: @Storycircle add …", "1 · Ana")
    await heard(await slack.mention(ben, tales, "refine", thread=head), "Ben: @Storycircle refine", "refined")
    asked = await slack.mention(ben, tales, "continue the lamp glows | short", thread=head)
    written = await heard(asked, "Ben: @Storycircle continue the lamp glows", "2 · the storyteller")
    await heard(await slack.click(ana, written, "Explain"), "Ana pressed Explain", " ")
    return seen


async def main(file: Path) -> None:
    """Tell the story and write the picture."""
    settings = load()
    engine = VllmEngine(vllm_options(settings))
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'story.db'}")
        teller = Storyteller(store=Store(database), gate=gate(settings), engine=engine)
        async with LoopbackSlack() as slack:
            ana, ben = slack.user("Ana", admin=True), slack.user("Ben")
            tales = slack.channel("tales", ana, ben)
            given = load(
                slack_app_token=slack.app_token, slack_bot_token=slack.bot_token, slack_api_base=slack.api_base
            )
            task = asyncio.create_task(run(teller, given))
            await slack.connected()
            await engine.ready()
            seen = await story(slack, ana, ben, tales)
            task.cancel()
            await asyncio.wait([task])
        await database.close()
    await engine.close()
    file.write_text(page(seen, caption=_CAPTION), "utf-8")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
