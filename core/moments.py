"""Times as they stand in rows: always of UTC, also where a database keeps no zone."""

import datetime as dt


def now() -> dt.datetime:
    """The time that is written into rows."""
    return dt.datetime.now(dt.UTC)


def utc(found: dt.datetime) -> dt.datetime:
    """A time that was read back; SQLite keeps no zone."""
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
