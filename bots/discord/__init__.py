"""Discord: slash commands, buttons and messages in; messages, edits and refusals out."""

from bots.discord.run import run

__all__ = ["run"]
