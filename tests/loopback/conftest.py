"""Says once when contracts could not be checked."""

import pytest

from tests.loopback.discord import contracts
from tests.loopback.slack import contracts as slack_contracts


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Whether payloads were held against Discord's contracts, and how many."""
    if contracts.folder() is None:
        terminalreporter.write_line(
            "loopback Discord: validation is off, no contracts ($CONTRACTS or ../shared/contracts)"
        )
    elif contracts.load().checked:
        terminalreporter.write_line(f"loopback Discord: {contracts.load().checked} payloads held against the contracts")
    terminalreporter.write_line(slack_contracts.summary())
