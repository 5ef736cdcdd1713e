"""Every case through a real gateway, on each kind of upstream; and upstreams judged without one."""

from __future__ import annotations

import pytest

from conformance.casts import ANTHROPIC, CLAUDE, VENDOR, Behind
from conformance.gateways import gateway
from isthmus.conformance.cast import Cast
from isthmus.conformance.client import Client
from isthmus.conformance.report import Report, told
from isthmus.conformance.run import plan, run
from isthmus.conformance.stage import Witness
from isthmus.conformance.subject import BOTH, Api, Lane, Subject
from isthmus.conformance.survey import survey
from isthmus.conformance.verdict import Failed, NotApplicable
from isthmus.core.secret import Secret
from simulators.anthropic_api import AnthropicApi
from simulators.openai_vendor import OpenAIVendor

KEY = "a-key-of-the-gateways-own"
SILENCE_S = 1.0

pytestmark = pytest.mark.slow


async def judged(
    url: str,
    *,
    model: str | None = None,
    key: str = KEY,
    cast: Cast | None = None,
    witness: Witness | None = None,
    apis: tuple[Api, ...] = BOTH,
    direct: bool = False,
    only: tuple[str, ...] = (),
    silence_s: float = SILENCE_S,
) -> tuple[Report, dict[Api, Lane]]:
    """The report of a run, every result of which cost no more requests than was said."""
    subject = Subject(url, Secret(key), model, apis=apis, direct=direct)
    async with Client(subject) as client:
        stages = await survey(client, cast=cast, silence_s=silence_s, witness=witness)
        planned = plan(stages, only=only)
        report = await run(planned)
    costs = {
        (each.case.id, each.case.title, each.stage.api.value): each.case.requests_on(each.stage)
        for each in planned.trials
    }
    for result in report.results:
        allowed = costs.get((result.id, result.title, result.dialect))
        assert allowed is None or len(result.transcript) <= allowed, (
            f"{result.id} says it makes {allowed} requests"
        )
    return report, {stage.api: stage.lane for stage in stages}


def moot(report: Report) -> set[str]:
    """Cases that applied in no dialect."""
    applied = {each.id for each in report.results if not isinstance(each.outcome, NotApplicable)}
    return {each.id for each in report.results} - applied


def failures(report: Report) -> list[str]:
    return [
        f"{each.id} {each.dialect}: {told(each)}"
        for each in report.results
        if isinstance(each.outcome, Failed)
    ]


async def test_the_dummy_provider() -> None:
    async with gateway({"dummy": {"type": "dummy"}}, api_keys=[KEY]) as url:
        report, lanes = await judged(url)
    assert lanes == {Api.MESSAGES: Lane.TRANSLATED, Api.CHAT: Lane.TRANSLATED}
    assert failures(report) == []
    assert moot(report) == {"REQ-24", "RSP-05", "STR-21"}


@pytest.mark.parametrize(
    ("profile", "vendor"),
    [
        ("openai", "openai"),
        ("strict_template", "vllm"),
        ("moonshot", "moonshot"),
        ("siliconflow", "siliconflow"),
    ],
)
async def test_a_chat_vendor(profile: str, vendor: str) -> None:
    async with OpenAIVendor(profile) as simulator:
        provider = {"base_url": simulator.base_url, "api_key": simulator.key, "vendor": vendor}
        async with gateway({"vendor": provider}, api_keys=[KEY]) as url:
            report, lanes = await judged(url, model="sim-text", cast=VENDOR, witness=Behind(simulator))
    assert lanes == {Api.MESSAGES: Lane.TRANSLATED, Api.CHAT: Lane.RAW}
    assert failures(report) == []
    assert moot(report) <= {"REQ-03", "REQ-07", "REQ-08", "REQ-16", "REQ-17", "REQ-26"}


async def test_anthropic() -> None:
    async with AnthropicApi() as api:
        provider = {"type": "anthropic", "base_url": api.base_url, "api_key": api.key}
        async with gateway({"anthropic": provider}, api_keys=[KEY]) as url:
            report, lanes = await judged(url, model=CLAUDE, cast=ANTHROPIC, witness=Behind(api))
    assert lanes == {Api.MESSAGES: Lane.RAW, Api.CHAT: Lane.TRANSLATED}
    assert failures(report) == []
    assert moot(report) == {
        "REQ-02",
        "REQ-04",
        "REQ-05",
        "REQ-06",
        "REQ-14",
        "REQ-15",
        "REQ-28",
        "RSP-05",
    }


async def test_upstreams_without_a_gateway() -> None:
    async with OpenAIVendor() as vendor:
        report, lanes = await judged(
            vendor.base_url, model="sim-text", key=vendor.key, cast=VENDOR, direct=True, apis=(Api.CHAT,)
        )
        assert (lanes, failures(report), report.ok) == ({Api.CHAT: Lane.DIRECT}, [], True)
    async with AnthropicApi() as api:
        report, lanes = await judged(api.base_url, model=CLAUDE, key=api.key, cast=ANTHROPIC, direct=True)
        assert (lanes, failures(report), report.ok) == ({Api.MESSAGES: Lane.DIRECT}, [], True)


async def test_an_ordinary_model_is_judged_as_far_as_it_goes() -> None:
    """Under another name the dummy is a model like any other, of which nothing can be had on order."""
    async with gateway({"dummy": {"type": "dummy"}}, api_keys=[KEY]) as url:
        report, _ = await judged(url, model="gpt-5.6")
    assert failures(report) == []
    live = {
        "REQ-15",
        "REQ-19",
        "REQ-25",
        "REQ-26",
        "REQ-27",
        "REQ-28",
        "RSP-01",
        "RSP-02",
        "RSP-03",
        "STR-01",
    }
    live |= {"ERR-05", "ERR-06", "AUX-01", "AUX-02", "AUX-03", "AUX-04"}
    assert {each.id for each in report.results} - moot(report) == live
