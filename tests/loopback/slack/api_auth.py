"""auth.*, apps.connections.open, oauth.v2.access: tokens."""

import base64
import secrets
import time

from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Installation

methods = Methods()


@methods("auth.test")
def _test(call: Call) -> Json:
    app = call.app
    body: Json = {"url": app.team.url, "team": app.team.name, "user": app.bot.name, "team_id": app.team.id}
    body |= {"user_id": app.bot.id, "bot_id": app.bot_id, "is_enterprise_install": app.org_wide}
    return body | ({"enterprise_id": app.enterprise.id} if app.enterprise else {})


@methods("auth.revoke")
def _revoke(call: Call) -> Json:
    if not call.body.get("test"):
        call.app.state = "revoked"
    return {"revoked": not call.body.get("test")}


@methods("apps.connections.open", token="app")
def _open(call: Call) -> Json:
    return {"url": call.platform.link.ticket()}


def client(platform: Platform, body: Json, authorization: str) -> None:
    """Check the client's id and secret, in the arguments or by Basic auth."""
    given = (str(body.get("client_id", "")), str(body.get("client_secret", "")))
    if authorization.startswith("Basic "):
        name, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        given = (name, secret)
    if given[0] != platform.rules.client_id:
        raise ApiError("invalid_client_id")
    if given[1] != platform.rules.client_secret:
        raise ApiError("bad_client_secret")


@methods("oauth.v2.access", token="")
def _access(call: Call) -> Json:
    body, platform = call.body, call.platform
    if body.get("grant_type") == "refresh_token":
        wanted = body.get("refresh_token")
        found = next((e for e in platform.world.installations if wanted and e.refresh_token == wanted), None)
        if found is None or found.state != "active":
            raise ApiError("invalid_refresh_token")
        rotate(platform, found)
        return _granted(platform, found)
    installed = platform.codes.pop(str(body.get("code")), None)
    if installed is None:
        raise ApiError("invalid_code")
    for old in platform.world.installations:
        if old.team is installed.team and old.org_wide == installed.org_wide:
            old.state = "uninstalled"
    platform.world.installations.append(installed)
    if platform.rules.token_rotation:
        rotate(platform, installed)
    return _granted(platform, installed)


def rotate(platform: Platform, of: Installation) -> None:
    """Give an installation a new token that expires, and a new refresh token."""
    of.token = f"xoxe.xoxb-{secrets.token_hex(12)}"
    of.refresh_token = f"xoxe-1-{secrets.token_hex(12)}"
    of.expires = time.monotonic() + platform.rules.token_life


def _granted(platform: Platform, of: Installation) -> Json:
    body: Json = {
        "access_token": of.token, "token_type": "bot", "scope": ",".join(of.scopes), "bot_user_id": of.bot.id,
        "app_id": platform.world.app_id, "is_enterprise_install": of.org_wide,
        "team": None if of.org_wide else {"id": of.team.id, "name": of.team.name},
        "enterprise": {"id": of.enterprise.id, "name": of.enterprise.name} if of.enterprise else None,
        "authed_user": {"id": of.installer.id if of.installer else of.bot.id},
    }  # fmt: skip
    if of.refresh_token and of.expires:
        body |= {"refresh_token": of.refresh_token, "expires_in": int(of.expires - time.monotonic())}
    return body
