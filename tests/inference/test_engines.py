"""The promises of the port, kept by every voice: scripted, vLLM in this process, a vLLM server."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from core.engine import Engine, EngineState, Piece, Request, Sampling, TokenIds
from core.errors import EngineBusy, EngineError, EngineFailed
from inference.remote import RemoteEngine, RemoteOptions
from inference.vllm import VllmEngine
from tests.inference.servers import vllm_serve
from tests.voices import ScriptedEngine

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

numbers = itertools.count()


@dataclass
class Voice:
    """An engine, and how to look behind the port at what it still has to do."""

    engine: Engine
    working: Callable[[], Awaitable[int]]
    caches: bool = True


@pytest.fixture(scope="session")
def server(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with vllm_serve(model_folder, tmp_path_factory.mktemp("serve") / "log") as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def remote_engine(server: str, model_folder: Path) -> AsyncIterator[RemoteEngine]:
    engine = RemoteEngine(RemoteOptions(url=server, tokenizer=model_folder, greetings=10))
    engine.start()
    await engine.ready()
    yield engine
    await engine.close()


@pytest.fixture(
    params=[
        "scripted",
        pytest.param("vllm", marks=pytest.mark.engine),
        pytest.param("remote", marks=pytest.mark.engine),
    ]
)
def voice(request: pytest.FixtureRequest) -> Voice:
    if request.param == "scripted":
        scripted = ScriptedEngine(lambda asked: f"The sea was quiet, said {len(asked.prompt)} gulls. " * 20)
        scripted.capacity = 16
        return Voice(scripted, lambda: _value(scripted.writing), caches=False)
    if request.param == "vllm":
        inside: VllmEngine = request.getfixturevalue("storyteller_engine")
        return Voice(inside, lambda: _value(inside._llm.get_num_unfinished_requests()))
    outside: RemoteEngine = request.getfixturevalue("remote_engine")
    return Voice(outside, lambda: _running(request.getfixturevalue("server")))


async def _value(number: int) -> int:
    return number


async def _running(url: str) -> int:
    """Requests that a vLLM server runs or keeps waiting, by its own count."""
    async with httpx.AsyncClient() as http:
        lines = (await http.get(url.removesuffix("/v1") + "/metrics")).text.splitlines()
    names = ("vllm:num_requests_running", "vllm:num_requests_waiting{")
    return round(sum(float(line.split()[-1]) for line in lines if line.startswith(names)))


def asked(prompt: TokenIds, *, tokens: int = 24, salt: str = "w", **sampling: float | int) -> Request:
    """A request with an id of its own; greedy unless told otherwise."""
    wish = Sampling(**{"max_tokens": tokens, "temperature": 0.0, **sampling})  # type: ignore[arg-type]
    return Request(id=f"r{next(numbers)}", prompt=prompt, sampling=wish, salt=salt, session="story-1")


def opening(engine: Engine, sentences: int = 1) -> TokenIds:
    """A prompt that no other test has used."""
    text = f"Chapter {next(numbers)}. " + "The old captain kept a lamp in the window. " * sentences
    return engine.encode(text)


async def heard(engine: Engine, request: Request) -> list[Piece]:
    """All pieces of one answer."""
    return [piece async for piece in engine.stream(request)]


def ids(pieces: list[Piece]) -> TokenIds:
    return tuple(i for piece in pieces for i in piece.ids)


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


async def at_rest(voice: Voice) -> None:
    """Wait until nothing is being written any more."""
    async with asyncio.timeout(30):
        while await voice.working():
            await asyncio.sleep(0.02)


async def test_encoding_comes_back(voice: Voice) -> None:
    for written in ("", "The sea.", "  two\n\nlines ", "Grüße, 世界 🌊", "<|end|><|write|></s>"):
        assert voice.engine.decode(voice.engine.encode(written)) == written


async def test_control_tokens_in_a_text_are_only_text(voice: Voice) -> None:
    for name in ("<|end|>", "<|write|>"):
        control = voice.engine.control(name)
        assert control not in voice.engine.encode(f"He said {name} and left.")
        assert voice.engine.decode((control,)) == ""
    with pytest.raises(KeyError):
        voice.engine.control("<|dance|>")


async def test_pieces_add_up_to_the_answer(voice: Voice) -> None:
    pieces = await heard(voice.engine, asked(opening(voice.engine)))
    assert len(pieces) > 1
    assert text(pieces) == voice.engine.decode(ids(pieces))
    assert [piece.finish for piece in pieces[:-1]] == [None] * (len(pieces) - 1)


async def test_an_answer_is_never_longer_than_asked(voice: Voice) -> None:
    pieces = await heard(voice.engine, asked(opening(voice.engine), tokens=5, temperature=1.0, seed=1))
    assert len(ids(pieces)) <= 5
    assert pieces[-1].finish in ("length", "stop")


async def test_a_story_goes_on_where_it_was(voice: Voice) -> None:
    """The second turn finds the first one's prompt and answer in the cache; another workspace finds nothing."""
    engine = voice.engine
    first = opening(engine, sentences=16)
    turn = await heard(engine, asked(first))
    second = first + ids(turn) + engine.encode("And then the lamp went out.")
    again = await heard(engine, asked(second))
    stranger = await heard(engine, asked(second, salt="elsewhere"))
    if voice.caches:
        assert (turn[-1].cached_tokens or 0) < 64
        assert (again[-1].cached_tokens or 0) >= len(first) // 32 * 32 - 32
        assert stranger[-1].cached_tokens == 0


async def test_the_same_seed_says_the_same(voice: Voice) -> None:
    prompt = opening(voice.engine)
    one, two, other = [
        await heard(voice.engine, asked(prompt, temperature=1.0, seed=seed, salt=salt))
        for seed, salt in ((7, "a"), (7, "b"), (8, "c"))
    ]
    assert ids(one) == ids(two)
    if voice.caches:
        assert ids(one) != ids(other)


async def test_two_stories_at_once_do_not_mix(voice: Voice) -> None:
    requests = [asked(opening(voice.engine, sentences=n), tokens=16) for n in (1, 3)]
    alone = [ids(await heard(voice.engine, request)) for request in requests]
    again = [asked(request.prompt, tokens=16) for request in requests]
    together = await asyncio.gather(*(heard(voice.engine, request) for request in again))
    assert [ids(pieces) for pieces in together] == alone


async def test_who_stops_listening_stops_the_work(voice: Voice) -> None:
    stream = voice.engine.stream(asked(opening(voice.engine), tokens=400, temperature=1.0))
    await anext(stream)
    await stream.aclose()
    await at_rest(voice)
    assert text(await heard(voice.engine, asked(opening(voice.engine))))


async def test_cancelling_stops_the_work(voice: Voice) -> None:
    begun = asyncio.Event()

    async def listen() -> None:
        async for _ in voice.engine.stream(asked(opening(voice.engine), tokens=400, temperature=1.0, seed=3)):
            begun.set()
            await asyncio.sleep(0)

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await at_rest(voice)


async def test_a_crowd_is_told_to_wait(voice: Voice) -> None:
    """16 are let in; the others hear at once that it is too much, and the 16 are served."""
    if isinstance(voice.engine, ScriptedEngine):
        voice.engine.gate.clear()
        asyncio.get_running_loop().call_later(0.05, voice.engine.gate.set)
    crowd = [heard(voice.engine, asked(opening(voice.engine), tokens=100, min_p=1.0)) for _ in range(40)]
    outcomes = await asyncio.gather(*crowd, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {list, EngineBusy}
    assert sum(isinstance(outcome, list) for outcome in outcomes) >= 16
    await at_rest(voice)


async def test_what_does_not_fit_the_window_is_said(voice: Voice) -> None:
    if isinstance(voice.engine, ScriptedEngine):
        pytest.skip("it has no window to speak of")
    with pytest.raises(EngineError, match="window"):
        await heard(voice.engine, asked(opening(voice.engine) * voice.engine.profile.window))


async def test_the_model_stops_by_itself(model_folder: Path, voice: Voice) -> None:
    """A token that ends the text is neither said nor counted among the ids."""
    if isinstance(voice.engine, ScriptedEngine):
        pieces = await heard(ScriptedEngine(["The end."]), asked((1,)))
    else:
        pieces = await until_it_stops(voice.engine)
    assert pieces[-1].finish == "stop"
    assert voice.engine.control("<|end|>") not in ids(pieces)


async def until_it_stops(engine: Engine) -> list[Piece]:
    """An answer that was ended by the model. High temperature lets it happen within some attempts."""
    for seed in range(40):
        pieces = await heard(engine, asked(opening(engine), tokens=300, temperature=2.0, min_p=0.0, seed=seed))
        if pieces[-1].finish == "stop":
            return pieces
    return pytest.fail("it never stopped")


async def test_a_closed_voice_refuses(model_folder: Path) -> None:
    engines: list[Engine] = [ScriptedEngine(), RemoteEngine(RemoteOptions(url="http://x", tokenizer=model_folder))]
    for engine in engines:
        await engine.close()
        await engine.close()
        assert engine.state is EngineState.CLOSED
        with pytest.raises(EngineFailed):
            await heard(engine, asked((1,)))
