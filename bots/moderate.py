"""`python -m bots moderate`: the gate's verdict for each JSON line, for operators who tune and tests that measure."""

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO

from bots.assembly import gate
from bots.settings import Settings
from core.moderation import Gate
from core.policy import Policy, Rating, Verdict
from core.text import hygienic

_AT_ONCE = 256


async def moderate(settings: Settings, rating: str | None, lines: BinaryIO, out: TextIO) -> int:
    """Judge each `{"id", "text"}` and print `{"id", "verdict", "reasons"}`, a line for a line, in order.

    A line that cannot be read is held, with the reason in its verdict and its number on stderr; then the exit
    code is 1.
    """
    chosen = Policy(Rating(rating) if rating else settings.rating)
    doorkeeper, broken = gate(settings), 0
    for batch in _batches(lines):
        for number, answer in zip(batch, await _judged(doorkeeper, chosen, list(batch.values())), strict=True):
            if "error" in answer:
                broken += 1
                print(f"Line {number}: {answer.pop('error')}", file=sys.stderr)
            print(json.dumps(answer, ensure_ascii=True), file=out)
        out.flush()
    return 1 if broken else 0


async def _judged(doorkeeper: Gate, policy: Policy, lines: list[bytes]) -> list[dict[str, Any]]:
    return await asyncio.gather(*(_answer(doorkeeper, policy, line) for line in lines))


async def _answer(doorkeeper: Gate, policy: Policy, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return _unread(None, "this is not JSON.")
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        return _unread(record.get("id") if isinstance(record, dict) else None, 'there is no "text" with a string.')
    return _told(record.get("id"), await doorkeeper.judge(hygienic(record["text"]), policy))


def _told(key: object, verdict: Verdict) -> dict[str, Any]:
    return {"id": key, "verdict": verdict.decision.name.lower(), "reasons": list(verdict.reasons)}


def _unread(key: object, why: str) -> dict[str, Any]:
    return {"id": key, "verdict": "hold", "reasons": ["unreadable line"], "error": why}


def _batches(lines: Iterable[bytes]) -> Iterable[dict[int, bytes]]:
    batch: dict[int, bytes] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            batch[number] = line
        if len(batch) >= _AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch
