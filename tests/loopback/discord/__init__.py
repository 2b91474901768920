"""stub"""

from tests.loopback.discord.driver import LoopbackDiscord
from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.exchange import Exchange, Modal
from tests.loopback.discord.ledger import Request, Seen
from tests.loopback.discord.message import File, Message, User
from tests.loopback.discord.world import Channel, Guild, Role

__all__ = [
    "Channel",
    "DriverError",
    "Exchange",
    "File",
    "Guild",
    "LoopbackDiscord",
    "Message",
    "Modal",
    "Request",
    "Role",
    "Seen",
    "User",
]
