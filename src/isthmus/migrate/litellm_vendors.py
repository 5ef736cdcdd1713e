"""LiteLLM's vendor prefixes, and what each becomes here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.migrate.upstreams import ANTHROPIC, OPENAI


@dataclass(frozen=True, slots=True)
class Row:
    """One prefix. At most one of `off` and `left_out` is set."""

    type: str = OPENAI
    vendor: str | None = None
    """Name of our own record, which has the address."""
    base_url: str | None = None
    """The vendor's address where our record has none or another."""
    key_variables: tuple[str, ...] = ()
    """Where LiteLLM looks for the key when the file has none."""
    base_variables: tuple[str, ...] = ()
    off: str | None = None
    """Why it is stored switched off."""
    left_out: str | None = None
    is_keyless: bool = False
    """A server of one's own, which may want no key."""
    appended: str = ""
    """Missing at the end of the address, as LiteLLM uses another API of the same server."""


_NO_CHAT: Final = "the legacy completions API is no chat: use a chat model"
_LOGIN: Final = "a login made for the vendor's own client is not carried: make an API key with the vendor and add an account"
_NO_WAY: Final = "this version does not speak {}'s API: use the vendor's OpenAI-compatible endpoint, if it has one, and switch it on"


def _vendor(name: str | None, variable: str, *more: str) -> Row:
    return Row(vendor=name, key_variables=(variable, *more))


_ROWS: Final[Mapping[str, Row]] = {
    "anthropic": Row(
        ANTHROPIC,
        key_variables=("ANTHROPIC_API_KEY",),
        base_variables=("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
    ),
    "openai": Row(
        vendor="openai",
        key_variables=("OPENAI_API_KEY",),
        base_variables=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    ),
    "custom_openai": _vendor(None, "OPENAI_API_KEY"),
    "openai_like": _vendor(None, "OPENAI_LIKE_API_KEY"),
    "litellm_proxy": Row(
        key_variables=("LITELLM_PROXY_API_KEY",), base_variables=("LITELLM_PROXY_API_BASE",)
    ),
    "hosted_vllm": Row(
        key_variables=("HOSTED_VLLM_API_KEY",), base_variables=("HOSTED_VLLM_API_BASE",), is_keyless=True
    ),
    "vllm": Row(is_keyless=True),
    "lm_studio": Row(
        key_variables=("LM_STUDIO_API_KEY",), base_variables=("LM_STUDIO_API_BASE",), is_keyless=True
    ),
    "llamafile": Row(
        key_variables=("LLAMAFILE_API_KEY",), base_variables=("LLAMAFILE_API_BASE",), is_keyless=True
    ),
    "docker_model_runner": Row(base_variables=("DOCKER_MODEL_RUNNER_API_BASE",), is_keyless=True),
    "deepseek": _vendor("deepseek", "DEEPSEEK_API_KEY"),
    "openrouter": _vendor("openrouter", "OPENROUTER_API_KEY", "OR_API_KEY"),
    "groq": _vendor("groq", "GROQ_API_KEY"),
    "mistral": _vendor("mistral", "MISTRAL_API_KEY"),
    "moonshot": _vendor("moonshot", "MOONSHOT_API_KEY"),
    "dashscope": _vendor("qwen", "DASHSCOPE_API_KEY"),
    "zai": Row(vendor="zhipu", base_url="https://api.z.ai/api/paas/v4", key_variables=("ZAI_API_KEY",)),
    "xai": _vendor(None, "XAI_API_KEY"),
    "cerebras": _vendor(None, "CEREBRAS_API_KEY"),
    "fireworks_ai": _vendor(None, "FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "together_ai": _vendor(None, "TOGETHERAI_API_KEY", "TOGETHER_API_KEY"),
    "deepinfra": _vendor(None, "DEEPINFRA_API_KEY"),
    "nvidia_nim": _vendor(None, "NVIDIA_NIM_API_KEY"),
    "perplexity": _vendor(None, "PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "novita": _vendor(None, "NOVITA_API_KEY"),
    "sambanova": _vendor(None, "SAMBANOVA_API_KEY"),
    "volcengine": _vendor(None, "VOLCENGINE_API_KEY", "ARK_API_KEY"),
    "modelscope": _vendor(None, "MODELSCOPE_API_KEY"),
    "github": _vendor(None, "GITHUB_API_KEY"),
    **dict.fromkeys(
        ("ollama", "ollama_chat"),
        Row(
            vendor="ollama",
            base_url="http://localhost:11434/v1",
            key_variables=("OLLAMA_API_KEY",),
            base_variables=("OLLAMA_API_BASE",),
            is_keyless=True,
            appended="/v1",
        ),
    ),
    "text-completion-openai": Row(left_out=_NO_CHAT),
    **dict.fromkeys(("chatgpt", "github_copilot", "cursor"), Row(left_out=_LOGIN)),
}
_GUESSES: Final = (
    (re.compile(r"(?:gpt-|chatgpt-|o\d|text-embedding-)"), "openai"),
    (re.compile(r"claude-"), "anthropic"),
)
_PREFIX: Final = re.compile(r"([a-z0-9_-]+)/(.+)", re.DOTALL)
SUBSCRIPTION: Final = _LOGIN


@dataclass(frozen=True, slots=True)
class Named:
    """A model as LiteLLM names it, taken apart."""

    vendor: str
    model: str
    row: Row
    guessed: bool = False


def take_apart(model: str, provider: str | None = None) -> Named:
    """`provider` is `custom_llm_provider`, which wins over the prefix."""
    found = _PREFIX.fullmatch(model)
    if provider:
        bare = model.removeprefix(f"{provider}/")
        return Named(provider, bare, row_of(provider))
    if found is not None:
        return Named(found[1], found[2], row_of(found[1]))
    for pattern, vendor in _GUESSES:
        if pattern.match(model):
            return Named(vendor, model, row_of(vendor), guessed=True)
    said = "no vendor is named and the model's name tells none: set its type and `base_url`"
    return Named("unknown", model, Row(off=said), guessed=True)


def row_of(vendor: str) -> Row:
    return _ROWS.get(vendor) or Row(off=_NO_WAY.format(vendor))
