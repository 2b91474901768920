"""`python -m bots audit`: whether the log of decisions is whole, and the log itself, for whoever must be shown it."""

import json
from typing import TextIO

from bots.settings import Settings
from bots.stopping import FAILED, OK
from core.audit import broken
from core.database import Database
from core.records import Records


async def audit(settings: Settings, out: TextIO, log: TextIO) -> int:
    """Write every row as a line of JSON to `out`, and to `log` what was found. Exit code 1 if a chain is broken."""
    database = await Database.open(settings.database_url.get_secret_value())
    try:
        records, whole = Records(database), True
        servers = await records.servers()
        if not servers:
            print("Nothing was decided anywhere yet.", file=log)
        for platform, workspace in servers:
            entries = await records.log(platform, workspace, newest=10_000_000)
            for entry in entries:
                print(json.dumps({"platform": platform, "workspace": workspace} | entry.row()), file=out)
            found = broken(entries)
            whole = whole and found is None
            says = "the chain holds" if found is None else f"row {found} was changed, or one before it is missing"
            print(f"{platform} {workspace}: {len(entries)} rows; {says}.", file=log)
    finally:
        await database.close()
    return OK if whole else FAILED
