"""What people can do with a story. Each function is one operation; its first line is what help says."""

from core.operations import (  # noqa: I001 - in the order in which help shows them
    telling,
    revising,
    asking,
    helping,
    keeping,
    voices,
    rating,
    reviewing,
    people,
    consenting,
    exporting,
    privacy,
    tuning,
)

__all__ = [
    "asking",
    "consenting",
    "exporting",
    "helping",
    "keeping",
    "people",
    "privacy",
    "rating",
    "reviewing",
    "revising",
    "telling",
    "tuning",
    "voices",
]
