"""All formats by the name that GUARD_FORMAT has for them."""

from inference.guard.format import Format
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
