"""One command for a GPU machine: the shape of an 8B model with made-up weights, raw engine against whole bot.

    python -m benchmarks.gpu [--shape 8b] [--stories 64] [--turns 8] [--rounds 3] [--json FILE]

No model has to be downloaded: vLLM makes up weights of the shape of Llama 3.1 8B (FP8, also in the cache) with the
vocabulary of the bundled model, which leaves out 6 % of the work, so that the bot has to keep up with a faster engine.
What is written is noise, at the speed of prose. `--shape tiny` runs on a CPU, to see that everything starts.

Rows: tokens a second through the whole bot beside the same prompts given straight to the engine; answers a second with
prompts that grow at their end only, beside the same prompts with another first line each time (nothing of which is in
the cache), which is what a clock in a system prompt does.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.row import HEAD, Aim, Row, write
from benchmarks.turns import Listening, straight, teller_on, through_bot
from bots.assembly import settling
from bots.settings import BUNDLED_MODEL
from core.engine import Request, Sampling, TokenIds
from inference.vllm import EngineOptions, VllmEngine


@dataclass(frozen=True)
class Shape:
    """What is measured, and with which settings."""

    config: dict[str, Any]
    """What differs from the bundled model's `config.json`."""
    window: int
    typed: int
    """Tokens that a person adds each turn."""
    written: int
    """Tokens of an answer."""
    head: int
    """Tokens before the story."""
    options: Callable[[str], EngineOptions]


def _big(model: str) -> EngineOptions:
    return EngineOptions(
        model=model,
        load_format="dummy",
        max_num_seqs=256,
        max_num_batched_tokens=8192,
        max_queued=1024,
        stream_interval=8,
        quantization="fp8",
        kv_cache_dtype="fp8",
    )


def _small(model: str) -> EngineOptions:
    return EngineOptions(model=model, load_format="dummy", max_num_seqs=16, max_num_batched_tokens=1024, max_queued=64)


SHAPES = {
    "8b": Shape(
        {
            **{"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32},
            **{"num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 8192},
            "tie_word_embeddings": False,
        },
        *(8192, 60, 200, 1500),
        _big,
    ),
    "tiny": Shape(
        {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 1}
        | {"num_key_value_heads": 1},
        *(1024, 20, 20, 200),
        _small,
    ),
}


def folder(shape: Shape, path: Path) -> Path:
    """A model folder of this shape, without weights: the file for them is empty, as nobody reads it."""
    for each in Path(BUNDLED_MODEL).glob("*.json"):
        shutil.copy(each, path / each.name)
    config = json.loads((path / "config.json").read_text("utf-8")) | shape.config
    (path / "config.json").write_text(json.dumps(config), "utf-8")
    ours = json.loads((path / "storyteller.json").read_text("utf-8"))
    told = ours | {"name": "made-up weights", "max_model_len": shape.window}
    (path / "storyteller.json").write_text(json.dumps(told), "utf-8")
    (path / "model.safetensors").touch()
    return path


async def measure(shape: Shape, *, stories: int, turns: int, rounds: int) -> list[Row]:
    """All rows, on one engine."""
    with tempfile.TemporaryDirectory() as name:
        engine = Listening(shape.options(str(folder(shape, Path(name)))))
        engine.start()
        await engine.ready()
        async with settling(engine):
            try:
                rows = []
                for each in (_whole(engine, stories, turns, rounds), _growing(engine, shape, stories, turns, rounds)):
                    rows.append(await each)
                    print(rows[-1], flush=True)  # at once: a lent machine may go before the end
                return rows
            finally:
                await engine.close()


async def _whole(engine: Listening, stories: int, turns: int, rounds: int) -> Row:
    bot, raw = [], []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as name:
            teller, database = await teller_on(Path(name), engine)
            engine.heard = []
            through = await through_bot(teller, engine, stories, turns)
            await database.close()
        beside = await straight(engine, engine.heard)
        if number:  # the first round warms up
            bot.append(through)
            raw.append(beside)
    ours, reference = statistics.median(bot), statistics.median(raw)
    name = f"whole bot, {stories} stories"
    return Row(name, ours, reference, "tokens/s", "the raw engine, same prompts", Aim(least=0.97))


async def _growing(engine: VllmEngine, shape: Shape, stories: int, turns: int, rounds: int) -> Row:
    """Prompts that only grow at their end, and the same ones with another beginning each time."""
    kept, sent = [], []
    for number in range(rounds):
        kept.append(await _told(engine, shape, stories, turns, f"kept{number}", anew=False))
        sent.append(await _told(engine, shape, stories, turns, f"sent{number}", anew=True))
    ours, reference = statistics.median(kept), statistics.median(sent)
    return Row("answers, prompts in the cache", ours, reference, "a second", "prompts computed again", Aim(least=3.5))


async def _told(engine: VllmEngine, shape: Shape, stories: int, turns: int, name: str, *, anew: bool) -> float:
    draw = random.Random(11)
    words = list(range(50, 4000))

    def some(count: int) -> TokenIds:
        return tuple(draw.choices(words, k=count))

    async def story(number: int) -> None:
        ids = some(shape.head)
        for each in range(turns):
            ids += some(shape.typed)
            first = some(8) if anew else ids[:8]
            prompt = (first + ids[8:])[: shape.window - shape.written - 1]
            sampling = Sampling(max_tokens=shape.written, temperature=1.0)
            request = Request(id=f"{name}-{number}-{each}", prompt=prompt, sampling=sampling, salt=name, session=name)
            async for piece in engine.stream(request):
                ids += piece.ids

    began = time.perf_counter()
    await asyncio.gather(*map(story, range(stories)))
    return stories * turns / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="8b")
    parser.add_argument("--stories", type=int, default=64)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    shape = SHAPES[chosen.shape]
    print(HEAD)
    rows = asyncio.run(measure(shape, stories=chosen.stories, turns=chosen.turns, rounds=chosen.rounds))
    if chosen.json:
        write(rows, chosen.json, shape=chosen.shape)


if __name__ == "__main__":
    main()
