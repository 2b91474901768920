"""Our own rules: nobody is pinged by anybody's text, nothing unfurls, blocks come with a fallback text."""

from collections.abc import Iterator

from tests.loopback.slack.ledger import Reference, Request
from tests.loopback.slack.markup import Found, references
from tests.loopback.slack.message import walk
from tests.loopback.slack.rules import Json, Rules
from tests.loopback.slack.texts import Text
from tests.loopback.slack.world import World

WRITES = ("chat.postMessage", "chat.update", "chat.postEphemeral", "response_url", "ack")
_RICH = {"user": "user_id", "broadcast": "range", "usergroup": "usergroup_id", "link": "url", "channel": "channel_id"}
_KINDS = {"broadcast": "everyone", "usergroup": "group"}


def arguments(method: str, body: Json) -> Iterator[str]:
    """What in a request breaks our rules, apart from what its texts say."""
    if method == "chat.postMessage":
        for key in ("unfurl_links", "unfurl_media"):
            if body.get(key) is not False:
                yield f"{key} is not false"
    if body.get("link_names") or body.get("parse") == "full":
        yield "names in the text are made into mentions (link_names, parse)"
    if method in WRITES and body.get("blocks") and not body.get("text") and not body.get("delete_original"):
        yield "blocks without a fallback text"


def resolved(found: list[Text], body: Json, world: World, channel: str, request: Request | None) -> Iterator[Reference]:
    """Everything in the texts and rich text of a request that would resolve, and whom it pings."""
    for each in found:
        if each.kind != "plain":
            for one in references(each.text, markdown=each.kind == "markdown"):
                yield _reference(one, world, channel, request)
    for element in walk([body.get("blocks"), body.get("chunks"), body.get("view")]):
        kind = str(element.get("type"))
        if kind in _RICH and isinstance(element.get(_RICH[kind]), str):
            one = Found(_KINDS.get(kind, kind), element[_RICH[kind]])
            yield _reference(one, world, channel, request)


def _reference(found: Found, world: World, channel: str, request: Request | None) -> Reference:
    people: tuple[str, ...] = ()
    place = world.channels.get(channel)
    if found.kind == "everyone" and place:
        people = tuple(each.name for each in place.members if not each.bot)
    elif found.kind == "user" and found.target in world.users:
        people = (world.users[found.target].name,)
    return Reference(found.kind, found.target, people, request)


def forbidden(reference: Reference, rules: Rules, world: World) -> bool:
    """Whether a reference must not resolve."""
    if reference.kind in rules.allowed:
        return False
    if reference.kind == "link":
        own = tuple(team.url for team in world.teams.values())
        return not reference.target.startswith((*own, *rules.allowed_links))
    return True
