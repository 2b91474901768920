"""Modals and home tabs: opening, pushing, updating, publishing; and the stack that a person sees."""

import copy
import secrets
from typing import TYPE_CHECKING

from tests.loopback.slack import payloads
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.exchange import Exchange
from tests.loopback.slack.forms import initial
from tests.loopback.slack.message import View, elements
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Installation, User

if TYPE_CHECKING:
    from tests.loopback.slack.platform import Platform

STACK = 3
"""Modals above each other."""


def named(blocks: list[Json]) -> list[Json]:
    """Blocks with the ids that Slack gives where the application gave none."""
    blocks = copy.deepcopy(blocks)
    for block in blocks:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for key in ("accessory", "element"):
            _name(block.get(key))
        for each in block.get("elements") or []:
            _name(each)
    return blocks


_INTERACTIVE = ("button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "file_input")


def _name(element: Json | None) -> None:
    kind = element.get("type", "") if isinstance(element, dict) else ""
    if element is not None and (kind in _INTERACTIVE or kind.endswith(("_select", "_input"))):
        element.setdefault("action_id", secrets.token_urlsafe(4))


def make(platform: "Platform", app: Installation, user: User, body: Json, previous: View | None = None) -> View:
    """A new view for a person."""
    key = platform.world.ids.new("V")
    given = body | {"blocks": named(body["blocks"])}
    root = previous.root if previous else key
    made = View(key, user, given, _hash(), root, previous, user.team.id)
    made.values = initial(given["blocks"])
    _unique(platform, app, made)
    platform.world.views[key] = made
    return made


def _unique(platform: "Platform", app: Installation, view: View) -> None:
    external = view.body.get("external_id")
    if external and any(
        each.open and each is not view and each.body.get("external_id") == external and each.user.team is app.team
        for each in platform.world.views.values()
    ):
        raise ApiError("duplicate_external_id")


def show(exchange: Exchange, view: View, *, push: bool) -> None:
    """Put a modal on the person's screen: above the others, or in place of them all."""
    if not push:
        for each in view.user.modals:
            each.open = False
        view.user.modals.clear()
    view.user.modals.append(view)
    view.channel = exchange.channel
    exchange.view = view
    exchange.touch()


def update(platform: "Platform", app: Installation, view: View, body: Json, hash_: str | None = None) -> View:
    """Replace what a view shows. Raises hash_conflict if it has changed since."""
    if hash_ and hash_ != view.hash:
        raise ApiError("hash_conflict")
    if body["type"] != view.body["type"]:
        raise ApiError("invalid_arguments")
    kept = view.values
    view.body = body | {"blocks": named(body["blocks"])}
    view.values = initial(view.blocks)
    for block, element in elements(view.blocks):
        old = kept.get(block["block_id"], {}).get(element["action_id"])
        if old is not None and block["type"] == "input":
            view.values.setdefault(block["block_id"], {})[element["action_id"]] = old
    _unique(platform, app, view)
    view.hash = _hash()
    view.edits += 1
    view.errors = {}
    return view


def close(view: View, *, everything: bool = False) -> None:
    """Take a modal from the screen, or the whole stack."""
    for each in list(view.user.modals):
        if everything or each is view:
            each.open = False
            view.user.modals.remove(each)


def publish(platform: "Platform", app: Installation, user: User, body: Json, hash_: str | None) -> View:
    """Put a home tab up."""
    if user.home is None:
        user.home = make(platform, app, user, body)
    else:
        update(platform, app, user.home, body, hash_)
    for each in platform.attention.exchanges[-200:]:
        if each.user is user:
            each.view = each.view or user.home
            each.touch()
    platform.ledger.pulse.beat()
    return user.home


def as_json(platform: "Platform", app: Installation, view: View) -> Json:
    """A view as it travels."""
    return payloads.view(view, app, platform.world.app_id)


def _hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"
