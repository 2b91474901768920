"""An observer that writes down what it is told, for tests of who tells what."""

from core.observation import Course, Facts


class Notebook:
    """Everything that was told, in order."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, Facts]] = []
        self.events: list[tuple[str, Facts]] = []

    def begin(self, stage: str, facts: Facts) -> Course:
        """Note it."""
        self.stages.append((stage, facts))
        return _Nothing()

    def note(self, event: str, facts: Facts) -> None:
        """Note it."""
        self.events.append((event, facts))

    def of(self, event: str) -> list[Facts]:
        """The facts of all such events."""
        return [facts for name, facts in self.events if name == event]


class _Nothing:
    def started(self) -> None:
        """Not of interest."""

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Not of interest."""
