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

TEMPLATES = {
    # Those of well-known families in short, each with what is peculiar to it.
    "chatml": CHATML,
    "no system text": NO_SYSTEM,
    "qwen 3": (  # an earlier answer is drawn without its thinking, the last one with an empty one
        "{% set ns = namespace(last=messages|length - 1) %}"
        "{% if messages[0].role == 'system' %}<|im_start|>system\n{{ messages[0].content }}<|im_end|>\n{% endif %}"
        "{% for m in messages[::-1] %}{% set index = (messages|length - 1) - loop.index0 %}"
        "{% if ns.last == messages|length - 1 and m.role == 'user' %}{% set ns.last = index %}{% endif %}{% endfor %}"
        "{% for m in messages %}{% if m.role == 'user' %}<|im_start|>user\n{{ m.content }}<|im_end|>\n"
        "{% elif m.role == 'assistant' %}{% set content = m.content.split('</think>')[-1].lstrip('\n') %}"
        "<|im_start|>assistant\n{% if loop.index0 > ns.last %}<think>\n\n</think>\n\n{% endif %}"
        "{{ content }}<|im_end|>\n"
        "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
    ),
    "llama 3": (  # a head that says more than the rules
        "<|begin_of_text|>{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
        "{% if m.role == 'system' %}Cutting Knowledge Date: December 2023\n\n{% endif %}"
        "{{ m.content | trim }}<|eot_id|>"
        "{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
    ),
    "gemma": (  # the system text becomes a part of the first message, and the assistant has another name
        "<bos>{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
        "{% set talk = messages[1:] %}{% else %}{% set first = '' %}{% set talk = messages %}{% endif %}"
        "{% for m in talk %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{% if loop.first %}{{ first }}{% endif %}{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    ),
    "mistral": (  # the system text goes before the last message, which is no place for rules
        "{% if messages[0].role == 'system' %}{% set rules = messages[0].content %}{% set talk = messages[1:] %}"
        "{% else %}{% set talk = messages %}{% endif %}<s>{% for m in talk %}{% if m.role == 'user' %}[INST] "
        "{% if loop.last and rules is defined %}{{ rules }}\n\n{% endif %}{{ m.content }}[/INST]"
        "{% else %} {{ m.content | trim }}</s>{% endif %}{% endfor %}"
    ),
    "llama 2": (  # the system text lies inside the first message, and each answer ends one text and begins another
        "{% if messages[0].role == 'system' %}{% set rules = '<<SYS>>\n' + messages[0].content + '\n<</SYS>>\n\n' %}"
        "{% set talk = messages[1:] %}{% else %}{% set rules = '' %}{% set talk = messages %}{% endif %}"
        "{% for m in talk %}{% if m.role == 'user' %}<s>[INST] {% if loop.first %}{{ rules }}{% endif %}"
        "{{ m.content.strip() }} [/INST]{% else %} {{ m.content.strip() }} </s>{% endif %}{% endfor %}"
    ),
}
MARKUP = (
    *("<|im_end|>", "<|im_start|>", "<think>", "</think>", "<|begin_of_text|>", "<|start_header_id|>"),
    *(
        "<|end_header_id|>",
        "<|eot_id|>",
        "<bos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
    ),
)
"""The control tokens of those families."""

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
    controls = CONTROLS if template is None else MARKUP
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
