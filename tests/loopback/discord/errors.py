"""What Discord answers when it says no."""

from tests.loopback.discord.rules import Json


class ApiError(Exception):
    """A refusal with Discord's own code."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        """The error as it travels."""
        body: Json = {"message": self.message, "code": self.code}
        return body | {"errors": self.errors} if self.errors else body


class DriverError(AssertionError):
    """A test asks for what no person could do on Discord: a wrong option, a hidden command, a disabled button."""


_KNOWN = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "You have reached the maximum number of follow-up messages for this interaction"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    160004: (400, "A thread has already been created for this message"),
}


def refused(code: int, errors: Json | None = None, *, status: int | None = None) -> ApiError:
    """The error that goes with a code."""
    usual, message = _KNOWN.get(code, (400, f"Error {code}"))
    return ApiError(status or usual, code, message, errors)


def invalid(field: str, sentence: str) -> ApiError:
    """50035 for one field."""
    return refused(50035, {field: {"_errors": [{"code": "LOOPBACK", "message": sentence}]}})
