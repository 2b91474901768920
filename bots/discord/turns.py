"""From Discord's interactions and messages to places, contributors and turns."""

from dataclasses import dataclass

import discord

from core.place import Contributor, Place, Turn

PLATFORM = "discord"
NO_SERVER = "@me"
"""What stands for a server where there is none. Each private channel is a workspace of its own."""


@dataclass(frozen=True)
class Pointed:
    """What a turn is about: a passage under which a button was pressed, or a message."""

    about: int | None = None
    source: str = ""


NOTHING = Pointed()


def turn(interaction: discord.Interaction, pointed: Pointed = NOTHING, *, place: Place | None = None) -> Turn:
    """The turn that an interaction asks for; the interaction's id is the turn's."""
    user, here = interaction.user, interaction.guild_locale
    return Turn(
        id=str(interaction.id),
        place=place or where(interaction),
        contributor=Contributor(str(user.id), user.display_name),
        admin=interaction.guild_id is None or interaction.permissions.manage_guild,
        roles=roles(user),
        language=str(interaction.locale),
        here=str(here or interaction.locale),
        adult=adult(interaction.channel),
        about=pointed.about,
        source=pointed.source,
    )


def message_turn(message: discord.Message, *, id: str, place: Place) -> Turn:  # noqa: A002 - as in Turn
    """The turn that an ordinary message asks for."""
    locale = str(message.guild.preferred_locale) if message.guild else "en"
    author = message.author
    return Turn(
        id=id,
        place=place,
        contributor=Contributor(str(author.id), author.display_name),
        admin=isinstance(author, discord.Member) and author.guild_permissions.manage_guild,
        roles=roles(author),
        language=locale,
        here=locale,
        adult=adult(message.channel),
        source=str(message.id),
        plain=True,
    )


def where(interaction: discord.Interaction) -> Place:
    """The place of an interaction: the channel, or the thread in it."""
    return place(interaction.guild_id, interaction.channel_id or 0, parent(interaction.channel))


def place(guild_id: int | None, channel_id: int, parent_id: int | None) -> Place:
    """The place of a channel, which is a thread if it has a parent."""
    return Place(
        platform=PLATFORM,
        workspace=str(guild_id) if guild_id else f"{NO_SERVER}:{channel_id}",
        channel=str(parent_id or channel_id),
        thread=str(channel_id) if parent_id else "",
    )


def parent(channel: object) -> int | None:
    """The id of the channel that a thread hangs below; None for a channel of its own."""
    return channel.parent_id if isinstance(channel, discord.Thread) else None


def channel_id(place: Place) -> int:
    """The id under which messages are posted in a place."""
    return int(place.thread or place.channel)


def roles(user: discord.User | discord.Member) -> frozenset[str]:
    """The ids of a person's roles."""
    return frozenset(str(role.id) for role in user.roles) if isinstance(user, discord.Member) else frozenset()


def adult(channel: object) -> bool:
    """Whether Discord lets only adults in. False where we cannot tell."""
    ask = getattr(channel, "is_nsfw", None)
    return bool(ask and ask())
