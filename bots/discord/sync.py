"""Registers the commands with Discord, only when they have changed."""

import hashlib
import json

from discord import app_commands

from bots.discord import trouble
from bots.discord.commands import Tree
from core.notebook import Notebook

_KEY = "discord commands"


async def sync(notebook: Notebook, tree: Tree, application_id: int) -> bool:
    """Register all commands if they are not what was registered last. Says whether it did.

    If Discord does not take them now, the old ones stay, and the next start tries again.
    """
    digest = await fingerprint(tree, application_id)
    if await notebook.noted(_KEY) == digest:
        return False
    try:
        await tree.sync()
    except trouble.LOST as error:
        trouble.note(error)
        return False
    except app_commands.AppCommandError as error:
        trouble.mistake(error, "en")
        return False
    await notebook.note(_KEY, digest)
    return True


async def fingerprint(tree: Tree, application_id: int) -> str:
    """A number for all that Discord is told of the commands, in every language."""
    translator = tree.translator
    if translator is None:
        payloads = [command.to_dict(tree) for command in tree.get_commands()]
    else:
        payloads = [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]
    payloads.sort(key=lambda payload: (payload["type"], payload["name"]))
    said = json.dumps([str(application_id), payloads], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
