"""The door to the filter `words`; the house is `core.filters`."""

from core.filters.words import WordFilter

__all__ = ["WordFilter"]
