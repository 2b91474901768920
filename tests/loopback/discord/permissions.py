"""Permission bits by the names that people know."""

import discord

ALL = discord.Permissions.all().value
PEOPLE = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
    add_reactions=True,
    attach_files=True,
    embed_links=True,
    use_application_commands=True,
).value
"""What @everyone may do in a new guild."""

BOT = (
    PEOPLE
    | discord.Permissions(
        manage_messages=True, manage_threads=True, pin_messages=True, create_private_threads=True
    ).value
)
"""What the application is installed with."""


def bits(*names: str) -> int:
    """The value of these permissions, e.g. `bits("manage_guild")`."""
    return discord.Permissions(**dict.fromkeys(names, True)).value
