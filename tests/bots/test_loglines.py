"""The log as JSON lines: every line is an object, and nothing that anybody wrote is in it."""

import json
import logging

import pytest

from bots.loglines import JsonLines

PROSE = "the keeper rang the bell"


def line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def record(
    message: str, *values: object, name: str = "bots.discord", error: Exception | None = None
) -> logging.LogRecord:
    shown = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, values, shown)


def test_a_record_has_a_time_a_level_a_logger_and_a_message() -> None:
    found = line(record("status %s", 429))
    assert found["level"] == "WARNING"
    assert found["logger"] == "bots.discord"
    assert found["message"] == "status 429"
    assert str(found["time"]).endswith("Z")


def test_of_an_exception_only_its_type_and_places_are_told() -> None:
    with pytest.raises(ValueError, match=PROSE) as caught:
        int(PROSE)
    found = line(record("fell over", error=caught.value))
    assert found["error"] == "ValueError"
    assert "test_loglines.py" in str(found["at"])
    assert PROSE not in str(found)


def test_of_what_a_library_says_only_the_first_line_is_kept() -> None:
    found = line(record(f"Task exception was never retrieved\nValueError: {PROSE}", name="asyncio"))
    assert found["message"] == "Task exception was never retrieved"
