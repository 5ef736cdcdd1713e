"""The provider and the simulated service in one process, without sockets: exchanges are driven step by step."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from isthmus.core.commands import (
    Authorize,
    Call,
    Errand,
    Exchange,
    Grant,
    Head,
    Keep,
    Later,
    Pause,
    Reply,
    Rest,
    Say,
    Spare,
    Stream,
)
from isthmus.core.conversation import Conversation, Role, Text, Tool, Turn
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.core.events import Event, Failed
from isthmus.core.fold import Answer, SaidText, fold
from isthmus.core.grammar import check
from isthmus.core.interfaces import Target
from isthmus.core.logins import Steps
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.options import Options
from isthmus.providers.claude_web.provider import ClaudeWeb
from isthmus.simulators.claude_web.accounts import Account
from isthmus.simulators.claude_web.answers import Break, Malformed, Played, Silence, Whole
from isthmus.simulators.claude_web.answers import Pause as Silent
from isthmus.simulators.claude_web.clock import Clock
from isthmus.simulators.claude_web.gate import Asked, pass_through
from isthmus.simulators.claude_web.journal import Entry
from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.world import World

NOW = 1_790_000_000.0
MODEL = "claude-sonnet-4-6"
Result = TypeVar("Result")


class Script:
    """Answers given in advance, for steps that are not asked of the simulator."""

    def __init__(self, *answers: Reply | UpstreamError | Grant | None) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def play(self, steps: Generator[Any, Any, Result]) -> Result:
        try:
            self.asked.append(next(steps))
            while True:
                answer = self.answers.pop(0)
                self.asked.append(
                    steps.throw(answer) if isinstance(answer, UpstreamError) else steps.send(answer)
                )
        except StopIteration as done:
            result: Result = done.value
            return result


def reply(status: int, body: object = None, headers: dict[str, str] | None = None) -> Reply:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if headers and "content-type" in headers else {"content-type": "application/json"}
    return Reply(Head(status, {**kind, **(headers or {})}), sent)


@dataclass
class Stage:
    """One account at the simulated service."""

    options: Options = field(default_factory=lambda: Options("https://claude.test"))
    plan: str = Plan.PRO
    details: dict[str, Any] = field(default_factory=dict)
    world: World = field(default_factory=lambda: World(clock=Clock.standing(NOW)))
    allowances: dict[str, int] | None = None
    pauses: list[float] = field(default_factory=list)
    kept: list[Keep] = field(default_factory=list)
    rests: list[UpstreamError] = field(default_factory=list)
    spares: list[Spare] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)
    granted: list[Secret | None] = field(default_factory=list)
    """Tokens shown as refused, one for each time that access was asked for."""
    losses: list[str] = field(default_factory=list)
    account: Account = field(init=False)
    provider: ClaudeWeb = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.account = self.world.add_account("anna", self.plan, allowances=self.allowances)
        self.key = self.account.key
        self.provider = ClaudeWeb(
            "mine",
            self.options,
            now_s=self.world.clock.now_s,
            new_id=self.world.seeds.uuid,
            jitter=lambda: 0.5,
        )

    # Asking

    def ask(self, words: str, *tools: Tool, **more: Any) -> Answer:
        return self.say(Conversation(MODEL, user(words), tools=tools, **more))

    def say(self, asked: Conversation) -> Answer:
        """The answer to a whole conversation. Raises what a gateway would be told; errands wait for `tidy`."""
        target = Target(asked.model, self.provider.abilities(asked.model))
        return fold(self.events(self.provider.exchange(asked, target)))

    def events(self, exchange: Exchange) -> list[Event]:
        events: list[Event] = []
        answer: Any = None
        failure: UpstreamError | None = None
        while True:
            try:
                command = exchange.send(answer) if failure is None else exchange.throw(failure)
            except StopIteration:
                return events
            answer, failure = None, None
            try:
                match command:
                    case Authorize(refused):
                        self.granted.append(refused)
                        answer = self.grant()
                    case Call():
                        answer = self.call(command)
                    case Pause(seconds):
                        self.pauses.append(seconds)
                    case Stream():
                        self.losses += [str(loss) for loss in command.losses]
                        events = self.stream(command)
                    case Say(said):
                        events = list(said)
                    case Later(errand):
                        self.errands.append(errand)
                    case Keep():
                        self.kept.append(command)
                    case Rest(limited):
                        self.rests.append(limited)
                    case Spare():
                        self.spares.append(command)
                    case _:
                        raise AssertionError(command)
            except UpstreamError as error:
                failure = error

    def survey(self, steps: Steps[Result]) -> Result:
        reply: Reply | None = None
        while True:
            try:
                command = steps.send(reply)
            except StopIteration as done:
                result: Result = done.value
                return result
            reply = None
            match command:
                case Keep():
                    self.kept.append(command)
                case Call():
                    reply = self.call(command)
                case _:
                    raise AssertionError(command)

    def tidy(self) -> list[UpstreamError]:
        """Runs the errands, as a gateway does when the attempt is over; what they failed with."""
        failures: list[UpstreamError] = []
        for errand in self.errands:
            try:
                self.survey(_patient(errand, self.pauses))
            except UpstreamError as error:
                failures.append(error)
        self.errands.clear()
        return failures

    # The service

    def grant(self) -> Grant:
        return Grant("session_key", Secret(self.key), self.details)

    def call(self, call: Call) -> Reply:
        answer, head = self._answer(call)
        if isinstance(answer, Silence):
            raise UpstreamError("the upstream did not answer in time", kind=Kind.TIMEOUT)
        assert isinstance(answer, Whole)
        return Reply(head, answer.body)

    def stream(self, command: Stream) -> list[Event]:
        answer, head = self._answer(command)
        match answer:
            case Silence():
                raise UpstreamError("the upstream is silent", kind=Kind.TIMEOUT)
            case Whole() if head.status >= 400:
                raise command.classify(head, answer.body)
            case Whole() if head.status >= 300:
                raise UpstreamError(
                    "the upstream answered with a redirect", status=head.status, next=Next.OTHER_ACCOUNT
                )
            case Whole():
                decoder = command.decode(head)
                events = decoder.feed(answer.body) + decoder.close()
            case Played():
                events = self._played(command, answer, head)
        check(events)
        if isinstance(last := events[-1], Failed):
            raise last.error
        return events

    def _played(self, command: Stream, answer: Played, head: Head) -> list[Event]:
        """As the network would bring it. A connection that dies after something was said is a failure inside the answer."""
        decoder, framing, events = command.decode(head), answer.framing, list[Event]()
        for number, item in enumerate(answer.items, 1):
            match item:
                case Silent():
                    continue
                case Break(reset):
                    answer.done(False)
                    if reset:
                        raise UpstreamProtocolError("the upstream's connection broke off")
                    return events + decoder.close()
                case Malformed():
                    data = framing.malformed()
                case _:
                    data = framing.frame(item)
            ping = framing.ping("now") if framing.ping_every and number % framing.ping_every == 0 else b""
            for piece in framing.pieces(ping + data):
                events += decoder.feed(piece)
        answer.done(True)
        return events + decoder.close()

    def _answer(self, command: Call | Stream) -> tuple[Whole | Played | Silence, Head]:
        parts = urlsplit(command.url)
        assert f"{parts.scheme}://{parts.netloc}" == self.options.base_url
        headers = [*command.headers, ("user-agent", "isthmus/1")]
        entry = self.world.journal.open(NOW, command.method, parts.path, parts.query, headers)
        given = dict(command.headers)
        asked = Asked(
            command.method,
            parts.path,
            dict(parse_qsl(parts.query)),
            (given["cookie"],),
            given.get("content-type", ""),
            command.body,
        )
        outcome = pass_through(self.world, asked, entry)
        cookie = (
            {}
            if outcome.new_key is None
            else {"set-cookie": f"a=b; Path=/, sessionKey={outcome.new_key}; Path=/"}
        )
        answer = outcome.answer
        if isinstance(answer, Whole):
            return answer, Head(
                answer.status, {"content-type": answer.content_type, **answer.headers, **cookie}
            )
        return answer, Head(200, {"content-type": "text/event-stream; charset=utf-8", **cookie})

    # What happened

    def journal(self, endpoint: str) -> list[Entry]:
        return self.world.journal.of(endpoint)

    @property
    def endpoints(self) -> list[str]:
        return [str(each.endpoint) for each in self.world.journal]


def _patient(errand: Errand, pauses: list[float]) -> Steps[None]:
    """The errand without its pauses, which are noted."""
    reply: Reply | None = None
    while True:
        try:
            step = errand.send(reply)
        except StopIteration:
            return
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            reply = None
        else:
            reply = yield step


def user(*words: str) -> tuple[Turn, ...]:
    """Turns of the user and the assistant by turns."""
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(Turn(roles[at % 2], (Text(text),)) for at, text in enumerate(words))


def text_of(answer: Answer) -> str:
    return "".join(each.text for each in answer.blocks if isinstance(each, SaidText))
