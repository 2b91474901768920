"""The storyteller's model on a Ray cluster: an OpenAI-compatible server that keeps each story on one replica.

    pip install 'ray[serve,llm]' && MODEL=/models/Qwen3-8B serve run deploy.ray.application:app

The bot then runs anywhere with ENGINE_URL=http://HEAD:8000/v1 and ENGINE_TOKENIZER=/models/Qwen3-8B. It sends each
story's name as the header X-Session-ID, by which Ray's router chooses the replica that has the story in its cache.

Read from the environment, since Serve imports this file by its name: MODEL (a folder or hub name), REPLICAS_MIN,
REPLICAS_MAX, and DEVICE (`gpu`, or `cpu` for a trial on a laptop).
"""

import os
from typing import Any

from ray.serve.config import RequestRouterConfig
from ray.serve.llm import LLMConfig, build_openai_app

SAME_STORY_SAME_REPLICA = RequestRouterConfig(
    request_router_class="ray.serve.experimental.consistent_hash_router.ConsistentHashRouter",
    request_router_kwargs={"num_virtual_nodes": 100, "num_fallback_replicas": 1},
)

ENGINE: dict[str, Any] = {
    "enable_prefix_caching": True,
    "prefix_caching_hash_algo": "sha256",  # salts are a border between workspaces
    "scheduling_policy": "priority",
    "enable_prompt_tokens_details": True,  # or nobody learns how much of a prompt was in the cache
}
ON_GPU = ENGINE | {
    "quantization": "fp8",
    "kv_cache_dtype": "fp8",
    "max_model_len": 8192,
    "max_num_seqs": 256,
    "max_num_batched_tokens": 8192,
}
ON_CPU = ENGINE | {
    "max_num_seqs": 8,
    "max_num_batched_tokens": 1024,
    "block_size": 32,
    "enforce_eager": True,
    "kv_cache_memory_bytes": 256 << 20,
    "dtype": "float32",
}


def configuration(model: str, *, device: str, least: int, most: int) -> LLMConfig:
    """How one model is served: from `least` to `most` replicas, each on one GPU or one CPU core."""
    cpu: dict[str, Any] = {
        "accelerator_config": {"kind": "cpu"},
        "placement_group_config": {"bundles": [{"CPU": 1}]},
    }
    return LLMConfig(
        model_loading_config={"model_id": "storyteller", "model_source": model},
        engine_kwargs=ON_CPU if device == "cpu" else ON_GPU,
        experimental_configs={"stream_batching_interval_ms": 0},  # 50 by default: each word would wait for it
        deployment_config={
            # 64 stories a replica: the default asks for a billion before it adds one, that is, never.
            "autoscaling_config": {"min_replicas": least, "max_replicas": most, "target_ongoing_requests": 64},
            "max_ongoing_requests": 256,
            "request_router_config": SAME_STORY_SAME_REPLICA,
        },
        **(cpu if device == "cpu" else {}),
    )


app = build_openai_app(
    {
        "llm_configs": [
            configuration(
                os.environ["MODEL"],
                device=os.environ.get("DEVICE", "gpu"),
                least=int(os.environ.get("REPLICAS_MIN", "1")),
                most=int(os.environ.get("REPLICAS_MAX", "8")),
            )
        ]
    }
)
