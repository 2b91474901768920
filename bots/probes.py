"""Whether each platform is connected: adapters say how to find out, the health pages ask."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar

Probe = Callable[[], Awaitable[bool]]
"""Finds out whether a connection is up. Must answer at once."""


class Probes:
    """The probes of the platforms that are being served, by their names."""

    def __init__(self) -> None:
        self._probes: dict[str, Probe] = {}

    async def asked(self) -> dict[str, bool]:
        """Which connections are up. One that cannot be asked is not."""
        return {name: await _answer(probe) for name, probe in list(self._probes.items())}

    @contextlib.contextmanager
    def asking(self, name: str, probe: Probe) -> Iterator[None]:
        """This platform is served as long as the block lasts; afterwards it stays on the pages, as disconnected."""
        self._probes[name] = probe
        try:
            yield
        finally:
            self._probes[name] = _down


_present: ContextVar[Probes | None] = ContextVar("probes", default=None)


@contextlib.contextmanager
def probed() -> Iterator[Probes]:
    """Platforms that are served inside of this block, and in tasks begun in it, are asked."""
    probes = Probes()
    token = _present.set(probes)
    try:
        yield probes
    finally:
        _present.reset(token)


def connection(name: str, probe: Probe) -> contextlib.AbstractContextManager[None]:
    """While the block lasts, this is how to find out whether a platform is connected. For adapters."""
    probes = _present.get()
    return contextlib.nullcontext() if probes is None else probes.asking(name, probe)


async def _down() -> bool:
    return False


async def _answer(probe: Probe) -> bool:
    try:
        return await probe()
    except Exception:  # the border: whatever a library does when it is half closed
        return False
