"""Adding the application to a workspace: from its install page, over Slack's question, back to its callback."""

import html
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.world import Installation


@dataclass(frozen=True)
class Landed:
    """What the application's callback answered."""

    status: int
    text: str
    location: str


@dataclass
class Consent:
    """A person in front of Slack's question whether the application may come in."""

    platform: Platform
    installation: Installation
    """What will be installed."""
    asked: dict[str, str]
    """What the application asks Slack: client_id, scope, user_scope, state, redirect_uri."""
    cookies: dict[str, str]
    callback: str
    """Where the browser comes back to."""
    answers: list[Landed] = field(default_factory=list)

    @classmethod
    async def begin(cls, platform: Platform, installation: Installation, install_url: str) -> "Consent":
        """Open the install page, and follow its button (or redirect) up to Slack's question."""
        session = platform.sender.session
        async with session.get(install_url, allow_redirects=False) as page:
            text = await page.text()
            target = page.headers.get("Location") or _link(text)
            cookies = {key: morsel.value for key, morsel in page.cookies.items()}
        if not target or "client_id" not in target:
            raise DriverError(f"the install page leads nowhere: {page.status} {text[:200]}")
        asked = dict(parse_qsl(urlsplit(target).query))
        if asked.get("client_id") != platform.rules.client_id:
            platform.ledger.violate(f"spec: authorize: client_id is {asked.get('client_id')!r}")
        scopes = tuple(each for each in asked.get("scope", "").split(",") if each)
        if missing := sorted(set(platform.scopes) - set(scopes)):
            platform.ledger.violate(f"policy: the install page does not ask for {missing}")
        installation.scopes = scopes
        callback = asked.get("redirect_uri") or urljoin(install_url, "oauth_redirect")
        return cls(platform, installation, asked, cookies, callback)

    async def approve(self, *, state: str | None = None, code: str | None = None, cookies: bool = True) -> Landed:
        """Say yes. A forged `state` or `code`, or a browser without the `cookies`, can be tried."""
        fresh = secrets.token_hex(8)
        self.platform.codes[fresh] = self.installation
        return await self._return({"code": code or fresh, "state": state or self.asked.get("state", "")}, cookies)

    async def deny(self) -> Landed:
        """Say no."""
        return await self._return({"error": "access_denied", "state": self.asked.get("state", "")}, True)

    async def _return(self, query: dict[str, str], cookies: bool) -> Landed:
        address = f"{self.callback}?{urlencode(query)}"
        sent = "; ".join(f"{key}={value}" for key, value in self.cookies.items()) if cookies else ""
        headers = {"Cookie": sent} if sent else {}
        session = self.platform.sender.session
        async with session.get(address, headers=headers, allow_redirects=False) as answer:
            landed = Landed(answer.status, await answer.text(), answer.headers.get("Location", ""))
        self.answers.append(landed)
        return landed


def _link(page: str) -> str:
    links = re.findall(r'href="([^"]*client_id[^"]*)"', page)
    return html.unescape(links[0]) if links else ""
