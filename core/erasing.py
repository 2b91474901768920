"""Everything that is kept of one server, and how it is erased: the one thing that destroys stories."""

from typing import Any

from sqlalchemy import Connection, Select, delete, select

from core import tables as t


def erase(connection: Connection, platform: str, workspace: str) -> None:
    """Delete a server's stories, turns, reports and settings, with all that hangs on them."""
    here = t.place.c.platform == platform, t.place.c.workspace == workspace
    places = select(t.place.c.id).where(*here)
    stories = select(t.story.c.id).where(t.story.c.place_id.in_(places))
    passages = select(t.passage.c.id).where(t.passage.c.story_id.in_(stories))
    for column, rows in _in_order(places, stories, passages):
        connection.execute(delete(column.table).where(column.in_(rows)))
    connection.execute(delete(t.place).where(*here))
    for table in (t.workspace, t.override, t.audit, t.consent):
        connection.execute(delete(table).where(table.c.platform == platform, table.c.workspace == workspace))


def _in_order(places: Select[Any], stories: Select[Any], passages: Select[Any]) -> tuple[tuple[Any, Select[Any]], ...]:
    """Columns and what they refer to, so that nothing is deleted to which something still points."""
    posts = select(t.post.c.id).where(t.post.c.place_id.in_(places))
    return (
        (t.token.c.passage_id, passages),
        (t.opinion.c.passage_id, passages),
        (t.proposal.c.place_id, places),
        (t.alert.c.post_id, posts),
        *((each.c.story_id, stories) for each in (t.lore, t.move, t.summary, t.explanation, t.passage)),
        (t.begun.c.place_id, places),
        *((each.c.place_id, places) for each in (t.report, t.message, t.withdrawal, t.held, t.post, t.story, t.turn)),
    )
