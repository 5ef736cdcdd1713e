"""The vendors we know, one row each.

State of November 2026, from the vendors' public API references and their users' bug reports; modest on purpose, for
models change faster than this file. Everything here can be corrected from the configuration: behaviour under `quirks`,
what models can carry under `capabilities`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from isthmus.core.conversation import ThinkingMode
from isthmus.providers.openai_compatible.vendor import (
    Continuation,
    ModelRow,
    ReasoningBack,
    Search,
    ThinkingSwitch,
    Vendor,
)

_SWITCHED: Final = frozenset((ThinkingMode.ENABLED, ThinkingMode.ADAPTIVE, ThinkingMode.DISABLED))
_OFF: Final = frozenset((ThinkingMode.DISABLED,))
_ALWAYS: Final[frozenset[ThinkingMode]] = frozenset()
_NO_SAMPLING: Final[Mapping[str, Any]] = {"sampling": False, "max_stop_sequences": 0}
_HYBRIDS: Final = (
    "*qwen3-?b",
    "*qwen3-??b",
    "*qwen3-30b-a3b",
    "*qwen3-235b-a22b",
    "*qwen3.5*",
    "*deepseek-v3.1*",
    "*deepseek-v3.2*",
    "*deepseek-v4*",
    "*glm-4.[567]*",
    "*glm-5*",
)
"""Open models that think or do not, as they are told."""
_LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"))  # noqa: S104

OPENAI: Final = Vendor(
    "openai",
    base_url="https://api.openai.com/v1",
    hosts=("api.openai.com", "openai.azure.com"),
    max_tokens_field="max_completion_tokens",
    thinking_switch=ThinkingSwitch.REASONING_EFFORT,
    completions=True,
    user_field="safety_identifier",
    cache_key_field="prompt_cache_key",
    service_tiers=(("auto", "auto"), ("standard", "default"), ("priority", "priority"), ("flex", "flex")),
    knobs=(
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "verbosity",
        "prediction",
        "store",
        "metadata",
    ),
    abilities={"documents": True},
    models=(
        ModelRow("gpt-3.5*", {"vision": False, "documents": False, "context_window": 16_385}),
        ModelRow("gpt-4o*", {"context_window": 128_000, "max_output_tokens": 16_384}),
        ModelRow("gpt-4.1*", {"context_window": 1_047_576, "max_output_tokens": 32_768}),
        ModelRow(
            "o[134]*",
            {
                **_NO_SAMPLING,
                "efforts": ("low", "medium", "high"),
                "context_window": 200_000,
                "max_output_tokens": 100_000,
            },
            {"system_role": "developer"},
        ),
        ModelRow(
            "gpt-5*",
            {
                **_NO_SAMPLING,
                "efforts": ("minimal", "low", "medium", "high"),
                "context_window": 400_000,
                "max_output_tokens": 128_000,
            },
            {"system_role": "developer"},
        ),
        ModelRow("gpt-5.*", {"efforts": ("low", "medium", "high", "xhigh"), "thinking": _OFF}),
        ModelRow("gpt-5.1*", {"efforts": ("low", "medium", "high")}),
        ModelRow(
            "gpt-5*-chat*",
            {"sampling": True, "max_stop_sequences": 4, "efforts": (), "thinking": _ALWAYS},
            {"system_role": "system"},
        ),
        ModelRow("*search*", {"server_tools": ("web_search",)}, {"search": Search.OPTIONS}),
    ),
)

SILICONFLOW: Final = Vendor(
    "siliconflow",
    base_url="https://api.siliconflow.cn/v1",
    hosts=("siliconflow.cn", "siliconflow.com"),
    thinking_switch=ThinkingSwitch.ENABLE_THINKING,
    budget_field="thinking_budget",
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    think_tags=True,
    abilities={"top_k": True},
    # "current model does not support parameter `enable_thinking`" for any other (CherryHQ/cherry-studio#6642).
    models=(
        *(ModelRow(pattern, {"thinking": _SWITCHED}) for pattern in _HYBRIDS),
        ModelRow("*deepseek-r1*", {"thinking": _ALWAYS}),
    ),
)

DEEPSEEK: Final = Vendor(
    "deepseek",
    base_url="https://api.deepseek.com/v1",
    hosts=("api.deepseek.com",),
    thinking_switch=ThinkingSwitch.THINKING_TYPE,
    thinks_by_default=True,
    reasoning_back=ReasoningBack.REQUIRED,
    strict_tools=False,
    continuation=Continuation.PREFIX,
    continuation_url="https://api.deepseek.com/beta",
    embeddings=False,
    knobs=("presence_penalty", "frequency_penalty"),
    abilities={
        "vision": False,
        "json_schema": False,
        "prefill": True,
        "forced_tools_while_thinking": False,
        "thinking": _SWITCHED,
        # The API takes every word; medium and xhigh count as high.
        "efforts": ("low", "medium", "high", "xhigh", "max"),
    },
    models=(
        ModelRow("deepseek-v4*", {"context_window": 1_000_000}),
        # Names of the past, each fixed to one mode.
        ModelRow("deepseek-chat", {"thinking": _ALWAYS, "efforts": ()}, {"thinks_by_default": False}),
        ModelRow("deepseek-reasoner", {"thinking": _ALWAYS, "efforts": ()}),
    ),
)

ZHIPU: Final = Vendor(
    "zhipu",
    base_url="https://open.bigmodel.cn/api/paas/v4",
    hosts=("open.bigmodel.cn", "api.z.ai"),
    include_usage=False,
    thinking_switch=ThinkingSwitch.THINKING_TYPE,
    effort_field="",
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    required_word="",
    named_choice=False,
    none_choice=False,
    strict_tools=False,
    search=Search.TOOL,
    user_field="user_id",
    knobs=(),
    abilities={
        "forced_tools": False,
        "parallel_tools": False,
        "json_schema": False,
        "max_temperature": 1.0,
        "max_stop_sequences": 1,
        "server_tools": ("web_search",),
    },
    models=(
        ModelRow("glm-4.[567]*", {"thinking": _SWITCHED}),
        ModelRow("glm-5*", {"thinking": _SWITCHED}, {"thinks_by_default": True}),
        ModelRow("glm-4.7*", {}, {"thinks_by_default": True}),
    ),
)

MOONSHOT: Final = Vendor(
    "moonshot",
    base_url="https://api.moonshot.ai/v1",
    hosts=("moonshot.ai", "moonshot.cn"),
    thinking_switch=ThinkingSwitch.THINKING_TYPE,
    # "cannot specify both 'thinking' and 'reasoning_effort'" (HKUDS/nanobot#3939)
    effort_field="",
    empty_content=False,
    strict_tools=False,
    required_word="",
    continuation=Continuation.PARTIAL,
    embeddings=False,
    user_field="safety_identifier",
    cache_key_field="prompt_cache_key",
    knobs=("presence_penalty", "frequency_penalty"),
    abilities={
        "forced_tools": False,
        "json_schema": False,
        "prefill": True,
        "fetches_urls": False,
        "empty_tool_results": False,
        "max_temperature": 1.0,
        # Ids look like `functions.NAME:0`, and the model wants them back as they were.
        "tool_id_pattern": r"[a-zA-Z0-9_.:-]{1,128}",
    },
    models=(
        ModelRow("moonshot-v1*", {"vision": False}),
        ModelRow("moonshot-v1*vision*", {"vision": True}),
        ModelRow(
            "kimi-k2-thinking*",
            {},
            {"reasoning_back": ReasoningBack.REQUIRED, "lost_reasoning": ".", "thinks_by_default": True},
        ),
        # Messages with calls are refused without a non-empty thought (mastra-ai/mastra#12592).
        ModelRow(
            "kimi-k2.[5-9]*",
            {"thinking": _SWITCHED, "sampling": False},
            {"reasoning_back": ReasoningBack.REQUIRED, "lost_reasoning": ".", "thinks_by_default": True},
        ),
    ),
)

QWEN: Final = Vendor(
    "qwen",
    base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
    hosts=("aliyuncs.com",),
    always_stream=True,
    thinking_switch=ThinkingSwitch.ENABLE_THINKING,
    budget_field="thinking_budget",
    effort_field="",
    required_word="",
    strict_tools=False,
    continuation=Continuation.PARTIAL,
    search=Search.ENABLE,
    knobs=("seed", "presence_penalty"),
    abilities={
        "top_k": True,
        "prefill": True,
        "json_schema": False,
        "forced_tools_while_thinking": False,
        "server_tools": ("web_search",),
    },
    models=(
        *(ModelRow(pattern, {"thinking": _SWITCHED}) for pattern in _HYBRIDS),
        ModelRow("qwen-plus*", {"thinking": _SWITCHED, "vision": False}),
        ModelRow("qwen-turbo*", {"thinking": _SWITCHED, "vision": False}),
        ModelRow("qwen-flash*", {"thinking": _SWITCHED, "vision": False}),
        ModelRow("qwen3-vl-*", {"thinking": _SWITCHED}),
        ModelRow("*-instruct*", {"thinking": _ALWAYS}),
        ModelRow("*-thinking*", {"thinking": _ALWAYS}, {"thinks_by_default": True}),
    ),
)

OPENROUTER: Final = Vendor(
    "openrouter",
    base_url="https://openrouter.ai/api/v1",
    hosts=("openrouter.ai",),
    thinking_switch=ThinkingSwitch.REASONING_OBJECT,
    budget_field="max_tokens",
    reasoning_field="reasoning",
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    search=Search.PLUGIN,
    completions=True,
    user_field="user",
    abilities={
        "documents": True,
        "fetches_documents": True,
        "top_k": True,
        "thinking": _SWITCHED,
        "efforts": ("minimal", "low", "medium", "high", "xhigh"),
        "server_tools": ("web_search",),
    },
    models=(ModelRow("anthropic/*", {"cache_marks": True}),),
)

GROQ: Final = Vendor(
    "groq",
    base_url="https://api.groq.com/openai/v1",
    hosts=("api.groq.com",),
    max_tokens_field="max_completion_tokens",
    thinking_switch=ThinkingSwitch.REASONING_EFFORT,
    think_tags=True,
    embeddings=False,
    user_field="user",
    service_tiers=(("auto", "auto"), ("standard", "on_demand"), ("flex", "flex")),
    knobs=("seed",),
    models=(ModelRow("*qwen3-32b", {"thinking": _OFF, "efforts": ()}),),
)

MISTRAL: Final = Vendor(
    "mistral",
    base_url="https://api.mistral.ai/v1",
    hosts=("api.mistral.ai",),
    include_usage=False,
    user_after_tool=False,
    # "Assistant message must have either content or tool_calls, but not none."
    empty_content=False,
    thinking_switch=ThinkingSwitch.REASONING_EFFORT,
    required_word="any",
    continuation=Continuation.PREFIX,
    knobs=("seed", "presence_penalty", "frequency_penalty", "prediction"),
    seed_field="random_seed",
    abilities={
        "prefill": True,
        "max_temperature": 1.5,
        "tool_id_pattern": r"[a-zA-Z0-9]{9}",
        "tool_id_chars": 9,
    },
    models=(
        ModelRow("mistral-small-latest", {"thinking": _OFF, "efforts": ("high",)}),
        ModelRow("mistral-small-26*", {"thinking": _OFF, "efforts": ("high",)}),
    ),
)

_LOCAL: Final[Mapping[str, Any]] = {"fetches_urls": False, "alternating_turns": True, "top_k": True}

OLLAMA: Final = Vendor(
    "ollama",
    base_url="http://127.0.0.1:11434/v1",
    hosts=("ollama.com",),
    port=11434,
    thinking_switch=ThinkingSwitch.REASONING_EFFORT,
    reasoning_field="reasoning",
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    think_tags=True,
    completions=True,
    knobs=("seed", "presence_penalty", "frequency_penalty"),
    abilities={**_LOCAL, "top_k": False, "forced_tools": False},
    # Others are refused: "MODEL does not support thinking".
    models=tuple(
        ModelRow(pattern, {"thinking": _SWITCHED, "efforts": ("low", "medium", "high")})
        for pattern in ("qwen3", "qwen3:*", "qwen3.5*", "deepseek-r1*", "deepseek-v3.1*")
    ),
)

VLLM: Final = Vendor(
    "vllm",
    base_url="http://127.0.0.1:8000/v1",
    port=8000,
    thinking_switch=ThinkingSwitch.CHAT_TEMPLATE,
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    continuation=Continuation.CONTINUE_FINAL,
    think_tags=True,
    completions=True,
    abilities={**_LOCAL, "fetches_urls": True, "prefill": True, "thinking": _SWITCHED},
    models=(
        ModelRow("*deepseek*", {}, {"template_key": "thinking"}),
        ModelRow("*kimi*", {}, {"template_key": "thinking"}),
    ),
)

LLAMACPP: Final = Vendor(
    "llamacpp",
    base_url="http://127.0.0.1:8080/v1",
    port=8080,
    thinking_switch=ThinkingSwitch.CHAT_TEMPLATE,
    reasoning_back=ReasoningBack.WHEN_KNOWN,
    continuation=Continuation.IMPLICIT,
    think_tags=True,
    completions=True,
    abilities={**_LOCAL, "prefill": True, "thinking": _SWITCHED},
)

LMSTUDIO: Final = Vendor(
    "lmstudio",
    base_url="http://127.0.0.1:1234/v1",
    port=1234,
    # "Invalid tool_choice type: 'object'" (lmstudio-ai/lmstudio-bug-tracker#670)
    named_choice=False,
    think_tags=True,
    completions=True,
    abilities={**_LOCAL, "json_object": False},
)

GENERIC: Final = Vendor("generic", think_tags=True)

VENDORS: Final[Mapping[str, Vendor]] = {
    vendor.name: vendor
    for vendor in (
        OPENAI,
        SILICONFLOW,
        DEEPSEEK,
        ZHIPU,
        MOONSHOT,
        QWEN,
        OPENROUTER,
        GROQ,
        MISTRAL,
        OLLAMA,
        VLLM,
        LLAMACPP,
        LMSTUDIO,
        GENERIC,
    )
}


def vendor_named(name: str) -> Vendor:
    """Raises `ValueError` that names the choices."""
    try:
        return VENDORS[name]
    except KeyError:
        raise ValueError(
            f"unknown vendor {name!r}: use one of {', '.join(VENDORS)}, or leave it out and give base_url"
        ) from None


def vendor_for(base_url: str) -> Vendor:
    """Whose API is at an address: by its host name, or by its port where it is on this machine. Else `generic`."""
    parts = urlsplit(base_url if "//" in base_url else f"//{base_url}")
    host = (parts.hostname or "").lower()
    for vendor in VENDORS.values():
        if any(host == known or host.endswith(f".{known}") for known in vendor.hosts):
            return vendor
    if host in _LOOPBACK:
        for vendor in VENDORS.values():
            if vendor.port is not None and vendor.port == _port(parts.netloc):
                return vendor
    return GENERIC


def _port(netloc: str) -> int | None:
    digits = netloc.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else None
