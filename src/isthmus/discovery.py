"""What can be used without asking anybody: for a start without a configuration.

Found are the dummy provider, vendors whose key is in the environment, and model servers that answer on their usual port of
this machine. Those are asked for their list of models and sent no credential. The first one found is meant to be the default
provider: it takes the names that nobody else knows. The dummy takes every name when it is alone, and its own otherwise, so
that nobody gets a made-up answer from a gateway that has a real model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
from pydantic import ValidationError

from isthmus.config.fields import is_loopback
from isthmus.config.problems import ConfigError, Problem
from isthmus.config.sections.provider import ProviderSettings
from isthmus.core.commands import Call, Head
from isthmus.core.errors import UpstreamError
from isthmus.transport.http import Http, Limits

PROBE_S: Final = 0.3
FOR_CLAUDE_NAMES: Final = "gpt-5.6"
"""What OpenAI is asked for when a client that knows only Claude's names comes, and nobody else could answer it."""
_OPENAI_NAMES: Final = ("gpt-*", "chatgpt-*", "o1*", "o3*", "o4*", "codex-*", "ft:*", "text-embedding-*")


@dataclass(frozen=True, slots=True)
class Found:
    """A provider that could be configured, and what gave it away (fit to be printed: never a key)."""

    name: str
    settings: ProviderSettings
    why: str


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A program that serves models, and the port it listens on unless told otherwise (each one's documentation)."""

    name: str
    title: str
    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


MODEL_SERVERS: Final = (
    ModelServer("ollama", "Ollama", 11434),
    ModelServer("lmstudio", "LM Studio", 1234),
    ModelServer("llamacpp", "llama.cpp", 8080),
    ModelServer("vllm", "vLLM", 8000),
)


@dataclass(frozen=True, slots=True)
class _Vendor:
    """A vendor whose key clients look for in the environment."""

    name: str
    type: str
    key_name: str
    url_name: str
    base_url: str
    key_prefix: str
    """How the vendor's own keys begin, to tell them from one that was made up for this gateway."""


_ANTHROPIC: Final = _Vendor(
    "anthropic",
    "anthropic",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "https://api.anthropic.com",
    "sk-ant-",
)
_OPENAI: Final = _Vendor(
    "openai", "openai-compatible", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1", "sk-"
)


class _Listed(msgspec.Struct):
    id: str


class _ModelList(msgspec.Struct):
    data: list[_Listed]


_READ_LIST: Final = msgspec.json.Decoder(_ModelList)


async def discover(
    env: Mapping[str, str],
    http: Http,
    own_port: int | None = None,
    servers: Sequence[ModelServer] = MODEL_SERVERS,
) -> list[Found]:
    """All there is, the best default first; at least the dummy.

    `own_port` is where this gateway is going to listen: nothing there is taken for an upstream. Raises `ConfigError`
    when a variable of the environment holds what cannot be used.
    """
    asked = [server for server in servers if server.port != own_port]
    lists = await asyncio.gather(*(_models_of(server, http) for server in asked))
    found: list[Found] = []
    for vendor in (_ANTHROPIC, _OPENAI):
        if each := _by_key(vendor, env, own_port, first=not found):
            found.append(each)
    for server, models in zip(asked, lists, strict=True):
        if models:
            found.append(_local(server, models, first=not found))
    found.append(_dummy(alone=not found))
    return found


async def _models_of(server: ModelServer, http: Http) -> list[str]:
    """The ids a server lists; empty when nobody answers there, or not with a list of models."""
    channel = http.channel(Limits(connect_s=PROBE_S, first_byte_s=PROBE_S, whole_s=PROBE_S))
    try:
        reply = await channel.call(
            Call("GET", f"{server.base_url}/models", (("accept", "application/json"),))
        )
        listed = _READ_LIST.decode(reply.body) if reply.head.status == 200 else _ModelList([])
    except (UpstreamError, msgspec.DecodeError):
        return []
    if _is_a_gateway(reply.head):
        return []
    return [each.id for each in listed.data if each.id]


def _is_a_gateway(head: Head) -> bool:
    """Another one of our own answers there: a model server does not name a request twice."""
    name = head.headers.get("request-id", "")
    return name.startswith("req_") and name == head.headers.get("x-request-id")


def _local(server: ModelServer, ids: list[str], *, first: bool) -> Found:
    count = "1 model" if len(ids) == 1 else f"{len(ids)} models"
    why = f"{server.title} answers on port {server.port} with {count}"
    default = None
    if first:
        default = next((id for id in ids if "embed" not in id.lower()), ids[0])
        why += f"; names it does not know get {default}"
    models = {id: id for id in ids}
    settings = ProviderSettings(base_url=server.base_url, models=models, default_model=default)
    return Found(server.name, settings, why)


def _by_key(vendor: _Vendor, env: Mapping[str, str], own_port: int | None, *, first: bool) -> Found | None:
    key = env.get(vendor.key_name, "").strip()
    address = env.get(vendor.url_name, "").strip()
    if not key:
        return None
    if _is_own(address, own_port):
        # A shell prepared for this gateway's clients: its key may be one made up for them.
        if not key.startswith(vendor.key_prefix):
            return None
        address = ""
    why = f"{vendor.key_name} and {vendor.url_name} are set" if address else f"{vendor.key_name} is set"
    models = _openai_models(first=first) if vendor is _OPENAI and not address else {}
    if "claude-*" in models:
        why += f"; Claude's names get {models['claude-*']}"
    return Found(vendor.name, _settings(vendor, key, address or vendor.base_url, models), why)


def _openai_models(*, first: bool) -> dict[str, str]:
    models = {name: name for name in _OPENAI_NAMES}
    return models | {"claude-*": FOR_CLAUDE_NAMES} if first else models


def _settings(vendor: _Vendor, key: str, base_url: str, models: dict[str, str]) -> ProviderSettings:
    given = {"type": vendor.type, "base_url": base_url, "api_key": key, "models": models}
    try:
        return ProviderSettings.model_validate(given)
    except ValidationError as error:
        raise ConfigError(_problems(vendor, error)) from None


def _problems(vendor: _Vendor, error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_input=False):
        name = vendor.key_name if each["loc"][:1] == ("api_key",) else vendor.url_name
        what = each["msg"].removeprefix("Value error, ")
        yield Problem(name, "", what, way_out="put it right in the environment, or unset it")


def _is_own(address: str, own_port: int | None) -> bool:
    """Whether a client's base URL leads to this gateway."""
    try:
        url = urlsplit(address)
        return url.port is not None and url.port == own_port and is_loopback(url.hostname or "")
    except ValueError:
        return False


def _dummy(*, alone: bool) -> Found:
    models = {} if alone else {"dummy*": "dummy*"}
    settings = ProviderSettings(type="dummy", models=models, default_model=None if alone else "dummy")
    return Found("dummy", settings, "always there: needs no key and no network")
