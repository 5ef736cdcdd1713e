"""What official SDKs make of an answer from the cache: the same as of the first one, in every lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from clients.asking import SDKS, Asker, Judged
from clients.running import RunningGateway
from clients.stage import asked_since
from clients.talking import tool
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

Json = dict[str, Any]
HOWS = pytest.mark.parametrize("how", ["events", "final", "plain"])
LANES = pytest.mark.parametrize(
    ("provider", "model"), [("vendor", "sim-text"), ("claude", "claude-opus-4-6"), ("dummy", "dummy-text")]
)


@pytest.fixture(scope="module")
def cached(
    vendor: OpenAIVendor, claude_api: AnthropicApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    providers: Json = {
        "vendor": {"base_url": vendor.base_url, "api_key": vendor.key},
        "claude": {"type": "anthropic", "base_url": claude_api.base_url, "api_key": claude_api.key},
        "dummy": {"type": "dummy"},
    }
    configuration = {"providers": providers, "cache": {"enabled": True}, "accounts": {"cooldowns": False}}
    with RunningGateway(configuration, tmp_path_factory.mktemp("cached")) as running:
        yield running


def hits(gateway: RunningGateway) -> Mapping[str, int]:
    return {each["provider"]: each["hits"] for each in gateway.ask("/stats").json["caches"]}


def call(sdk: Asker, gateway: RunningGateway, provider: str, how: str, **args: Any) -> Any:
    client = sdk.at(f"{gateway.origin}/{provider}")
    args.setdefault("messages", [{"role": "user", "content": f"hi, {sdk.sdk.name} {how}"}])
    if how == "events":
        args["stream"] = True
    if sdk.sdk.protocol == "anthropic":
        args.setdefault("max_tokens", 1000)
        return client.call("messages.stream" if how == "final" else "messages.create", how, **args)
    return client.call(f"chat.completions.{'stream' if how == 'final' else 'create'}", how, **args)


@HOWS
@LANES
def test_the_answer_is_the_same(
    provider: str,
    model: str,
    how: str,
    any_sdk: Asker,
    cached: RunningGateway,
    vendor: OpenAIVendor,
    claude_api: AnthropicApi,
) -> None:
    simulator = {"vendor": vendor, "claude": claude_api}.get(provider)
    first = call(any_sdk, cached, provider, how, model=model)
    asked, before = 0 if simulator is None else len(simulator.requests), hits(cached)[provider]
    again = call(any_sdk, cached, provider, how, model=model)
    assert without_request_id(again) == without_request_id(first)
    assert hits(cached)[provider] == before + 1
    assert simulator is None or asked_since(simulator, asked) == []


def without_request_id(value: Any) -> Any:
    """SDKs put the header into their own object."""
    if isinstance(value, dict):
        return {name: without_request_id(each) for name, each in value.items() if name != "_request_id"}
    return [without_request_id(each) for each in value] if isinstance(value, list) else value


@HOWS
@pytest.mark.parametrize(
    ("provider", "model", "prompt"),
    [
        ("vendor", "sim-tool", "And the weather?"),
        ("claude", "claude-opus-4-6", '[[sim: tool get_weather {"city":"Paris","days":1}]]'),
        ("dummy", "dummy-tool", "The weather in Paris"),
    ],
)
def test_calls_of_tools_are_asked_for_each_time(
    provider: str, model: str, prompt: str, how: str, any_sdk: Asker, cached: RunningGateway
) -> None:
    before = hits(cached)[provider]
    for _ in range(2):
        call(
            any_sdk,
            cached,
            provider,
            how,
            model=model,
            messages=[{"role": "user", "content": prompt}],
            tools=[tool(any_sdk.sdk.protocol)],
        )
    assert hits(cached)[provider] == before


@HOWS
def test_errors_are_asked_for_each_time(how: str, any_sdk: Asker, cached: RunningGateway) -> None:
    before = hits(cached)["dummy"]
    for _ in range(2):
        try:
            outcome = call(any_sdk, cached, "dummy", how, model="dummy-cut-text")
        except Judged:
            continue
        assert how == "events", "this one hands over what came before"
        assert outcome["error"]
    assert hits(cached)["dummy"] == before


def test_a_restart_empties_it(asker: Callable[[str], Asker], tmp_path: Path) -> None:
    """With the same database and the same requests, of every SDK."""
    configuration = {"providers": {"dummy": {"type": "dummy"}}, "cache": {"enabled": True}}
    for _ in range(2):
        with RunningGateway(configuration, tmp_path) as gateway:
            for sdk in map(asker, SDKS):
                for _ in range(2):
                    call(sdk, gateway, "dummy", "plain", model="dummy-text")
            (shown,) = gateway.ask("/stats").json["caches"]
            assert (shown["hits"], shown["misses"]) == (len(SDKS), len(SDKS))
