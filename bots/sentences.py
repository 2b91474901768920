"""The fixed sentences that every platform says, and the one place where a sentence gets into the reader's language."""

import contextlib
import logging
import traceback
import uuid

from core.reply import Stage
from core.wording import Language, said, translated

log = logging.getLogger(__name__)

CONTINUE = said("Continue")
ANOTHER = said("Another")
REFINE = said("Refine")
EXPLAIN = said("Explain")
UNDO = said("Undo")
STOP = said("Stop")
ADD = said("Add a passage")
GOOD = said("Good")
BAD = said("Not good")
APPEAL = said("Ask a moderator")
GENTLER = said("Find a gentler wording")
POST_GENTLER = said("Post it like this")
APPROVE = said("Post it")
REWORD = said("Post it in other words")
REJECT = said("Do not post it")
NEXT = said("Next")
ACCEPT = said("Accept")
KEEP_OLD = said("Keep the old wording")
FORGOTTEN = said("This was forgotten.")
WITHDRAWN = said("Messages of mine that I have emptied: {count}.")
NOT_WITHDRAWN = said("Messages that I may not change, and that a moderator can delete: {count}. {links}")
WITHDRAWN_LATER = said(
    "Messages that could not be reached just now: {count}. I will try again when I start the next time."
)
EXPLAIN_THIS = said("Explain this passage")
ADD_TO_STORY = said("Add to the story")
REPORT = said("Report")
WAITING = said("Somebody else's turn comes first …")
WAKING = said("The storyteller is waking up …")
WRITING = said("The storyteller is writing …")
STOPPED = said("Stopped before it was finished; nothing was added.")
STOPPING = said("I am being restarted. Please try again in a minute; nothing was lost.")
NOT_YOURS = said("Only whoever asked for it, or a moderator, can stop it.")
ELSEWHERE = said("Another process of mine is writing that, and did not hear you. Please press it again.")
OUR_MISTAKE = said("That went wrong on my side (number {number}). Your story is safe; please try again.")
TOLD_LATE = said("Told before the last stop, not shown until now:")
REST_IN_FILE = said("The rest is in the file.")
NO_PASSAGE_THERE = said("I know of no passage in that message. /story show tells you which passages there are.")
NOT_YOUR_MESSAGE = said("Only whoever wrote a message can add it to the story.")
NOTHING_WRITTEN = said("That message has no text that I could add.")
FORM_REFINE = said("What to change (empty: make it clearer)")
FORM_RATE = said("What is not good about it?")
FORM_REPORT = said("What is wrong with it? Moderators will see this")


STAGES = {Stage.WAITING: WAITING, Stage.WAKING: WAKING, Stage.WRITING: WRITING}
"""What is going on while a turn lasts."""


def announce(sentence: str) -> None:
    """Print a line for whoever looks. Where nobody can read it (a full disk, a closed stream), stories go on."""
    with contextlib.suppress(OSError, ValueError):
        print(sentence, flush=True)


def speak(sentence: str, locale: str, **parts: str | int) -> str:
    """A sentence of our own in the language of a locale, with its parts put in."""
    spoken = translated(sentence, Language.of(locale))
    return spoken.format(**parts) if parts else spoken


def mistake(error: BaseException, locale: str, code: object = "") -> str:
    """Log a mistake of ours and return the sentence with its number. Nothing that anybody wrote is logged.

    `code` is the platform's word for it.
    """
    number = uuid.uuid4().hex[:8]
    steps = [f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in traceback.extract_tb(error.__traceback__)]
    log.error("mistake %s: %s %s at %s", number, type(error).__name__, code, " ".join(steps[-8:]))
    return speak(OUR_MISTAKE, locale, number=number)
