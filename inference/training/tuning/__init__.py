"""Tuning: any model becomes a better storyteller by records of stories.

`settings` one file · `records` `check` what is learned from, and whether it may be · `consent` `feedback` records from
the bot's own stories · `layout` records in the very prompts that the bot sends · `trainers` `run` the training itself ·
`scores` `card` what it was worth · `events` the head that labels passages.
"""
