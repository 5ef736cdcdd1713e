"""The provider against the simulated service: real bytes over loopback, every refusal and every way an answer can break."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from isthmus.core.commands import Authorize, Call, Exchange, Grant, Pause, Stream
from isthmus.core.conversation import Conversation, Role, Text, Tool, Turn
from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.core.events import Event, Failed, Stop
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking, fold
from isthmus.core.grammar import check
from isthmus.core.interfaces import Target
from isthmus.core.logins import Steps
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.providers.amazon_q.control_calls import survey
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.provider import AmazonQ
from isthmus.routing.cooldown import CoolingReason, judge
from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.transport.http import Channel, Http, Limits

MODEL = "claude-sonnet-4.5"
CLOCK = Tool(
    "get_time", "Tells the time.", '{"type":"object","properties":{"tz":{"type":"string"}},"required":["tz"]}'
)
PLACE = Tool("get_place", "Tells the place.", '{"type":"object","properties":{"name":{"type":"string"}}}')


@dataclass
class Visit:
    """One account at the simulated service, and whoever drives its exchanges."""

    simulator: Simulator
    account: Account
    channel: Channel
    provider: AmazonQ = field(default_factory=lambda: AmazonQ("mine"))
    pauses: int = 0

    def grant(self) -> Grant:
        entry = self.simulator.entry_of(self.account)
        token = entry["credential"].get("access_token") or entry["credential"]["api_key"]
        return Grant(self.account.kind, Secret(token), entry["details"])

    @property
    def chats(self) -> int:
        return sum(each.operation == "GenerateAssistantResponse" for each in self.simulator.log)

    async def ask(
        self, words: str, *tools: Tool, model: str = MODEL, stream: bool = False, **more: Any
    ) -> Answer:
        asked = Conversation(model, (Turn(Role.USER, (Text(words),)),), tools=tools, stream=stream, **more)
        return fold(
            await self.converse(self.provider.exchange(asked, Target(model, self.provider.abilities(model))))
        )

    async def converse(self, exchange: Exchange) -> list[Event]:
        """Does what the exchange wants done. As in the gateway, a failure goes back into it while nothing was said."""
        events: list[Event] = []
        try:
            command = next(exchange)
            while True:
                try:
                    match command:
                        case Authorize():
                            command = exchange.send(self.grant())
                        case Call():
                            command = exchange.send(await self.channel.call(command))
                        case Pause():
                            self.pauses += 1
                            command = exchange.send(None)
                        case Stream():
                            events = await self.stream(command)
                            command = exchange.send(None)
                        case _:
                            raise AssertionError(command)
                except UpstreamError as error:
                    if exchange.gi_frame is None:
                        raise
                    command = exchange.throw(error)
        except StopIteration:
            return events

    async def stream(self, command: Stream) -> list[Event]:
        incoming = await self.channel.open(command)
        try:
            if incoming.head.status >= 400:
                raise command.classify(incoming.head, await incoming.read_all(65_536))
            decoder = command.decode(incoming.head)
            events: list[Event] = []
            while chunk := await incoming.read():
                events += decoder.feed(chunk)
            events += decoder.close()
        finally:
            incoming.close()
        check(events)
        if isinstance(last := events[-1], Failed):
            raise last.error
        return events

    async def survey(self) -> Survey:
        grant = self.grant()
        steps: Steps[Survey] = survey(grant, Options().of(grant.details))
        try:
            command = next(steps)
            while True:
                assert isinstance(command, Call)
                command = steps.send(await self.channel.call(command))
        except StopIteration as end:
            found = end.value
            assert isinstance(found, Survey)
            return found


@pytest.fixture(params=["builder_id", "idc", "social", "api_key"])
async def visit(request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async with Simulator([request.param]) as simulator, Http() as http:
        account = next(iter(simulator.people.accounts.values()))
        yield Visit(simulator, account, http.channel(Limits(5.0, 5.0, 5.0, 10.0)))


one_kind = pytest.mark.parametrize("visit", ["builder_id"], indirect=True)


async def test_words(visit: Visit) -> None:
    said = await visit.ask("[[sim: text Good day.]]", stream=True)
    assert said.blocks == (SaidText("Good day."),)
    assert said.reason is Stop.END_TURN
    assert said.usage is not None and said.usage.output_tokens and not said.usage.estimated
    assert said.usage.micro_credits


async def test_a_survey(visit: Visit) -> None:
    found = await visit.survey()
    assert found.problems == ()
    assert found.lists(MODEL) and found.lists("no-such-model") is False
    assert found.plan and found.quotas and found.resets_ms
    assert bool(found.profiles) is (visit.account.profile_arn is not None)


@one_kind
@pytest.mark.parametrize("stream", [True, False])
async def test_calls_and_thoughts(visit: Visit, stream: bool) -> None:
    said = await visit.ask("[[sim: thinking-tools get_time get_place]]", CLOCK, PLACE, stream=stream)
    kinds = [type(each) for each in said.blocks]
    assert kinds == [SaidThinking, SaidText, SaidCall, SaidCall]
    assert isinstance(said.blocks[0], SaidThinking) and said.blocks[0].opaque is not None
    assert said.reason is Stop.TOOL_USE


@one_kind
@pytest.mark.parametrize(
    "form",
    [
        "tool",
        "tool-no-stop",
        "tool-first-event",
        "tool-object",
        "tool-without-input",
        "interleaved",
        "bytewise",
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_calls_in_every_form(visit: Visit, form: str, stream: bool) -> None:
    order = "[[sim: tool get_time]][[sim: bytewise]]" if form == "bytewise" else f"[[sim: {form}]]"
    said = await visit.ask(order, CLOCK, PLACE, stream=stream)
    calls = [each for each in said.blocks if isinstance(each, SaidCall)]
    assert len(calls) == (2 if form == "interleaved" else 1)
    assert all(each.arguments.startswith("{") and each.arguments.endswith("}") for each in calls)
    assert said.reason is Stop.TOOL_USE


@one_kind
@pytest.mark.parametrize(
    ("order", "reason"),
    [("tool-unfinished", Stop.MAX_TOKENS), ("filtered", Stop.REFUSAL), ("length", Stop.MAX_TOKENS)],
)
async def test_why_it_stopped(visit: Visit, order: str, reason: Stop) -> None:
    assert (await visit.ask(f"[[sim: {order}]]", CLOCK)).reason is reason


@one_kind
@pytest.mark.parametrize("order", ["no-metadata", "empty-metadata", "zero-metadata"])
async def test_usage_that_was_not_measured_is_marked(visit: Visit, order: str) -> None:
    said = await visit.ask(f"[[sim: {order}]][[sim: text Hello]]")
    assert said.usage is not None and said.usage.estimated and said.usage.micro_credits


@one_kind
async def test_redacted_thoughts(visit: Visit) -> None:
    said = await visit.ask("[[sim: redacted]][[sim: text Hello]]")
    assert [type(each) for each in said.blocks] == [SaidOpaque, SaidText]


OFF, QUOTA, PACED = CoolingReason.CREDENTIAL, CoolingReason.QUOTA, CoolingReason.RATE_LIMIT
SICK, LACKING = CoolingReason.SICK, CoolingReason.NO_MODEL


@one_kind
@pytest.mark.parametrize(
    ("fault", "kind", "suffers", "chats"),
    [
        ("expired", Kind.OVERLOADED, OFF, 2),
        ("expired-401", Kind.OVERLOADED, OFF, 2),
        ("not-signed-up", Kind.PERMISSION, OFF, 1),
        ("suspended", Kind.OVERLOADED, OFF, 1),
        ("gate", Kind.PERMISSION, OFF, 1),
        ("subscription", Kind.PERMISSION, OFF, 1),
        ("customization", Kind.PERMISSION, None, 1),
        ("workspace", Kind.PERMISSION, None, 1),
        ("monthly", Kind.RATE_LIMIT, QUOTA, 1),
        ("monthly-429", Kind.RATE_LIMIT, QUOTA, 1),
        ("monthly-400", Kind.RATE_LIMIT, QUOTA, 1),
        ("overage", Kind.RATE_LIMIT, QUOTA, 1),
        ("daily", Kind.RATE_LIMIT, QUOTA, 1),
        ("conversation-limit", Kind.INVALID_REQUEST, None, 2),
        ("throttled", Kind.RATE_LIMIT, PACED, 1),
        ("throttled-after", Kind.RATE_LIMIT, PACED, 1),
        ("throttled-hour", Kind.RATE_LIMIT, PACED, 1),
        ("throttled-400", Kind.RATE_LIMIT, PACED, 1),
        ("model-full", Kind.OVERLOADED, PACED, 3),
        ("high-load", Kind.OVERLOADED, SICK, 3),
        ("model-unavailable", Kind.OVERLOADED, SICK, 3),
        ("500", Kind.UPSTREAM, SICK, 3),
        ("502", Kind.UPSTREAM, SICK, 3),
        ("503", Kind.OVERLOADED, SICK, 3),
        ("504", Kind.UPSTREAM, SICK, 3),
        ("overflow", Kind.CONTEXT_OVERFLOW, None, 1),
        ("prompt-too-long", Kind.CONTEXT_OVERFLOW, None, 1),
        ("improper", Kind.INVALID_REQUEST, None, 1),
        ("body-invalid", Kind.INVALID_REQUEST, None, 1),
        ("tool-schema", Kind.INVALID_REQUEST, None, 1),
        ("result-mismatch", Kind.INVALID_REQUEST, None, 1),
        ("signature", Kind.INVALID_REQUEST, None, 1),
        ("image", Kind.INVALID_REQUEST, None, 1),
        ("document", Kind.INVALID_REQUEST, None, 1),
        ("model-id", Kind.MODEL_NOT_FOUND, LACKING, 1),
        ("conversation-id", Kind.INVALID_REQUEST, None, 2),
        ("no-profile", Kind.OVERLOADED, OFF, 1),
        ("kms", Kind.OVERLOADED, OFF, 1),
        ("kms-409", Kind.OVERLOADED, OFF, 1),
        ("kms-mismatch", Kind.OVERLOADED, OFF, 1),
        ("404", Kind.INVALID_REQUEST, None, 1),
        ("unknown-4xx", Kind.INVALID_REQUEST, None, 1),
        ("unknown-5xx", Kind.UPSTREAM, SICK, 3),
        ("html-502", Kind.UPSTREAM, SICK, 3),
        ("html-200", Kind.UPSTREAM, SICK, 1),
        ("json-200", Kind.UPSTREAM, SICK, 1),
        ("hang-up", Kind.UPSTREAM, SICK, 3),
    ],
)
async def test_every_refusal(
    visit: Visit, fault: str, kind: Kind, suffers: CoolingReason | None, chats: int
) -> None:
    visit.account.fault = fault
    with pytest.raises(UpstreamError) as caught:
        await visit.ask("Hello")
    error = caught.value
    assert error.kind is kind
    verdict = judge(error)
    assert (None if verdict is None else verdict.reason) is suffers
    assert visit.chats == chats
    if suffers is QUOTA:
        assert error.cooldown_s is not None and error.cooldown_s >= 60
    assert visit.account.email not in error.message
    assert visit.grant().token.reveal() not in error.message + error.detail


@one_kind
@pytest.mark.parametrize(
    "fault",
    ["expired", "conversation-limit", "model-full", "500", "503", "hang-up", "html-502", "conversation-id"],
)
async def test_what_passes_is_not_seen(visit: Visit, fault: str) -> None:
    visit.account.faults.append(fault)
    assert (await visit.ask("[[sim: text Good day.]]")).blocks == (SaidText("Good day."),)
    assert visit.chats == 2


@one_kind
async def test_a_schema_that_is_refused_is_written_more_plainly(visit: Visit) -> None:
    rich = '{"type":"object","properties":{"tz":{"anyOf":[{"type":"string"},{"type":"null"}]}},"additionalProperties":false}'
    said = await visit.ask("[[sim: strict-schemas]][[sim: text Hello]]", Tool("get_time", "Tells.", rich))
    assert said.blocks == (SaidText("Hello"),)
    assert visit.chats == 2


@one_kind
@pytest.mark.parametrize(
    "order",
    [
        "exception",
        "exception-after",
        "error-frame",
        "invalid-state",
        "cut",
        "cut-at-border",
        "cut-first",
        "ends-early",
        "crc-prelude",
        "crc-message",
        "empty",
    ],
)
async def test_an_answer_that_breaks_is_never_taken_for_a_whole_one(visit: Visit, order: str) -> None:
    with pytest.raises(GatewayError):
        await visit.ask(f"[[sim: {order}]]")
    assert 1 <= visit.chats <= 3


@one_kind
async def test_thoughts_alone(visit: Visit) -> None:
    assert [type(each) for each in (await visit.ask("[[sim: only-thinking]]")).blocks] == [SaidThinking]
    assert visit.chats == 2


@one_kind
@pytest.mark.parametrize("order", ["closes", "one-piece", "bytewise", "other-events", "repeated"])
async def test_answers_in_odd_pieces(visit: Visit, order: str) -> None:
    said = await visit.ask(f"[[sim: {order}]][[sim: text Good day, good day.]]")
    text = "".join(each.text for each in said.blocks if isinstance(each, SaidText))
    assert text.endswith("Good day, good day.")
    assert said.reason is Stop.END_TURN
