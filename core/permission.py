"""Who may do what where. Asked once a turn, before anything is read of what was typed."""

from core.errors import NotAllowed, NotListening
from core.operation import Operation
from core.story import House, Standing, Story, Turn
from core.wording import said

_WHO = {
    Standing.OWNER: said("whoever began the story, or a moderator"),
    Standing.MODERATOR: said("a moderator"),
    Standing.ADMIN: said("somebody who may manage this server"),
}


def standing(turn: Turn, house: House, story: Story | None) -> Standing:
    """What the contributor is in this place."""
    if turn.admin:
        return Standing.ADMIN
    if turn.roles & house.workspace.moderators:
        return Standing.MODERATOR
    if story is not None and story.author_id == turn.contributor.id:
        return Standing.OWNER
    return Standing.WRITER


def check(wanted: Operation, turn: Turn, house: House, story: Story | None) -> None:
    """Raises `NotAllowed` with who may, or `NotListening` for a message that is no passage."""
    if turn.plain and not (house.workspace.messages and house.dedicated and story is not None):
        raise NotListening
    channels = house.workspace.channels
    if channels and turn.place.channel not in channels and not wanted.anywhere:
        raise NotAllowed(
            said("Stories are not told in this channel. An admin of the server chose others; /story setup shows which.")
        )
    if standing(turn, house, story) < wanted.needs:
        raise NotAllowed(said("Only {who} can do that here.", who=_WHO[wanted.needs]))
