"""REST: the application, its user, its commands, the way to the gateway."""

from tests.loopback.discord import payloads
from tests.loopback.discord.errors import refused
from tests.loopback.discord.platform import Platform, clean
from tests.loopback.discord.routes import Answer, Call, Routes
from tests.loopback.discord.rules import Json

routes = Routes()


def _application(platform: Platform) -> Json:
    installed = sum(each.installed for each in platform.world.guilds.values())
    content = "message_content" in platform.rules.privileged
    return payloads.application(platform.world, guilds=installed, message_content=content)


@routes("GET", "/oauth2/applications/@me")
@routes("GET", "/applications/@me")
async def application(call: Call) -> Answer:
    """The application."""
    return Answer(200, _application(call.platform))


@routes("GET", "/users/@me")
async def me(call: Call) -> Answer:
    """Its user."""
    return Answer(200, payloads.me(call.platform.world.bot))


@routes("GET", "/users/@me/guilds")
async def my_guilds(call: Call) -> Answer:
    """The guilds that it is in."""
    mine = [each for each in call.platform.world.guilds.values() if each.installed]
    return Answer(200, [_partial(each.id, each.name, each.permissions(call.platform.world.bot)) for each in mine])


def _partial(key: int, name: str, permissions: int) -> Json:
    nothing: Json = {"icon": None, "banner": None, "owner": False, "features": []}
    return nothing | {"id": str(key), "name": name, "permissions": str(permissions)}


@routes("POST", "/users/@me/channels")
async def open_dm(call: Call) -> Answer:
    """The DM with somebody."""
    recipient = call.platform.world.users.get(int(call.body.get("recipient_id") or 0))
    if recipient is None:
        raise refused(10013)
    if recipient is call.platform.world.bot:
        raise refused(50007)
    channel = call.platform.world.private(recipient, call.platform.world.bot)
    return Answer(200, payloads.channel(channel))


@routes("GET", "/users/{user_id}")
async def user(call: Call) -> Answer:
    """Somebody."""
    key = call.arguments["user_id"]
    known = call.platform.world.users.get(int(key)) if key.isdigit() else None
    if known is None:
        raise refused(10013)
    return Answer(200, payloads.user(known))


@routes("GET", "/gateway")
async def gateway(call: Call) -> Answer:
    """Where the gateway is."""
    return Answer(200, {"url": call.platform.gateway.url})


@routes("GET", "/gateway/bot")
async def gateway_bot(call: Call) -> Answer:
    """Where the gateway is, how many shards are due, how many starts are left."""
    rules = call.platform.rules
    limit = {"total": rules.session_starts, "remaining": call.platform.gateway.starts_left}
    limit |= {"reset_after": 86_400_000, "max_concurrency": 1}
    return Answer(200, {"url": call.platform.gateway.url, "shards": rules.shards, "session_start_limit": limit})


_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


def _scope(call: Call) -> tuple[int | None, dict[int, Json]]:
    if int(call.arguments["application_id"]) != call.platform.world.application_id:
        raise refused(50001)
    scope = call.guild.id if "guild_id" in call.arguments else None
    return scope, call.platform.commands.setdefault(scope, {})


def _store(call: Call, body: Json, scope: int | None, known: dict[int, Json]) -> tuple[Json, bool]:
    world = call.platform.world
    kind = body.get("type") or 1
    same = next((k for k, each in known.items() if (each["name"], each["type"]) == (body["name"], kind)), None)
    key = same or world.ids.new()
    defaults: Json = {"description": "", "nsfw": False, "contexts": None, "integration_types": [0]}
    command = defaults | clean(body) | {"id": str(key), "application_id": str(world.application_id), "type": kind}
    permissions = body.get("default_member_permissions")
    command["default_member_permissions"] = None if permissions is None else str(permissions)
    command["version"] = str(world.ids.new())
    command["options"] = clean(body.get("options") or [])
    if scope:
        command["guild_id"] = str(scope)
    known[key] = command
    return command, same is None


@routes("GET", _COMMANDS)
@routes("GET", _GUILD_COMMANDS)
async def list_commands(call: Call) -> Answer:
    """All commands of a scope."""
    _, known = _scope(call)
    return Answer(200, list(known.values()))


@routes("PUT", _COMMANDS)
@routes("PUT", _GUILD_COMMANDS)
async def put_commands(call: Call) -> Answer:
    """Replace all commands of a scope; the ids of those that stay, stay."""
    scope, known = _scope(call)
    stored = [_store(call, each, scope, known)[0] for each in call.items]
    stay = {int(each["id"]) for each in stored}
    for key in set(known) - stay:
        del known[key]
    return Answer(200, stored)


@routes("POST", _COMMANDS)
@routes("POST", _GUILD_COMMANDS)
async def create_command(call: Call) -> Answer:
    """Add a command, or replace the one of the same name."""
    scope, known = _scope(call)
    command, new = _store(call, call.body, scope, known)
    return Answer(201 if new else 200, command)


def _known(call: Call) -> tuple[dict[int, Json], int]:
    _, known = _scope(call)
    key = int(call.arguments["command_id"])
    if key not in known:
        raise refused(10063)
    return known, key


@routes("GET", _COMMANDS + "/{command_id}")
@routes("GET", _GUILD_COMMANDS + "/{command_id}")
async def get_command(call: Call) -> Answer:
    """One command."""
    known, key = _known(call)
    return Answer(200, known[key])


@routes("PATCH", _COMMANDS + "/{command_id}")
@routes("PATCH", _GUILD_COMMANDS + "/{command_id}")
async def edit_command(call: Call) -> Answer:
    """Change one command."""
    known, key = _known(call)
    changed = known[key] | clean(call.body) | {"version": str(call.platform.world.ids.new())}
    if "default_member_permissions" in call.body:
        needed = call.body["default_member_permissions"]
        changed["default_member_permissions"] = None if needed is None else str(needed)
    known[key] = changed
    return Answer(200, changed)


@routes("DELETE", _COMMANDS + "/{command_id}")
@routes("DELETE", _GUILD_COMMANDS + "/{command_id}")
async def delete_command(call: Call) -> Answer:
    """Remove one command."""
    known, key = _known(call)
    del known[key]
    return Answer(204)
