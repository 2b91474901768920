"""Storycircle on Slack. Knows Slack and the storyteller; neither the engine nor the database."""
