"""What people can do with a story. Each function is one operation; its first line is what help says."""

from core.operations import telling, revising, asking, keeping, voices, rating, reviewing, people, consenting, privacy  # noqa: I001 - in the order in which help shows them

__all__ = [
    "asking",
    "consenting",
    "keeping",
    "people",
    "privacy",
    "rating",
    "reviewing",
    "revising",
    "telling",
    "voices",
]
