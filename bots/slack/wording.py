"""The fixed sentences that are said on Slack alone."""

from core.wording import said

OPEN_FORM = said("Open the form")
SEND = said("Send")
CANCEL = said("Cancel")
START = said("Start a story")
SHOW = said("Show the story")
HELP = said("Help")

NO_REPLY_SHOWN = said("I could not post my reply just now. It is kept, and I will post it when I start again.")
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
YOUR_WORDS = said("This is what you wrote. Nobody else has seen it:")
FORM_TOO_LATE = said("Slack waited too long to open the form. Press the button to try again.")

VOICE = said("Pick a voice")
REMOVE = said("Remove from the story")
KEEP = said("Keep it")
MESSAGE_DELETED = said("A message that became a passage was deleted here. Should the passage leave the story too?")
KEPT = said("The passage stays in the story.")

GREETING = said(
    "Tell one story together: `/story start <title>` in a channel, or `@{name} continue` in a story's thread, where "
    "Slack has no commands."
)

FORM_WHERE = said("In which channel")
