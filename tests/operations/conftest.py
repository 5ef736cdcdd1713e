"""A gateway process in front of simulated upstreams, asked by hand: what an operator sees, to the last header."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from clients.running import NO_REST, RunningGateway
from clients.stage import Stage
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
Gateways = Callable[[Json], RunningGateway]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these waits for processes."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def vendor(stage: Stage) -> OpenAIVendor:
    return stage.play(OpenAIVendor)


@pytest.fixture(scope="session")
def claude_api(stage: Stage) -> AnthropicApi:
    return stage.play(AnthropicApi)


@pytest.fixture(scope="session")
def gateway(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """The gateway most tests share: no keys, every kind of provider, the vendor first."""
    at_vendor = {"base_url": vendor.base_url, "api_key": vendor.key}
    providers = {
        "vendor": at_vendor,
        "mapped": at_vendor
        | {
            "models": {
                "claude-3-5-sonnet-20241022": "sim-echo",
                "claude-*": "sim-text",
                "claude-opus-*": "sim-reasoning",
                "small": "sim-text",
            },
            "default_model": "sim-echo",
        },
        "closed": at_vendor | {"models": ["sim-long"]},
        "needy": at_vendor | {"capabilities": {"*": {"fetches_urls": False, "vision": True}}},
        "blind": at_vendor | {"capabilities": {"*": {"vision": False}}},
        "strict": at_vendor | {"capabilities": {"*": {"vision": False}}, "loss_policy": "strict"},
        "impatient": at_vendor | {"first_byte_timeout_s": 1, "idle_timeout_s": 1, "timeout_s": 1},
        "wrong-key": at_vendor | {"api_key": "sk-not-this-one"},
        "nobody": {"base_url": "http://127.0.0.1:9/v1", "connect_timeout_s": 1},
        "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
        "dummy": {"type": "dummy"},
    }
    aliases = {
        "fast": "dummy/dummy-text",
        "faster": "fast",
        "by-map": "small",
        "sonnet": "claude/claude-sonnet-5",
    }
    configuration = {
        "providers": providers,
        "accounts": NO_REST,
        "default_provider": "vendor",
        "aliases": aliases,
        "server": {"max_body_mib": 1, "cors_origins": ["https://chat.example.org"]},
    }
    with RunningGateway(configuration, tmp_path_factory.mktemp("operations")) as running:
        yield running


@pytest.fixture
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    """Starts gateways of a test's own configuration."""
    with ExitStack() as stack:

        def start(configuration: Json) -> RunningGateway:
            return stack.enter_context(RunningGateway(configuration, tmp_path_factory.mktemp("own")))

        yield start


@pytest.fixture
def wire(gateway: RunningGateway) -> Iterator[http.client.HTTPConnection]:
    """A connection on which a test writes its own headers."""
    connection = http.client.HTTPConnection(gateway.origin.removeprefix("http://"), timeout=20)
    yield connection
    connection.close()
