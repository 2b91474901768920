"""What is kept of a server as a whole: what its admins set, its people's stories, and what waits for their consent."""

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from core import rows, statements
from core import tables as t
from core.database import Database
from core.erasing import erase
from core.place import Place, Telling, Workspace
from core.story import Proposal


class Servers:
    """Reads by server, and the end of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, platform: str, workspace: str) -> Workspace:
        """What an admin set for a server; nothing if nothing ever was."""
        key = {"platform": platform, "workspace": workspace}
        row = await self._database.read(lambda c: c.execute(statements.workspace(), key).one_or_none())
        return Workspace() if row is None else rows.workspace_of(row)

    async def known(self, platform: str) -> list[str]:
        """The servers of a platform of which anything is kept."""
        wanted = select(t.place.c.workspace).where(t.place.c.platform == platform).distinct()
        return await self._database.read(lambda c: list(c.scalars(wanted)))

    async def erase(self, platform: str, workspace: str) -> None:
        """Delete all stories of a server and everything else that is kept of it, for ever."""
        await self._database.write(lambda c: erase(c, platform, workspace))

    async def tellings(self, platform: str, workspace: str, contributor_id: str, *, limit: int = 15) -> list[Telling]:
        """Stories on a server that a person began or wrote in: the open ones first, then the newest."""
        there = select(t.turn.c.place_id).where(t.turn.c.contributor_id == contributor_id)
        wrote = aliased(t.passage)
        written = wrote.c.story_id == t.story.c.id, wrote.c.author_id == contributor_id
        mine = (t.story.c.author_id == contributor_id) | select(wrote.c.id).where(*written).exists()
        place = t.place.c.workspace, t.place.c.channel, t.place.c.thread
        wanted = (
            statements.stories()
            .add_columns(*place, t.passage.c.author_id.label("last_author"))
            .join(t.place, t.place.c.id == t.story.c.place_id)
            .where(t.place.c.platform == platform, t.place.c.workspace == workspace)
            .where(t.place.c.id.in_(there), mine)
            .order_by(t.story.c.ended, t.story.c.id.desc())
            .limit(limit)
        )

        def unit(connection: Connection) -> list[Telling]:
            found = connection.execute(wanted)
            return [Telling(rows.place_of(platform, row), rows.story_of(row), row.last_author) for row in found]

        return await self._database.read(unit)

    async def consents(self, platform: str, workspace: str, author_id: str) -> list[tuple[Place, Proposal]]:
        """New wordings of a person's passages that wait for their consent on a server, and where.

        The newest first, at most ten.
        """
        wanted = {"platform": platform, "workspace": workspace, "author": author_id}

        def unit(connection: Connection) -> list[tuple[Place, Proposal]]:
            found = connection.execute(statements.consents(), wanted)
            return [(rows.place_of(platform, row), rows.proposal_of(row)) for row in found]

        return await self._database.read(unit)
