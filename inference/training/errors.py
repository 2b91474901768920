"""The one error that the training commands show to people."""


class TrainingError(Exception):
    """What went wrong, in one plain sentence that says what to do about it."""

    status = 1
    """With which a command ends."""
