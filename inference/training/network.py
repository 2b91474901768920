"""The network: a small Llama, made anew or out of a model folder."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface, LlamaConfig, LlamaForCausalLM
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from inference.training.errors import TrainingError
from inference.training.settings import Settings
from inference.training.stream import TOKEN_IDS
from inference.training.tokenizer import END_OF_TEXT, PAD

# Rows are full, so no mask is needed but "causal", which the fast kernels have built in. Left to itself, transformers
# draws a mask when it is compiled with torch before 2.14, and those kernels are not used.
_ROWS = "full_rows"
AttentionInterface.register(_ROWS, sdpa_attention_forward)
AttentionMaskInterface.register(_ROWS, lambda *_, **__: None)


def make_model(settings: Settings) -> Any:
    """A LlamaForCausalLM with random weights; its blocks add nothing at first, which steadies the beginning."""
    config = LlamaConfig(
        vocab_size=settings.vocab_size,
        hidden_size=settings.hidden,
        intermediate_size=settings.mlp,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads or settings.heads,
        head_dim=settings.hidden // settings.heads,
        max_position_embeddings=max(1024, settings.window),
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        tie_word_embeddings=True,
        bos_token_id=TOKEN_IDS[END_OF_TEXT],
        eos_token_id=TOKEN_IDS[END_OF_TEXT],
        pad_token_id=TOKEN_IDS[PAD],
        use_cache=False,
        attn_implementation=_ROWS,
    )
    torch.manual_seed(settings.seed)
    model: Any = LlamaForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
    return model


def drop_out(model: Any, share: float) -> None:
    """Leave out, while it trains, a share of what each half of each layer adds (Srivastava et al., 2014)."""

    def thinned(module: Any, _inputs: Any, output: Any) -> Any:
        first, *more = output if isinstance(output, tuple) else (output,)
        kept = functional.dropout(first, share, training=module.training)
        return (kept, *more) if isinstance(output, tuple) else kept

    for layer in model.model.layers:
        layer.self_attn.register_forward_hook(thinned)
        layer.mlp.register_forward_hook(thinned)


def weights_of(folder: Path) -> dict[str, Tensor]:
    """The weights of a model folder in float32; TrainingError if there are none."""
    try:
        model: Any = LlamaForCausalLM.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise TrainingError(f"There is no model to begin with in {folder}: {error}") from error
    state: dict[str, Tensor] = model.state_dict()
    return state
