"""Where a case plays: one dialect, one lane, the models at hand, and what can be seen from behind the upstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from isthmus.conformance.cast import Cast, Part, Role
from isthmus.conformance.client import Answer, Client, credentials
from isthmus.conformance.mirror import Seen, seen
from isthmus.conformance.said import Said, read
from isthmus.conformance.shapes import answer_faults, error_faults
from isthmus.conformance.subject import ENDPOINT, Api, Lane, Subject
from isthmus.conformance.verdict import Fault, Moot, require
from isthmus.dialects.anthropic.lint import RULES as MESSAGES_RULES
from isthmus.dialects.anthropic.lint import lint as lint_messages
from isthmus.dialects.openai_chat.lint import RULES as CHAT_RULES
from isthmus.dialects.openai_chat.lint import lint as lint_chat

Json = dict[str, Any]
LIMIT: Final = 1024
"""Output tokens allowed to short answers: room for a model that thinks first."""
ECHO_LIMIT: Final = 8000
_OPTIONAL: Final = ("tool_choice", "stream_options", "Unsupported parameter: 'stop'")
"""In the words of upstreams that refuse them: fields that not every model takes, and that nothing translates."""
_TOLERATED: Final = frozenset(
    rule
    for rules in (CHAT_RULES, MESSAGES_RULES)
    for rule, who in rules.items()
    if who.startswith("tolerated")
)


class Witness(Protocol):
    """Stands behind a simulated upstream."""

    async def last_body(self) -> bytes:
        """The body of the newest request, byte for byte."""
        ...

    async def departures(self) -> int:
        """How many answers were abandoned by whoever asked for them."""
        ...


@dataclass(slots=True)
class Stage:
    client: Client
    subject: Subject
    model: str
    api: Api
    lane: Lane
    cast: Cast
    limit_field: str = "max_tokens"
    """What this model calls its output allowance in Chat Completions."""
    silence_s: float = 40.0
    witness: Witness | None = None
    notes: list[str] = field(default_factory=list)

    def part(self, role: Role) -> Part:
        """Who plays the role: a scripted model, else the real one, which is asked to."""
        parts = self.cast.parts.get(role)
        return parts[0] if parts else self.real

    def scripted(self, role: Role) -> tuple[Part, ...]:
        """The models that play a role on order; a case that declares the role always finds one."""
        return self.cast.parts[role]

    @property
    def real(self) -> Part:
        return Part(self.model, scripted=False)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    # asking ----------------------------------------------------------------------------------------

    def body(
        self,
        said: str | Sequence[Json],
        part: Part | None = None,
        *,
        limit: int | None = LIMIT,
        **fields: Any,
    ) -> Json:
        """A request. The part's marker goes into the last user text; `limit=None` leaves the allowance unsaid (Chat)."""
        part = part or self.part(Role.TEXT)
        messages = [{"role": "user", "content": said}] if isinstance(said, str) else list(said)
        if part.marker:
            messages[-1] = _marked(messages[-1], part.marker)
        limited = {} if limit is None else {self._limit_name: limit}
        return {"model": part.model, **limited, "messages": messages, **fields}

    @property
    def _limit_name(self) -> str:
        return "max_tokens" if self.api is Api.MESSAGES else self.limit_field

    async def post(
        self,
        body: Json | bytes,
        *,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = {**credentials(self.api, self.subject.key), **(headers or {})}
        return await self.client.send("POST", path or ENDPOINT[self.api], data, headers=sent)

    async def plain(self, body: Json, **more: Any) -> Said:
        """The whole answer, with nothing wrong in it."""
        answer = await self.post(body, **more)
        self.require_ok(answer)
        faults = list(answer_faults(self.api, answer.json()))
        require(not faults, f"malformed answer: {'; '.join(faults)}", answer.shown)
        self._same_model(body, said := read(self.api, answer))
        return said

    async def streamed(self, body: Json, **more: Any) -> Said:
        """The whole answer as a stream that ends well, with nothing wrong in it."""
        answer = await self.post({**body, "stream": True}, **more)
        self.require_ok(answer)
        self.require_stream(answer)
        said = read(self.api, answer)
        require(said.error is None, f"the stream ends in an error: {said.error}", answer.shown)
        require(said.ended, "the stream has no end of its own", answer.shown[-200:])
        self._same_model(body, said)
        return said

    async def refused(self, body: Json | bytes, status: int | tuple[int, ...], **more: Any) -> Json:
        """The body of an error with this status, in the dialect's shape and with a request id."""
        answer = await self.post(body, **more)
        return self.require_error(answer, status)

    async def mirrored(self, said: str | Sequence[Json], **fields: Any) -> Seen:
        """What the upstream received of a request."""
        form = self.cast.echo
        assert form is not None
        part = self.scripted(Role.ECHO)[0]
        echoed = (await self.plain(self.body(said, part, limit=ECHO_LIMIT) | fields)).text
        # The marker is no part of the case, and would stand in another place next turn.
        return seen(form, echoed.replace(f" {part.marker}", "") if part.marker else echoed)

    # judging ---------------------------------------------------------------------------------------

    def require_ok(self, answer: Answer) -> None:
        if answer.status in (400, 422) and self.lane is not Lane.TRANSLATED:
            for name in _OPTIONAL:
                if name in answer.shown:
                    raise Moot(f"the upstream refuses {name}")
        require(answer.status == 200, f"status {answer.status} instead of 200", answer.shown)
        require(not answer.broken, answer.broken, answer.shown)

    def require_stream(self, answer: Answer, *, noted: bool = False) -> None:
        """Raises `Fault` unless the bytes are a legal stream of the dialect, whether it ends well or in an error.

        What official clients tolerate of an upstream, and with `noted` everything, is a note instead.
        """
        kind = answer.headers.get("content-type", "none")
        require(answer.is_stream, f"content-type is {kind!r}, not text/event-stream", answer.shown)
        body = answer.body
        problems = lint_messages(body) if self.api is Api.MESSAGES else lint_chat(body)
        for line, rule, message in ((each.line, each.rule, each.message) for each in problems):
            if noted or (self.lane is not Lane.TRANSLATED and rule in _TOLERATED):
                self.note(f"{rule}: {message}")
                continue
            lines = answer.body.splitlines()
            shown = lines[line - 1].decode(errors="replace") if line <= len(lines) else ""
            raise Fault(f"line {line} of the stream, {rule}: {message}", shown)

    def require_error(self, answer: Answer, status: int | tuple[int, ...]) -> Json:
        wanted = (status,) if isinstance(status, int) else status
        words = " or ".join(map(str, wanted))
        require(answer.status in wanted, f"status {answer.status} instead of {words}", answer.shown)
        value = answer.json()
        faults = list(error_faults(self.api, value))
        if self.lane is Lane.TRANSLATED:
            names = ("request-id", "x-request-id")
            faults += [f"no `{name}` header" for name in names if not answer.headers.get(name)]
        require(not faults, f"malformed error: {'; '.join(faults)}", answer.shown)
        error: Json = value["error"]
        return error

    def _same_model(self, body: Json, said: Said) -> None:
        """A gateway answers under the name it was asked for."""
        asked = body["model"]
        right = self.lane is not Lane.TRANSLATED or said.model == asked
        require(right, f"asked for {asked}, the answer calls itself {said.model}")


def _marked(message: Json, marker: str) -> Json:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": f"{content} {marker}"}
    return {**message, "content": [*content, {"type": "text", "text": marker}]}
