"""Training of the storyteller: tokenizer, corpus, pretraining and export.

Run it as ``python -m inference.training``; nothing here is imported when the bot tells a story.
"""
