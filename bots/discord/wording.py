"""Every fixed sentence that this adapter says, as plain English literals, and the one place that translates them."""

from core import wording
from core.wording import Language

CONTINUE = "Continue"
ANOTHER = "Another"
REFINE = "Refine"
EXPLAIN = "Explain"
UNDO = "Undo"
STOP = "Stop"
ADD = "Add a passage"
REMOVE = "Remove from the story"
KEEP = "Keep it"

EXPLAIN_THIS = "Explain this passage"
ADD_TO_STORY = "Add to the story"
REPORT = "Report"

STORY = "Tell one story, together"
GROUPED = "More of: {name}"
IN_A_THREAD = "Whether to open a thread of its own for the story"

WAITING = "Another turn of this story comes first …"
WAKING = "The storyteller is waking up …"
WRITING = "The storyteller is writing …"
STOPPED = "Stopped before it was finished; nothing was added."
STOPPING = "I am being restarted. Please try again in a minute; nothing was lost."
NOT_YOURS = "Only whoever asked for it, or a moderator, can stop it."

OUR_MISTAKE = "That went wrong on my side (number {number}). Your story is safe; please try again."
NO_REPLY_SHOWN = "Discord did not take my reply just now. It is kept, and I will post it when I start again."
TOLD_LATE = "Told before the last stop, not shown until now:"
NO_ACCESS = "I cannot write in {channel}: I lack the permission “{permission}”. An admin can give it to me."
VIEW_CHANNEL = "View Channel"
SOME_PERMISSION = "View Channel or Send Messages"
ARCHIVED = "That thread is archived and locked, so I cannot write in it. A moderator can open it again."
REST_IN_FILE = "The rest is in the file."

NO_PASSAGE_THERE = "I know of no passage in that message. /story show tells you which passages there are."
NOT_YOUR_MESSAGE = "Only whoever wrote a message can add it to the story."
NOTHING_WRITTEN = "That message has no text that I could add."
MESSAGE_DELETED = "A message that became a passage was deleted here. Should the passage leave the story too?"
KEPT = "The passage stays in the story."

THREADS_NEED_A_SERVER = "A thread of its own is possible in a server's channels only. Start the story here without it."
NO_THREADS_HERE = (
    "I could not open a thread here: I need the permissions “Create Public Threads” and “Send Messages in Threads”. "
    "An admin can give them to me, or start the story here without a thread."
)
STARTED_THERE = "The story is told in {place}."
FORUM_OPENING = "A new story begins here."

HELLO = (
    "Hello! I help a channel tell one story together. Anybody can begin with `/story start`; "
    "`/story help` shows the rest. Somebody who manages this server can set me up with `/story setup`."
)

FORM_SEND = "Your words"
FORM_REFINE = "What to change (empty: make it clearer)"
FORM_REPORT = "What is wrong with it? Moderators will see this"

PANEL_CHANNELS = "Where stories may be told (none chosen: anywhere)"
PANEL_MODERATORS = "Roles whose members are moderators"
PANEL_ALERTS = "Where moderators are told of reports"
PANEL_RATING = "How far stories may go"
PANEL_LANGUAGE = "Language: {value}"
PANEL_MESSAGES = "Plain messages in story threads: {value}"
PANEL_TURNS = "Turns: {value}"
PANEL_ALL_WELL = "I have every permission that I need in this channel."
PANEL_MISSING = "In this channel I lack:"
PANEL_NO_INTENT = (
    "Plain messages also need DISCORD_MESSAGES=true and the Message Content intent in Discord's developer portal."
)
ON, OFF = "on", "off"

WHY = {
    "view_channel": "to see the channel at all",
    "send_messages": "to post passages after 15 minutes, after a restart, and to tell moderators of reports",
    "send_messages_in_threads": "to post in a story's own thread",
    "create_public_threads": "to open a thread for a story (/story start thread: True)",
    "read_message_history": "to answer under earlier messages",
    "attach_files": "to send a long text as a file",
    "add_reactions": "to mark a plain message that became a passage",
}
"""What each permission is for, by its name in discord.py."""


def speak(sentence: str, locale: str, **parts: str | int) -> str:
    """A sentence in the language of a locale, with its parts put in."""
    return wording.translated(wording.own(sentence, **parts), Language.of(locale))


def translated(sentence: str, locale: str) -> str:
    """A sentence or description in the language of a locale; English where we have no other."""
    return wording.translated(wording.own(sentence), Language.of(locale))
