"""What Slack answers when it says no."""

from tests.loopback.slack.rules import Json


class ApiError(Exception):
    """A refusal with Slack's own word for it, e.g. `not_in_channel`."""

    def __init__(self, error: str, *, status: int = 200, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.more = more

    def body(self) -> Json:
        """The error as it travels."""
        return {"ok": False, "error": self.error, **self.more}


class DriverError(AssertionError):
    """A test asks for what no person could do on Slack: a command in a thread, a missing button, a wrong option."""
