"""Storycircle on Slack. Knows Slack and the storyteller; neither the engine nor the database."""

from bots.slack.run import run

__all__ = ["run"]
