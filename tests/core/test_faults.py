"""Faults that tests order, and what a story keeps when they come."""

import errno
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import faults
from core.database import Database
from core.errors import StoreFull, StoreUnusable, StoryError
from tests.kit import started, storyteller, told, turn
from tests.voices import ScriptedEngine


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.arm("")


def test_nothing_happens_unless_it_was_ordered() -> None:
    for point in faults.POINTS:
        faults.hit(point)


def test_a_fault_comes_at_its_point_at_its_time_and_once() -> None:
    faults.arm("full:in_commit:2")
    faults.hit("after_commit")
    faults.hit("in_commit")
    with pytest.raises(OSError, match="space") as caught:
        faults.hit("in_commit")
    assert caught.value.errno == errno.ENOSPC
    faults.hit("in_commit")


def test_any_point_counts_for_an_order_that_names_none() -> None:
    faults.arm("stall:writing:1:0, full:*:3")
    faults.hit("writing")
    faults.hit("received")
    with pytest.raises(faults.Full):
        faults.hit("written")


def test_a_kill_is_the_end_of_the_process() -> None:
    script = "from core import faults; faults.arm('kill:received:1'); faults.hit('received'); print('alive')"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (child.returncode, child.stdout) == (-signal.SIGKILL, b"")


@pytest.mark.parametrize("text", ["kill", "kill:nowhere:1", "kill:writing:0", "burn:writing:1", "kill:writing:1:x"])
def test_an_order_that_makes_no_sense_names_the_points(text: str) -> None:
    with pytest.raises(ValueError, match="before_commit"):
        faults.arm(text)


async def test_a_disk_that_fills_up_in_the_middle_of_a_turn_leaves_nothing_of_it(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'tale.db'}")
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "One.")
    faults.arm("full:in_commit:1")
    with pytest.raises(StoreFull, match="disk full"):
        await teller.perform("add", turn(request_id="again"), {"text": "Two."})
    await teller.perform("add", turn(request_id="again"), {"text": "Two."})
    assert await told(teller) == ["One.", "Two."]
    await database.close()


async def test_a_limit_on_the_files_size_is_a_full_disk_and_goes_by_without_a_restart(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'tale.db'}")
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "One.")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept = 1
    try:
        largest = max(file.stat().st_size for file in tmp_path.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 100_000, hard))
        with pytest.raises(StoreFull):
            while True:
                await teller.perform("add", turn(), {"text": "More and more. " * 100})
                kept += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    await teller.perform("add", turn(), {"text": "Room again."})
    assert (await teller.perform("list", turn())).blocks[0].text.startswith(f"{kept + 1} passages")
    assert (await told(teller))[-1] == "Room again."
    await database.close()


async def test_a_damaged_page_stops_the_start_with_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tale.db"
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    await started(storyteller(database, ScriptedEngine()), *("The sea was quiet. " * 80 for _ in range(20)))
    await database.close()
    damaged = bytearray(file.read_bytes())
    for page in range(4, len(damaged) // 4096, 3):
        damaged[page * 4096 : page * 4096 + 64] = bytes(range(64))
    file.write_bytes(damaged)
    with pytest.raises(StoreUnusable, match=r"damaged\. Restore it from a backup"):
        await Database.open(f"sqlite+aiosqlite:///{file}")
    assert file.read_bytes() == bytes(damaged)


def _large(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every file counts as a large one, which is looked through while it is in use."""
    monkeypatch.setattr("core.database._AT_ONCE", 0)
    return f"sqlite+aiosqlite:///{path / 'tale.db'}"


async def test_a_large_file_is_used_at_once_and_no_more_once_damage_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(address := _large(tmp_path, monkeypatch))
    await started(storyteller(database, ScriptedEngine()), *("The sea was quiet. " * 80 for _ in range(20)))
    assert database.inspection is not None
    await database.inspection.end()
    assert not database.inspection.damaged
    await database.close()
    file = tmp_path / "tale.db"
    whole = file.read_bytes()
    file.write_bytes(whole[: -4 * 4096] + bytes(range(256)) * 64)  # the last pages hold what was told, not the schema
    database = await Database.open(address)
    assert database.inspection is not None
    await database.inspection.end()
    with pytest.raises(StoreUnusable, match="restore the file"):
        await storyteller(database, ScriptedEngine()).perform("add", turn(), {"text": "One more."})
    await database.close()


async def test_a_look_through_a_large_file_can_be_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await Database.open(_large(tmp_path, monkeypatch))
    await database.close()
    assert database.inspection is not None
    assert not database.inspection.damaged
    await database.close()


NAUGHTY = (
    "\x00nul\x00 in \x00between\x00",
    "lone \ud800 surrogate \udfff halves",
    "\u202eright to left\u202c and \u2066isolated\u2069",
    "Z\u0351\u036b\u0343a\u0329\u0354l\u0321\u0353g\u035co " + "e" + "\u0301" * 2000,
    "👩‍👩‍👧‍👦" * 120 + "🏳️‍🌈" * 50,
    "\ufeffbyte order mark\ufffe\uffff",
    "'; DROP TABLE passage; --",
    "%s %d %n {0} {reason} ${HOME} `id` $(id)",
    "<script>alert(1)</script> &lt;b&gt; <!channel> @everyone",
    "../../../../etc/passwd\\..\\..",
    "\u0000\u0001\u0002\u0007\u0008\u001b[31mred\u001b[0m\x7f\x80\x9f",
    "١٢٣ ⅷ ½ ㉈ 𝟘 ﷽ ﷺ",
    "\u2028line\u2029paragraph\u0085next\x0b\x0c",
    "null None undefined NaN true 1e309 0x0 -0 1/0",
    "\U000e0041\U000e0042 tags \U0001f3f4\U000e0067\U000e0062\U000e007f",
)
"""Texts that break programs; a small list of our own."""


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
async def test_a_naughty_text_is_kept_or_refused_and_the_story_goes_on(address: str, text: str) -> None:
    database = await Database.open(address)
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "One.")
    for operation, name in (("add", "text"), ("lore add", "name"), ("continue", "direction"), ("report", "reason")):
        more = {"fact": text[:200]} if operation == "lore add" else {}
        try:
            await teller.perform(operation, turn(), {name: text[:90], **more})
        except StoryError as error:
            assert error.notice
    await teller.perform("add", turn(), {"text": "Two."})
    assert (await told(teller))[-1] == "Two."
    await database.close()
