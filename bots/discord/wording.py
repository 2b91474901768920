"""The fixed sentences that are said on Discord alone."""

from core.place import Turns
from core.policy import Rating
from core.wording import said

REMOVE = said("Remove from the story")
KEEP = said("Keep it")

STORY = said("Tell one story, together")
IN_A_THREAD = said("Whether to open a thread of its own for the story")

NO_REPLY_SHOWN = said("I could not post my reply just now. It is kept, and I will post it when I start again.")
NO_ACCESS = said("I cannot write in {channel}: I lack the permission “{permission}”. An admin can give it to me.")
SOME_PERMISSION = said("View Channel or Send Messages")
ARCHIVED = said("That thread is archived and locked, so I cannot write in it. A moderator can open it again.")

MESSAGE_DELETED = said("A message that became a passage was deleted here. Should the passage leave the story too?")
KEPT = said("The passage stays in the story.")

THREADS_NEED_A_SERVER = said(
    "A thread of its own is possible in a server's channels only. Start the story here without it."
)
NO_THREADS_HERE = said(
    "I could not open a thread here: I need the permissions “Create Public Threads” and “Send Messages in Threads”. "
    "An admin can give them to me, or start the story here without a thread."
)
STARTED_THERE = said("The story is told in {place}.")
FORUM_OPENING = said("A new story begins here.")

HELLO = said(
    "Hello! I help a channel tell one story together. Anybody can begin with `/story start`; "
    "`/story help` shows the rest. Somebody who manages this server can set me up with `/story setup`."
)

PANEL_CHANNELS = said("Where stories may be told (none chosen: anywhere)")
PANEL_MODERATORS = said("Roles whose members are moderators")
PANEL_ALERTS = said("Where moderators are told of reports")
PANEL_RATING = said("How far stories may go")
PANEL_LANGUAGE = said("Language: {value}")
PANEL_MESSAGES = said("Plain messages in story threads: {value}")
PANEL_TURNS = said("Turns: {value}")
PANEL_ALL_WELL = said("I have every permission that I need in this channel.")
PANEL_MISSING = said("In this channel I lack:")
PANEL_NO_INTENT = said(
    "Plain messages also need DISCORD_MESSAGES=true and the Message Content intent in Discord's developer portal."
)
ON, OFF = said("on"), said("off")
RATINGS = {
    Rating.G: said("g: for everybody"),
    Rating.PG: said("pg: for children with their parents"),
    Rating.TEEN: said("teen: from about 13 years"),
    Rating.MATURE: said("mature: adults, in age-restricted channels only"),
}
TURNS = {Turns.FREE: said("anybody"), Turns.ALTERNATE: said("not twice in a row")}

WHY = {
    "view_channel": said("to see the channel at all"),
    "send_messages": said("to post passages after 15 minutes, after a restart, and to tell moderators of reports"),
    "send_messages_in_threads": said("to post in a story's own thread"),
    "create_public_threads": said("to open a thread for a story (/story start thread: True)"),
    "read_message_history": said("to find a message again that I have to mark or take away"),
    "attach_files": said("to send a long text as a file"),
    "add_reactions": said("to mark a plain message that became a passage"),
}
"""What each permission is for, by its name in discord.py."""
