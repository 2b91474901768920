"""Where somebody who may be in danger finds a person to talk to. Written by people, never by a model.

Numbers change. Those below are a beginning that nobody has verified for you: whoever runs the bot calls or looks up
each, puts those that are right for their people into a file (`HELPLINES_FILE`), and dates them. The bot warns at its
start of any that was never verified, or not for half a year.
"""

import datetime as dt
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.policy import Category
from core.wording import Said, joined, own, said

STALE = dt.timedelta(days=180)


@dataclass(frozen=True)
class Helpline:
    """A service: for whom, how to reach it, and the day on which the operator last verified it (None: never)."""

    where: str
    contact: str
    last_verified: dt.date | None = None

    def stale(self, today: dt.date) -> bool:
        """Whether it is time to verify it (again)."""
        return self.last_verified is None or today - self.last_verified > STALE


_THREAT = said(
    "I did not post that: it reads like a threat to a real person, and the moderators of this server will look at it. "
    "If somebody is in danger now, call the emergency number of your country. If it is part of the story, write it "
    "so that it is clear who in the story says it."
)

HELPLINES = (
    Helpline(said("United States and Canada"), "988"),
    Helpline(said("United Kingdom and Ireland"), "116 123"),
    Helpline(said("United Kingdom, under 19"), "0800 1111"),
    Helpline(said("Australia"), "13 11 14"),
    Helpline(said("European Union, children and young people"), "116 111"),
    Helpline(said("elsewhere"), "findahelpline.com"),
)


def help_for(found: Collection[Category], lines: Sequence[Helpline] = HELPLINES) -> Said | None:
    """What to tell the writer of a text with this evidence, alone; None if nobody seems to be in danger."""
    if Category.CRISIS in found:
        listed = joined(
            "; ", [said("{where}: {contact}", where=own(each.where), contact=each.contact) for each in lines]
        )
        return said(
            "What you wrote sounds as if you might be hurting. I am a story bot and no counsellor, and I did not post "
            "it. Please talk to somebody you trust, or to people who are there for this: {lines}. "
            "The moderators of this server have been told that you may want to talk; nothing was shown in public.",
            lines=listed,
        )
    return _THREAT if Category.THREAT in found else None


class HelplinesError(Exception):
    """The file of helplines cannot be used. The text says why."""


def read(path: Path) -> tuple[Helpline, ...]:
    """From a TOML file with a table `[[helpline]]` for each: `where`, `contact`, `last_verified = 2026-11-26`.

    Raises `HelplinesError`.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))["helpline"]
        return tuple(_line(each) for each in found)
    except (OSError, UnicodeDecodeError) as error:
        raise HelplinesError("HELPLINES_FILE cannot be read.") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise HelplinesError(
            "HELPLINES_FILE is not as it should be: it needs [[helpline]] with where, contact and last_verified."
        ) from error


def stale(lines: Sequence[Helpline], today: dt.date) -> list[Helpline]:
    """Those that are to be verified."""
    return [each for each in lines if each.stale(today)]


def _line(given: dict[str, object]) -> Helpline:
    verified = given.get("last_verified")
    where, contact = given["where"], given["contact"]
    if not (isinstance(where, str) and isinstance(contact, str) and where and contact):
        raise TypeError
    if verified is not None and type(verified) is not dt.date:
        raise TypeError
    return Helpline(where, contact, verified)
