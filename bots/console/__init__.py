"""The terminal: several people tell one story at one keyboard, or a script pipes its lines in."""

from bots.console.circle import Circle
from bots.console.run import run

__all__ = ["Circle", "run"]
