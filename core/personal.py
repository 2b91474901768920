"""The door to the filter `personal`; the house is `core.filters`."""

from core.filters.personal import PersonalFilter

__all__ = ["PersonalFilter"]
