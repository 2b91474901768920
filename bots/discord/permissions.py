"""Which permissions the bot needs, what for, and which it lacks. The fewest that do."""

import discord

from bots.discord.wording import WHY
from bots.sentences import speak

NEEDED = tuple(WHY)


def invitation(application_id: int) -> str:
    """The address at which a server's admin adds the bot, with the permissions that it needs."""
    return discord.utils.oauth_url(
        application_id,
        permissions=discord.Permissions(**dict.fromkeys(NEEDED, True)),
        scopes=("bot", "applications.commands"),
    )


def missing(held: discord.Permissions, *, messages: bool) -> list[str]:
    """The needed permissions that are not among those held. Marking plain messages matters with `messages` alone."""
    return [name for name in NEEDED if not getattr(held, name) and (messages or name != "add_reactions")]


def reasons(names: list[str], locale: str) -> str:
    """A line for each permission: what it is called in Discord, and why it is needed."""
    return "\n".join(f"- **{title(name)}** {speak(WHY[name], locale)}" for name in names)


def title(name: str) -> str:
    """A permission's name as Discord writes it, e.g. Send Messages in Threads."""
    return name.replace("_", " ").title().replace(" In ", " in ")
