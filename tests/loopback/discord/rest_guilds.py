"""REST: guilds and their members."""

from tests.loopback.discord import payloads
from tests.loopback.discord.errors import refused
from tests.loopback.discord.routes import Answer, Call, Routes

routes = Routes()
_GUILD = "/guilds/{guild_id}"


@routes("GET", _GUILD)
async def get_guild(call: Call) -> Answer:
    """A guild."""
    return Answer(200, payloads.guild(call.guild))


@routes("GET", _GUILD + "/channels")
async def channels(call: Call) -> Answer:
    """Its channels."""
    return Answer(200, [payloads.channel(each) for each in call.guild.channels])


@routes("GET", _GUILD + "/roles")
async def roles(call: Call) -> Answer:
    """Its roles."""
    return Answer(200, [payloads.role(each) for each in call.guild.roles])


@routes("GET", _GUILD + "/threads/active")
async def active_threads(call: Call) -> Answer:
    """Its threads that are not archived."""
    found = [payloads.channel(each) for each in call.guild.threads if not each.archived]
    return Answer(200, {"threads": found, "members": [], "has_more": False})


@routes("GET", _GUILD + "/members/{user_id}")
async def member(call: Call) -> Answer:
    """A member."""
    key = call.arguments["user_id"]
    known = call.guild.members.get(int(key)) if key.isdigit() else None
    if known is None:
        raise refused(10007)
    return Answer(200, payloads.member(known))


@routes("GET", _GUILD + "/members")
async def members(call: Call) -> Answer:
    """All members; needs the privileged intent for members."""
    if "members" not in call.platform.rules.privileged:
        raise refused(50001)
    limit = int(call.request.query.get("limit", 1))
    after = int(call.request.query.get("after", 0))
    found = sorted((each for each in call.guild.members.values() if each.user.id > after), key=lambda m: m.user.id)
    return Answer(200, [payloads.member(each) for each in found[:limit]])
