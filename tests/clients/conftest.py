"""One gateway and its simulated upstreams for all tests of this folder, and every official SDK as a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from clients.asking import CHAT_SDKS, MESSAGES_SDKS, SDKS, Asker
from clients.running import NO_REST, RunningGateway
from clients.stage import Stage
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]
PROFILES = (
    "openai",
    "deepseek",
    "siliconflow",
    "mistral",
    "moonshot",
    "strict_template",
    "deepseek_thinking",
    "openai_reasoning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs an SDK or the CLI is a judge's, and slow."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.judge)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def vendors(stage: Stage) -> Mapping[str, OpenAIVendor]:
    """A simulated vendor of each kind of strictness, by profile."""
    names = {"gpt-5.6": "sim-text"}
    return {
        profile: stage.play(lambda profile=profile: OpenAIVendor(profile, aliases=names))
        for profile in PROFILES
    }


@pytest.fixture(scope="session")
def vendor(vendors: Mapping[str, OpenAIVendor]) -> OpenAIVendor:
    """The one behind most providers of the shared gateway."""
    return vendors["openai"]


@pytest.fixture(scope="session")
def claude_api(stage: Stage) -> AnthropicApi:
    return stage.play(AnthropicApi)


@pytest.fixture(scope="session")
def gateway(
    vendors: Mapping[str, OpenAIVendor], claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """The gateway most tests share; each provider of it is one way to reach a simulated upstream."""

    def at(profile: str, **settings: object) -> Json:
        return {"base_url": vendors[profile].base_url, "api_key": vendors[profile].key, **settings}

    providers = {
        "vendor": at("openai"),
        "openai": at("openai", vendor="openai"),
        "deepseek": at("deepseek", vendor="deepseek"),
        "deepthink": at("deepseek_thinking", vendor="deepseek"),
        "reasoning": at("openai_reasoning", vendor="openai"),
        "siliconflow": at("siliconflow", vendor="siliconflow"),
        "mistral": at("mistral", vendor="mistral"),
        "moonshot": at("moonshot", vendor="moonshot"),
        "vllm": at("strict_template", vendor="vllm"),
        "thinktags": at("openai", think_tags=True),
        "glued": at("openai", quirks={"buffer_tool_args": True}),
        "blind": at("openai", capabilities={"*": {"vision": False}}),
        "strict": at("openai", capabilities={"*": {"vision": False}}, loss_policy="strict"),
        "impatient": at("openai", first_byte_timeout_s=1, idle_timeout_s=1, timeout_s=1),
        "mapped": at("openai", models={"claude-mapped": "sim-echo", "gpt-mapped": "sim-echo"}),
        "badkey": at("openai") | {"api_key": "sk-not-this-one"},
        "unreachable": {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-nobody", "connect_timeout_s": 2},
        "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
        "dummy": {"type": "dummy"},
    }
    configuration = {"providers": providers, "default_provider": "vendor", "accounts": NO_REST}
    with RunningGateway(configuration, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    """Starts gateways of a test's own configuration."""
    with ExitStack() as stack:

        def start(configuration: Json) -> RunningGateway:
            return stack.enter_context(RunningGateway(configuration, tmp_path_factory.mktemp("own")))

        yield start


@pytest.fixture(scope="session")
def asker() -> Iterator[Callable[[str], Asker]]:
    """The process of an SDK, by its name, started when first asked for."""
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(Asker(SDKS[name])))


@pytest.fixture(scope="session", params=MESSAGES_SDKS)
def messages_sdk(request: pytest.FixtureRequest, asker: Callable[[str], Asker]) -> Asker:
    return asker(request.param)


@pytest.fixture(scope="session", params=CHAT_SDKS)
def chat_sdk(request: pytest.FixtureRequest, asker: Callable[[str], Asker]) -> Asker:
    return asker(request.param)


@pytest.fixture(scope="session", params=list(SDKS))
def any_sdk(request: pytest.FixtureRequest, asker: Callable[[str], Asker]) -> Asker:
    return asker(request.param)
