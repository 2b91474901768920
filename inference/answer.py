"""One answer as it arrives: token ids in, pieces out. The same for every kind of engine."""

from collections.abc import Sequence
from typing import Any

from core.engine import Piece, Profile, Request, Sampling
from core.errors import EngineError
from core.wording import said
from inference.tokens import Vocabulary

REPETITION = {"max_pattern_size": 24, "min_pattern_size": 1, "min_count": 4}
"""An answer ends ("repetition") when 1 to 24 tokens have been said four times in a row."""


class Answer:
    """Makes pieces whose texts add up to what `Vocabulary.decode` says of all their ids."""

    def __init__(self, vocabulary: Vocabulary, stop_ids: Sequence[int]) -> None:
        self._reader = vocabulary.reader()
        self._stop_ids = frozenset(stop_ids)

    def piece(self, ids: Sequence[int], reason: str | None, cached: int | None) -> Piece:
        """The next piece. The id that ended the answer is left out.

        Raises `EngineError` if the `reason` to finish is none that we know, such as "abort".
        """
        said = tuple(ids)
        if reason == "stop" and said and said[-1] in self._stop_ids:
            said = said[:-1]
        match reason:
            case None | "stop" | "length" | "repetition":
                return Piece(self._reader.read(said, last=reason is not None), said, reason, cached)
            case _:
                raise EngineError


def wishes(sampling: Sampling, stop_ids: Sequence[int]) -> dict[str, Any]:
    """What vLLM calls the same wishes, in `SamplingParams` and over HTTP alike."""
    return {
        "max_tokens": sampling.max_tokens,
        "min_tokens": sampling.min_tokens,
        "temperature": sampling.temperature,
        "min_p": sampling.min_p,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "seed": sampling.seed,
        "stop_token_ids": list(stop_ids),
        "repetition_detection": REPETITION,
    }


def refusal(request: Request, profile: Profile) -> EngineError:
    """What to say when an engine does not accept a request."""
    if len(request.prompt) + request.sampling.max_tokens > profile.window:
        return EngineError(
            said("That does not fit the model's window of {window} tokens. Your story is safe.", window=profile.window)
        )
    return EngineError(said("The storyteller's engine did not accept that. Your story is safe; please report this."))
