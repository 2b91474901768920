"""The tables, in SQLAlchemy Core; the same on SQLite and PostgreSQL. Migrations must arrive at exactly these
(a test compares them)."""

from core.tables.moderating import audit, held, override, report, verdict
from core.tables.naming import metadata
from core.tables.people import consent, explanation, opinion, tombstone
from core.tables.places import place, turn, workspace
from core.tables.processes import begun, lease
from core.tables.showing import alert, message, note, post, sighting, withdrawal
from core.tables.slack import slack_bots, slack_installations, slack_oauth_states
from core.tables.stories import lore, move, passage, proposal, story, summary, token

__all__ = [
    "alert",
    "audit",
    "begun",
    "consent",
    "explanation",
    "held",
    "lease",
    "lore",
    "message",
    "metadata",
    "move",
    "note",
    "opinion",
    "override",
    "passage",
    "place",
    "post",
    "proposal",
    "report",
    "sighting",
    "slack_bots",
    "slack_installations",
    "slack_oauth_states",
    "story",
    "summary",
    "token",
    "tombstone",
    "turn",
    "verdict",
    "withdrawal",
    "workspace",
]
