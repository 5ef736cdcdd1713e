"""One turn with the CLI: set it up, tell what was said before, ask, and tell what it answers.

    new process     initialize, settings → [told lines, each waiting for its `result`] → the line to be answered
    kept process                                                                          the line to be answered
    → messages … → `result`

The answer often ends before the `result` does: where the client has tools to run, or the CLI would go on asking by itself. Then
the process is of no more use. Everything it asks meanwhile is answered here, by policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from isthmus.core.errors import UpstreamError, UpstreamProtocolError
from isthmus.core.events import KEEP_ALIVE, Event, Failed, Finished, Noted, Stop
from isthmus.core.survey import Quota
from isthmus.providers.anthropic.listen import Told
from isthmus.providers.claude_code import limits, lines, result, trouble
from isthmus.providers.claude_code.answer import Answer
from isthmus.providers.claude_code.errors import Failures, Trouble
from isthmus.providers.claude_code.history import History
from isthmus.providers.claude_code.lines import UNREADABLE, Line, Splitter, TooLong
from isthmus.providers.claude_code.permissions import Policy
from isthmus.providers.claude_code.questions import Questions
from isthmus.providers.claude_code.request import Dealt, Message
from isthmus.providers.claude_code.session import Minutes
from isthmus.providers.claude_code.tools import SERVER, ToolServer

SETTINGS: Final = "settings"
INITIALIZE: Final = "initialize"


class _At(Enum):
    SETTING_UP = "setting up"
    TELLING = "telling what was said before"
    ANSWERING = "answering"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Script:
    """What the turn is about."""

    dealt: Dealt
    history: History
    policy: Policy
    failures: Failures
    told: Told
    """Reads errors inside the model's stream."""
    original_names: Mapping[str, str]
    name_after: Callable[[str], str] | None = None
    """Of the conversation with this answer's words at its end; None where its process is not kept."""
    before: tuple[Message, ...] | None = None
    """What the CLI's session holds before this turn; None where it is not wanted afterwards."""
    resumes: bool = False
    """A new process begins with a session of the CLI, instead of what the client says was said."""


class Turn:
    """Implements `core.commands.Dialogue`."""

    def __init__(self, script: Script, *, kept: bool) -> None:
        self._script = script
        self._splitter = Splitter()
        self._questions = Questions(ToolServer(script.dealt.tools), script.policy)
        self._answer = Answer(script.told, self._questions.runs, script.original_names, script.dealt.unfenced)
        self._costs = result.Costs(began_at=None if kept else 0.0)
        self._model = script.dealt.model
        self._left = list(script.history.told)
        self._at = _At.ANSWERING if kept else _At.SETTING_UP
        self._kept = kept
        self._out: list[bytes] = []
        self._resets_at_s: float | None = None
        before = script.before
        self._minutes = None if before is None else Minutes(before, script.history.last)
        self.quotas: tuple[Quota, ...] = ()
        """Of the account, as last told."""
        self.keep_as: str | None = None

    @property
    def ended(self) -> bool:
        return self._at is _At.ENDED

    def opening(self) -> bytes:
        if self._kept:
            return self._last_line()
        dealt = self._script.dealt
        # An empty list would bring the CLI's own prompt back.
        prompt: list[str] | str = list(dealt.system) or ""
        servers = [SERVER] if self._questions.tools else []
        return lines.request(
            INITIALIZE, "initialize", systemPrompt=prompt, sdkMcpServers=servers
        ) + lines.request(SETTINGS, "apply_flag_settings", settings=dealt.settings)

    def take(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def feed(self, chunk: bytes) -> list[Event]:
        if self.ended:
            return []
        try:
            whole = self._splitter.feed(chunk)
        except TooLong as error:
            return self._fail(UpstreamProtocolError(f"the Claude Code CLI wrote {error}"))
        return [event for each in whole for event in self._read(each)]

    def close(self) -> list[Event]:
        if self.ended:
            return []
        if self._answer.stop is not None:
            return self._end(None)
        return self._fail(self._script.failures.lost(f"while {self._at.value}"))

    def _read(self, raw: bytes) -> list[Event]:
        if self.ended:
            return []
        try:
            line = lines.LINE.decode(raw)
        except UNREADABLE:
            text = "the Claude Code CLI wrote a line that is none of its protocol"
            return self._fail(UpstreamProtocolError(text, detail=raw[:200].decode("utf-8", "replace")))
        if line.parent_tool_use_id is not None:
            return [KEEP_ALIVE]  # a subagent's, which is not for our client
        match line.type:
            case "stream_event":
                return self._hear(line)
            case "control_request":
                return self._asked(line)
            case "control_response":
                return self._replied(line)
            case "result":
                return self._result(raw)
            case "assistant":
                return self._spoken(line, raw)
            case "user":
                self._note(line)
                return []
            case "system":
                return self._system(line, raw)
            case "rate_limit_event":
                return self._limits(line)
            case "tool_progress":
                return [KEEP_ALIVE]
            case _:
                return []

    def _hear(self, line: Line) -> list[Event]:
        if self._at is not _At.ANSWERING:
            return []
        if self._answer.stop is not None:
            # Another message follows, although this was the last one: it asks for more by itself.
            return self._end(None)
        said = self._answer.hear(line.event)
        if self._answer.failed:
            self._at = _At.ENDED
        elif self._answer.settled:
            said += self._end(None)
        return said

    def _spoken(self, line: Line, raw: bytes) -> list[Event]:
        found = trouble.in_words(line, raw)
        if found is None:
            self._note(line)
            return []
        if self._answer.stop is not None:
            return self._end(None)
        return self._fail(self._script.failures.of(found, self._resets_at_s))

    def _note(self, line: Line) -> None:
        if self._minutes is not None and self._at is _At.ANSWERING:
            self._minutes.hear(line)

    def _system(self, line: Line, raw: bytes) -> list[Event]:
        facts = lines.facts(raw)
        match line.subtype:
            case "init":
                self._model = facts.model or self._model
                if self._minutes is not None:
                    self._minutes.id = facts.session_id
                self._questions.own = frozenset(facts.tools or ()) - self._questions.tools.names
                return [Noted("mcp_server_failed", name) for name in lines.failed_servers(facts)]
            case "api_retry":
                return [
                    Noted("api_retry", f"{facts.error_status or 0} {facts.error or ''}".strip()),
                    KEEP_ALIVE,
                ]
            case "status" if facts.status == "compacting":
                # It would go on with a summary of its own in the place of what the client said.
                return self._fail(self._script.failures.of(Trouble("prompt is too long", status=400)))
            case "status":
                return [KEEP_ALIVE]
            case _:
                pass
        return []

    def _limits(self, line: Line) -> list[Event]:
        told = limits.read(line.rate_limit_info)
        if told is None:
            return [Noted("unreadable_rate_limit")]
        self.quotas = told.quotas or self.quotas
        self._resets_at_s = told.resets_at_s
        return []

    def _replied(self, line: Line) -> list[Event]:
        try:
            reply = lines.RESPONSE.decode(line.response)
        except UNREADABLE:
            return []
        if self._at is not _At.SETTING_UP or reply.request_id not in {INITIALIZE, SETTINGS}:
            return []
        if reply.subtype != "success":
            text = (
                f"the Claude Code CLI refused to {'start' if reply.request_id == INITIALIZE else 'be set up'}"
            )
            return self._fail(UpstreamError(text, detail=bytes(reply.error).decode("utf-8", "replace")))
        if reply.request_id != SETTINGS:
            return []
        self._tell()
        return [Noted("session_resumed")] if self._script.resumes else []

    def _result(self, raw: bytes) -> list[Event]:
        told = result.read(raw)
        if told is None:
            return self._fail(
                UpstreamProtocolError("the Claude Code CLI ended its turn in a way nobody can read")
            )
        if self._at is _At.TELLING and not told.is_error:
            self._costs.of(told)
            self._tell()
            return []
        if self._at is _At.ANSWERING and self._answer.stop is not None:
            return self._end(told)
        if self._at is _At.ANSWERING and not told.is_error and told.subtype == "success":
            return self._unstreamed(told)
        return self._fail(self._script.failures.of(trouble.in_result(told), self._resets_at_s))

    def _unstreamed(self, told: result.Result) -> list[Event]:
        """The turn is over, and its stream was not brought to an end, or there was none."""
        said: list[Event] = [Noted("no_end_of_message"), *self._answer.close()]
        if self._answer.failed:
            self._at = _At.ENDED
            return said
        if told.result and not self._answer.text:
            said += self._answer.whole(told.result)
        return [*said, *self._end(told)]

    def _asked(self, line: Line) -> list[Event]:
        out, said = self._questions.answer(line)
        self._out.append(out)
        return said

    def _tell(self) -> None:
        """As much of what was said before as may be told at once, and the question after the last of it."""
        while self._left:
            message = self._left.pop(0)
            if message.role == "user":
                self._at = _At.TELLING
                self._out.append(lines.said_by_user(message.content, query=False))
                return
            self._out.append(lines.said_by_model(message.content, self._model))
        self._at = _At.ANSWERING
        self._out.append(self._last_line())

    def _last_line(self) -> bytes:
        return lines.said_by_user(self._script.history.last.content, query=True)

    def _end(self, told: result.Result | None) -> list[Event]:
        self._at = _At.ENDED
        usage = self._answer.usage
        if told is not None:
            counted = result.usage_of(told)
            if counted is not None and (counted.output_tokens or usage is None):
                usage = counted
            if usage is not None:
                usage = replace(usage, micro_credits=self._costs.of(told))
        *said, end = self._answer.finish(usage)
        return [*said, self._considered(told, end)]

    def _considered(self, told: result.Result | None, end: Event) -> Event:
        """Only one that has settled by itself stands where the client believes it to be: its process is kept, and its session."""
        name_after = self._script.name_after
        if name_after is None or told is None or told.is_error or not isinstance(end, Finished):
            return end
        if end.reason not in {Stop.END_TURN, Stop.STOP_SEQUENCE}:
            return end
        self.keep_as = name_after(self._answer.text)
        return end if self._minutes is None else replace(end, session=self._minutes.session(self.keep_as))

    def _fail(self, error: UpstreamError) -> list[Event]:
        self._at = _At.ENDED
        return [Failed(error)]
