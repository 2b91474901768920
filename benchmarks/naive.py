"""The bot that most people write, as a reference: nothing of ours is in it but the engine.

It does what popular bots for local models do (read in their sources; llmcord above all): the whole history is text in
memory and is sent again each time, behind a system prompt that begins with the time of day; it is tokenized anew; when
it grows too long the oldest message goes; a message is edited once a second, and the loop that reads tokens waits for
that, at the end too. No database, no moderation, no queue.
"""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.engine import Engine, Request, Sampling

EDIT_SECONDS = 1.0


@asynccontextmanager
async def a_new_client(_engine: Engine) -> AsyncIterator[None]:
    """What such bots open for each message; in this process it costs nothing, which is in their favour."""
    yield


class NaiveBot:
    """One channel."""

    def __init__(self, engine: Engine, channel: str, *, edits: bool = True) -> None:
        self._engine, self._channel, self._edits = engine, channel, edits
        self._history: list[str] = []
        self._turns = 0
        self.edits = 0

    async def turn(self, text: str, *, words: int, name: str) -> int:
        """Somebody says something, and it answers. Returns how many tokens both have added."""
        self._turns += 1
        self._history.append(f"{name}: {text}")
        said, ids, edited = "", 0, time.monotonic()
        request = Request(
            id=f"naive-{self._channel}-{self._turns}",
            prompt=self._prompt(words),
            sampling=Sampling(max_tokens=words, temperature=0.7),
            salt="naive",
            session=self._channel,
        )
        async with a_new_client(self._engine):
            async for piece in self._engine.stream(request):
                said += piece.text
                ids += len(piece.ids)
                if self._edits and (piece.finish or time.monotonic() - edited >= EDIT_SECONDS):
                    await asyncio.sleep(max(0.0, EDIT_SECONDS - (time.monotonic() - edited)))
                    edited, self.edits = time.monotonic(), self.edits + 1
        self._history.append(f"storyteller: {said.strip()}")
        return ids + len(self._engine.encode(f"{name}: {text}\n"))

    def _prompt(self, words: int) -> tuple[int, ...]:
        """Everything from the beginning, cut at the front by whole messages until it fits."""
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
        while True:
            text = f"The time is {now}. You are a storyteller. Continue the story.\n" + "\n".join(self._history)
            prompt = self._engine.encode(f"{text}\nstoryteller:")
            if len(prompt) + words <= self._engine.profile.window - 1 or len(self._history) < 2:
                return prompt[-(self._engine.profile.window - words - 1) :]
            del self._history[0]
