"""Plays the dummy provider to its end, without a server."""

from __future__ import annotations

from dataclasses import dataclass, field

from isthmus.core import grammar
from isthmus.core.commands import Pause, Say
from isthmus.core.conversation import Block, Conversation, Role, Text, Tool, ToolCall, ToolResult, Turn
from isthmus.core.events import Event
from isthmus.core.fold import Answer, SaidCall, SaidText, fold
from isthmus.core.interfaces import Target
from isthmus.providers.dummy import Dummy

WEATHER = Tool(
    "get_weather",
    schema='{"type":"object","properties":{"location":{"type":"string"},"days":{"type":"integer"}},'
    '"required":["location"]}',
)
WRITE = Tool(
    "Write",
    schema='{"type":"object","properties":{"file_path":{"type":"string"},"content":{"type":"string"}},'
    '"required":["file_path","content"]}',
)
READ = Tool(
    "Read", schema='{"type":"object","properties":{"file_path":{"type":"string"}},"required":["file_path"]}'
)
BASH = Tool(
    "Bash", schema='{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}'
)


@dataclass
class Played:
    events: list[Event] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    says: int = 0

    @property
    def answer(self) -> Answer:
        return fold(self.events)

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.answer.blocks if isinstance(block, SaidText))

    @property
    def calls(self) -> list[SaidCall]:
        return [block for block in self.answer.blocks if isinstance(block, SaidCall)]


def user(*blocks: Block | str) -> Turn:
    return Turn(Role.USER, tuple(Text(each) if isinstance(each, str) else each for each in blocks))


def asking(text: str, *tools: Tool, **more: object) -> Conversation:
    return Conversation("dummy", (user(text),), tools=tools, **more)  # type: ignore[arg-type]


def play(conversation: Conversation, model: str = "dummy") -> Played:
    """What a client would get. The stream is checked against the grammar."""
    provider = Dummy()
    played = Played()
    for command in provider.exchange(conversation, Target(model, provider.abilities(model))):
        if isinstance(command, Pause):
            played.pauses.append(command.seconds)
        else:
            assert isinstance(command, Say)
            played.says += 1
            played.events += command.events
    grammar.check(played.events)
    return played


def answered(
    conversation: Conversation, played: Played, *results: str, is_error: bool = False
) -> Conversation:
    """The conversation after the calls of an answer were run."""
    calls = tuple(ToolCall(call.id, call.name, call.arguments) for call in played.calls)
    given = tuple(
        ToolResult(call.id, (Text(text),), is_error) for call, text in zip(calls, results, strict=True)
    )
    turns = (*conversation.turns, Turn(Role.ASSISTANT, calls), Turn(Role.USER, given))
    return Conversation(conversation.model, turns, conversation.system, conversation.tools)
