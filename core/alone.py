"""The only process that serves a platform with a SQLite file, by a lock on a file beside it that ends with it."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from core.database import translated
from core.errors import AlreadyServed


@contextlib.contextmanager
def alone(file: Path, platform: str) -> Iterator[None]:
    """Keep other processes from serving a platform with this SQLite file while the block lasts.

    Raises `AlreadyServed` if another does, and `StoreError` if that cannot be seen. A child that is forked meanwhile
    does not have the lock.
    """
    with translated():
        held = file.with_name(f"{file.name}-{platform}.lock").open("ab")
    with held:
        try:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyServed from error
        yield
