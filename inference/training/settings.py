"""What decides a training run besides its corpus, and how far a run is."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Phase:
    """Training up to ``until`` (a share of the budget): rows of ``length`` tokens, token share of each kind."""

    until: float
    rows: int
    length: int
    shares: dict[str, float]


_SHARES = {"story": 0.42, "refine": 0.28, "explain": 0.20, "recap": 0.06, "name": 0.04}
# Rows so short that attention costs little, then rows as long as the prompts of a long story.
PHASES = (Phase(0.75, 12, 384, _SHARES), Phase(1.00, 6, 768, _SHARES))
# For a GPU, which reads every text: rows of one length, since each other one is compiled anew, and simple stories last.
_WIDE = {"story": 0.28, "prose": 0.40, "refine": 0.14, "explain": 0.12, "recap": 0.04, "name": 0.02}
_LAST = {"story": 0.42, "prose": 0.10, "refine": 0.20, "explain": 0.20, "recap": 0.05, "name": 0.03}
GPU_PHASES = (Phase(0.70, 1, 1536, _WIDE), Phase(1.00, 1, 1536, _LAST))


@dataclass(frozen=True)
class Settings:
    """Size, data mix, learning rates and schedule of one run; times in seconds of the wall clock."""

    budget_s: float
    seed: int = 1
    layers: int = 4
    hidden: int = 256
    mlp: int = 1024
    heads: int = 4
    kv_heads: int = 0
    """Heads of keys and values, each for several heads of queries: fewer take less cache. 0: as many as `heads`."""
    vocab_size: int = 4096
    phases: tuple[Phase, ...] = PHASES
    muon_lr: float = 0.01
    adam_lr: float = 0.003
    decay_from: float = 0.5
    dropout: float = 0.0
    """Share of what each half of a layer adds that is left out at random: against learning texts by heart."""
    checkpoint_s: float = 300.0
    evaluate_s: float = 300.0
    evaluate_documents: int = 16
    """Held-out documents of each kind; more tell better whether a state is the best one so far."""
    device: str = "cpu"
    """Where to compute: "cpu", or "cuda" for a GPU."""
    bfloat16: bool = False
    """Multiply in bfloat16 (weights stay float32): several times faster where the processor does it by itself."""
    report_every: int = 1
    """Steps between two looks at the loss: on a GPU each look waits for everything that is under way."""
    compiled: bool = False
    """Fuse the step with torch.compile: a minute at the beginning, several times faster afterwards."""

    @property
    def window(self) -> int:
        """Tokens of the longest row: beyond what it was trained on, positions mislead a model."""
        return max(phase.length for phase in self.phases)

    def state_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return asdict(self)

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> "Settings":
        """What `state_dict` gave."""
        return cls(**state | {"phases": tuple(Phase(**phase) for phase in state["phases"])})


@dataclass
class Progress:
    """How far a run is."""

    step: int = 0
    tokens: int = 0
    used_s: float = 0.0
    best: float = math.inf
    """Lowest held-out loss so far, the mean over the kinds."""
    before: dict[str, float] = field(default_factory=dict)
    """Minutes, steps and tokens (millions) that the weights it began with had seen; empty if it began from nothing."""
