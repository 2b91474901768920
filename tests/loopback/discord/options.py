"""Commands as people use them: only what is registered, offered here, and allowed to be typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.interactions import Resolved, Value, owners
from tests.loopback.discord.message import File, User
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import Channel, Role

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(1, 12)
_TYPES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (User,),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (User, Role),
    NUMBER: (int, float),
    ATTACHMENT: (File,),
}


@dataclass(frozen=True)
class Chosen:
    """A command, and the way down to the subcommand."""

    command: Json
    path: tuple[Json, ...]

    @property
    def options(self) -> list[Json]:
        """What can be filled in."""
        options: list[Json] = (self.path[-1] if self.path else self.command).get("options") or []
        return options

    def data(self, filled: list[Json]) -> Json:
        """The data of the interaction."""
        for each in reversed(self.path):
            filled = [{"name": each["name"], "type": each["type"], "options": filled}]
        body = {"id": self.command["id"], "name": self.command["name"], "type": 1, "options": filled}
        return body | ({"guild_id": self.command["guild_id"]} if "guild_id" in self.command else {})


def choose(platform: Platform, user: User, channel: Channel, line: str) -> Chosen:
    """The registered command behind `story lore add`. Raises `DriverError` if it is unknown or not offered here."""
    words = line.removeprefix("/").split()
    command = platform.command(channel.guild, words[0], 1)
    if command is None:
        raise DriverError(f"/{words[0]} is not registered; there are {_names(platform)}")
    offered(platform, user, channel, command)
    path: list[Json] = []
    inner = command
    for word in words[1:]:
        inner = _inner(inner, word, line)
        path.append(inner)
    if any(each["type"] in (SUBCOMMAND, GROUP) for each in inner.get("options") or []):
        raise DriverError(f"/{line} needs a subcommand: {[each['name'] for each in inner['options']]}")
    return Chosen(command, tuple(path))


def _inner(holder: Json, word: str, line: str) -> Json:
    below: list[Json] = [each for each in holder.get("options") or [] if each["type"] in (SUBCOMMAND, GROUP)]
    for each in below:
        if each["name"] == word:
            return each
    raise DriverError(f"/{line}: no subcommand {word!r}; there are {[each['name'] for each in below]}")


def _names(platform: Platform) -> list[str]:
    return sorted({each["name"] for scope in platform.commands.values() for each in scope.values()})


def offered(platform: Platform, user: User, channel: Channel, command: Json) -> None:
    """Raise `DriverError` unless Discord shows this command to this person in this place."""
    name = command["name"]
    contexts, installs = command.get("contexts"), command.get("integration_types") or [0]
    if contexts is None:
        contexts = [0] if command.get("dm_permission") is False else [0, 1] + [2] * (1 in installs)
    if channel.context not in contexts:
        raise DriverError(f"{name} is not offered in context {channel.context}, only in {contexts}")
    if not any(int(each) in installs for each in owners(platform, channel, user)) and "guild_id" not in command:
        raise DriverError(f"{name} is not offered here: it is installed for {installs} only")
    if command.get("nsfw") and channel.guild and not (channel.parent or channel).nsfw and not channel.nsfw:
        raise DriverError(f"{name} is only offered in age-restricted channels")
    needed = command.get("default_member_permissions")
    if needed is None or channel.guild is None:
        return
    held = channel.permissions(user)
    if held & int(needed) != int(needed) or (int(needed) == 0 and user is not channel.guild.owner):
        raise DriverError(f"{name} is not offered to {user.name}: it needs permissions {needed}")


def fill(chosen: Chosen, given: Mapping[str, Value], resolved: Resolved) -> list[Json]:
    """Options of a slash command. Raises `DriverError` for what Discord's client would not let anybody send."""
    known = {each["name"]: each for each in chosen.options}
    unknown = set(given) - set(known)
    if unknown:
        raise DriverError(f"no option {sorted(unknown)}; there are {sorted(known)}")
    missing = [name for name, each in known.items() if each.get("required") and name not in given]
    if missing:
        raise DriverError(f"the options {missing} are required")
    return [_filled(known[name], value, resolved) for name, value in given.items()]


def fill_focused(
    chosen: Chosen, given: Mapping[str, Value], focused: str, value: str, resolved: Resolved
) -> list[Json]:
    """Options while somebody types into one of them."""
    known = {each["name"]: each for each in chosen.options}
    if focused not in known or not known[focused].get("autocomplete"):
        raise DriverError(f"{focused!r} has no autocomplete; there are {sorted(known)}")
    filled = [_filled(known[name], each, resolved) for name, each in given.items()]
    return [*filled, {"name": focused, "type": known[focused]["type"], "value": value, "focused": True}]


def _filled(option: Json, value: Value, resolved: Resolved) -> Json:
    kind, name = option["type"], option["name"]
    if option.get("choices"):
        value = _choice(option["choices"], value, name)
    elif not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
        raise DriverError(f"{name} cannot be {value!r}")
    _in_range(option, value)
    if isinstance(value, User | Role | Channel | File):
        allowed = option.get("channel_types")
        if isinstance(value, Channel) and allowed and value.kind not in allowed:
            raise DriverError(f"{name} takes channels of type {allowed}")
        return {"name": name, "type": kind, "value": resolved.refer(value)}
    return {"name": name, "type": kind, "value": value}


def _choice(choices: Sequence[Json], value: Value, name: str) -> Any:
    for each in choices:
        if value in (each["value"], each["name"]):
            return each["value"]
    raise DriverError(f"{name} cannot be {value!r}; choices are {[each['name'] for each in choices]}")


def _in_range(option: Json, value: Value) -> None:
    name = option["name"]
    if isinstance(value, str):
        low, high = option.get("min_length") or 0, option.get("max_length") or 6000
        if not low <= len(value) <= high:
            raise DriverError(f"{name} takes {low} to {high} characters, not {len(value)}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise DriverError(f"{name} takes {low} to {high}, not {value}")
