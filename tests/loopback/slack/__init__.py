"""stub"""

from tests.loopback.slack.consent import Consent, Landed
from tests.loopback.slack.driver import LoopbackSlack
from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.exchange import Delivery, Exchange
from tests.loopback.slack.ledger import Reference, Request, Seen
from tests.loopback.slack.message import File, Message, View
from tests.loopback.slack.world import AssistantThread, Channel, Enterprise, Installation, Team, User

__all__ = [
    "AssistantThread",
    "Channel",
    "Consent",
    "Delivery",
    "DriverError",
    "Enterprise",
    "Exchange",
    "File",
    "Installation",
    "Landed",
    "LoopbackSlack",
    "Message",
    "Reference",
    "Request",
    "Seen",
    "Team",
    "User",
    "View",
]
