"""Small models with random weights, made in a moment: real files, nothing to say."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.voices import CONTROLS

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML

WORDS = "the sea was quiet and nobody spoke once upon a time there lived an old captain who kept a lamp"


def tokenizer(*controls: str) -> Tokenizer:
    """A byte-level vocabulary of 384 tokens with these control tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=384, initial_alphabet=alphabet, special_tokens=list(controls), show_progress=False
    )
    made.train_from_iterator([WORDS] * 8, trainer)
    return made


def write_json(file: Path, value: object) -> None:
    """The value as a JSON file."""
    file.write_text(json.dumps(value), "utf-8")


def llama(folder: Path, *, template: str | None = None) -> Path:
    """A Llama in this folder: of our own stream form, or of the chat form if it is given a template."""
    controls = CONTROLS if template is None else ("<|im_end|>", "<|im_start|>", "<think>", "</think>")
    folder.mkdir(parents=True, exist_ok=True)
    made = tokenizer(*controls)
    made.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": controls[0], "chat_template": template},
    )
    stop = made.get_vocab()["<|end|>" if template is None else "<|im_end|>"]
    write_json(folder / "config.json", config(made.get_vocab_size(), stop))
    write_json(folder / "generation_config.json", {"eos_token_id": [stop]})
    if template is None:
        write_json(folder / "storyteller.json", {"name": "Llama of the tests", "max_model_len": 1024})
    save_file(weights(made.get_vocab_size()), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def config(words: int, stop: int, width: int = 64, layers: int = 2) -> dict[str, object]:
    """The `config.json` of a Llama."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "vocab_size": words,
        "max_position_embeddings": 1024,
        "rms_norm_eps": 1e-5,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "eos_token_id": stop,
    }


def weights(words: int, width: int = 64, layers: int = 2) -> dict[str, np.ndarray]:
    """Random weights for that configuration."""
    chance = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return (chance.standard_normal(shape) * 0.2).astype(np.float32)

    made = {"model.embed_tokens.weight": some(words, width), "model.norm.weight": np.ones(width, np.float32)}
    for number in range(layers):
        at = f"model.layers.{number}."
        made |= {f"{at}self_attn.{x}_proj.weight": some(width, width) for x in "qkvo"}
        made |= {f"{at}mlp.{x}_proj.weight": some(2 * width, width) for x in ("gate", "up")}
        made[f"{at}mlp.down_proj.weight"] = some(width, 2 * width)
        made[f"{at}input_layernorm.weight"] = np.ones(width, np.float32)
        made[f"{at}post_attention_layernorm.weight"] = np.ones(width, np.float32)
    return made
