"""All formats by the name that GUARD_FORMAT has for them."""

from core.filters.guard import Role
from inference.guard.format import Chat, Format
from inference.guard.granite import GraniteGuardian
from inference.guard.llama_guard import LLAMA_GUARD_3, LLAMA_GUARD_4
from inference.guard.qwen3guard import Qwen3Guard
from inference.guard.safeguard import Safeguard
from inference.guard.shieldgemma import ShieldGemma

FORMATS: dict[str, Format] = {
    "qwen3guard": Qwen3Guard(),
    "llama-guard-3": LLAMA_GUARD_3,
    "llama-guard-4": LLAMA_GUARD_4,
    "shieldgemma": ShieldGemma(),
    "granite-guardian": GraniteGuardian(),
    "gpt-oss-safeguard": Safeguard(),
}

SERVED_ONLY = frozenset(
    name
    for name, form in FORMATS.items()
    if any(isinstance(each.prompt, Chat) for each in form.questions("", Role.PARTICIPANT))
)
"""Those whose prompts a server must lay out."""
