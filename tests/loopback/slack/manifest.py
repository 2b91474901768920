"""The application's manifest against the official schema, and what it must agree with."""

from typing import Any

from tests.loopback.slack import contracts


def errors(manifest: Any) -> list[str]:
    """What the official schema says is wrong with a manifest; nothing where the contracts are missing."""
    return contracts.load().manifest(manifest)
