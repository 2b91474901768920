"""Every fixed sentence that this adapter says, and the one place where it is put into the reader's language."""

from core.wording import Language, said, translated

CONTINUE = said("Continue")
ANOTHER = said("Another")
REFINE = said("Refine")
EXPLAIN = said("Explain")
UNDO = said("Undo")
STOP = said("Stop")
ADD = said("Add a passage")
OPEN_FORM = said("Open the form")
SEND = said("Send")
CANCEL = said("Cancel")
START = said("Start a story")
SHOW = said("Show the story")
HELP = said("Help")

EXPLAIN_THIS = said("Explain this passage")
ADD_TO_STORY = said("Add to the story")
REPORT = said("Report")

WAITING = said("Somebody else's turn comes first …")
WAKING = said("The storyteller is waking up …")
WRITING = said("The storyteller is writing …")
STOPPED = said("Stopped before it was finished; nothing was added.")
STOPPING = said("I am being restarted. Please try again in a minute; nothing was lost.")
NOT_YOURS = said("Only whoever asked for it, or a moderator, can stop it.")

OUR_MISTAKE = said("That went wrong on my side (number {number}). Your story is safe; please try again.")
NO_REPLY_SHOWN = said("Slack did not take my reply just now. It is kept, and I will post it when I start again.")
TOLD_LATE = said("Told before the last stop, not shown until now:")
NOT_HERE = said(
    "I am not a member of this channel, so I cannot post in it by myself. Invite me with `/invite @{name}`. "
    "The story is safe."
)
ARCHIVED = said("This channel is archived, so I cannot write in it. Somebody who manages it can open it again.")
NO_SCOPE = said(
    "I lack the permission “{scope}”. Somebody who manages this workspace can add me again to give it to me. "
    "The story is safe."
)
REMOVED = said("I was removed from this workspace. Somebody who manages it can add me again; the story is kept.")
FORM_TOO_LATE = said("Slack waited too long to open the form. Press the button to try again.")
REST_IN_FILE = said("The rest is in the file.")

NO_PASSAGE_THERE = said("I know of no passage in that message. /story show tells you which passages there are.")
NOT_YOUR_MESSAGE = said("Only whoever wrote a message can add it to the story.")
NOTHING_WRITTEN = said("That message has no text that I could add.")
GREETING = said(
    "Tell one story together: `/story start <title>` in a channel, or `@{name} continue` in a story's thread, where "
    "Slack has no commands."
)

FORM_REFINE = said("What to change (empty: make it clearer)")
FORM_REPORT = said("What is wrong with it? Moderators will see this")
FORM_WHERE = said("In which channel")


def speak(sentence: str, locale: str, **parts: str | int) -> str:
    """A sentence of our own in the language of a locale, with its parts put in."""
    spoken = translated(sentence, Language.of(locale))
    return spoken.format(**parts) if parts else spoken
