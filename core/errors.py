"""What can go wrong, said to people.

    StoryError                      has a `notice`: what happened and what to do, for the contributor
    ├── BadInput                    the words of the request cannot be used
    │   ├── UnknownOperation        no such command (names the nearest)
    │   └── BadArgument             a command's argument is missing, too long or not among the choices
    ├── NotPossible                 the story is not in a state for it
    │   ├── NoStory                 no open story here
    │   ├── NotAllowed              somebody else may, or in another channel
    │   ├── TooOften                the storyteller was asked too often; says when to try again
    │   └── NotListening            an ordinary message that is no passage; not worth a word
    ├── Withheld                    moderation kept the text back
    │   └── MustWait                a moderator sees it first
    ├── EngineError                 the storyteller cannot write now
    │   ├── EngineBusy              too many are waiting
    │   ├── EngineFailed            the engine is dead or never came up
    │   └── EngineTimeout           no words within the time limit
    └── StoreError                  the database cannot keep it
        ├── StoreLocked             another process holds the database
        ├── StoreFull               no space, or read-only
        └── StoreUnusable           newer schema, not a database, no such folder

Anything that is not a `StoryError` is a bug. Foreign exceptions are translated once, where they enter.
A notice never repeats what somebody wrote, except names of commands and settings, and why a moderator shut one out.
"""

from typing import TYPE_CHECKING

from core.wording import said

if TYPE_CHECKING:
    from core.reply import Alert


class StoryError(Exception):
    """Something a contributor can be told. `notice` is the sentence; nothing was lost or changed."""

    notice: str = said("That did not work, and nothing was changed. Please try again.")

    def __init__(self, notice: str | None = None) -> None:
        super().__init__(notice or type(self).notice)
        self.notice = notice or type(self).notice


class BadInput(StoryError):
    """The request cannot be understood as typed."""

    notice = said("I could not read that. Type /story help to see what I understand.")


class UnknownOperation(BadInput):
    """No operation has this name."""


class BadArgument(BadInput):
    """An argument is missing, too long, or not one of the choices."""


class NotPossible(StoryError):
    """The story is not in a state in which this can be done."""


class NoStory(NotPossible):
    """The place has no open story."""

    notice = said(
        "There is no open story here. Begin one with /story start <title>; "
        "if one was ended here, /story resume opens it again."
    )


class NotAllowed(NotPossible):
    """The contributor may not do this here."""


class TooOften(NotPossible):
    """A quota is used up. The notice says when to try again."""


class NotListening(NotPossible):
    """An ordinary message where messages do not count as passages. Platforms keep silent about it."""

    notice = said("Ordinary messages are no passages here.")


class Withheld(StoryError):
    """Moderation kept a text back. `reasons` are categories, never the text."""

    notice: str = said("I kept that text back: it goes beyond what this channel allows. Nothing was stored.")

    def __init__(self, notice: str | None = None, *, reasons: tuple[str, ...] = (), unsure: bool = False) -> None:
        super().__init__(notice)
        self.reasons = reasons
        self.unsure = unsure
        """A person must look: the filters cannot tell."""
        self.appeal: int | None = None
        """Number of the text that was kept back, by which its author can ask a moderator to look at it."""
        self.alert: Alert | None = None
        """What moderators are to be told."""


class MustWait(Withheld):
    """The text is fine as far as the filters can tell; here a moderator sees it before it is posted."""

    notice = said(
        "A moderator of this server looks at this before it is posted. It is kept; you need not send it again."
    )

    def __init__(self, text: str = "") -> None:
        super().__init__(reasons=(said("waits for a moderator"),), unsure=True)
        self.text = text
        """What the storyteller wrote; empty for the contributor's own words."""


class EngineError(StoryError):
    """The storyteller cannot write now; what people wrote is kept."""

    notice = said("The storyteller could not write just now. Your story is safe; please try again.")


class EngineBusy(EngineError):
    """Too many turns are waiting for the engine."""

    notice = said("The storyteller has too many stories to tell at once. Your story is safe; try again in a moment.")


class EngineFailed(EngineError):
    """The engine is dead or never came up."""

    notice = said("The storyteller is out of order. Your story is safe; everything that needs no model still works.")


class EngineTimeout(EngineError):
    """The engine produced no words within its limit."""

    notice = said("The storyteller took too long and was stopped. Your story is safe; please try again.")


class StoreError(StoryError):
    """The database could not keep or find something."""

    notice = said("The story could not be saved, so nothing was posted. Please try again.")


class StoreLocked(StoreError):
    """Another process holds the database for longer than the time limit."""

    notice = said("Another program is holding the story database, so nothing was changed. Please try again.")


class StoreFull(StoreError):
    """The disk is full or the database is read-only."""

    notice = said("The story database cannot be written (disk full or read-only), so nothing was changed.")


class AlreadyServed(StoreLocked):
    """Another process has the platform to itself, with the same SQLite file."""

    notice = said(
        "Another process tells stories on this platform with the same database file. Stop it first, or set "
        "DATABASE_URL to a PostgreSQL server."
    )


class StoreUnusable(StoreError):
    """The database cannot be used at all: newer schema, not a database, folder missing."""
