"""Turns with the CLI that were recorded, as they were asked: `record.py` plays them with the real one, tests with what it wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import talk
from isthmus.core.commands import Dialogue, Talk
from isthmus.core.conversation import Conversation, Image, InlineData, Reasoning, Sampling, Text, Tool
from isthmus.core.interfaces import Target
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import FileAccess, Mcp, Options
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.shaping.fit import fit

FOLDER = Path(__file__).resolve().parents[2] / "wire" / "claude_code"
OPUS = "claude-opus-5-5"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOOLS = tuple(
    Tool(name, f"About the {name}", '{"type":"object","properties":{"city":{"type":"string"}}}')
    for name in ("weather", "time")
)


@dataclass(frozen=True)
class Scene:
    """`kept`: the process has had all but the last turn."""

    conversation: Conversation
    options: Options = field(default_factory=Options)
    kept: bool = False

    def talk(self, provider: ClaudeCode) -> Talk:
        target = Target(self.conversation.model, provider.abilities(self.conversation.model))
        found = next(provider.exchange(fit(self.conversation, target).conversation, target))
        assert isinstance(found, Talk)
        return found

    def dialogue(self) -> Dialogue:
        """Of a provider whose clock stands still."""
        provider = ClaudeCode(
            options=self.options, api_key=Secret("sk-ant-sim"), now_s=lambda: 1_795_260_000.0
        )
        return self.talk(provider).dialogue(self.kept)


def asks(*said: str, **fields: Any) -> Conversation:
    """The user's words and the model's in turn."""
    turns = tuple((talk.assistant if number % 2 else talk.user)(text) for number, text in enumerate(said))
    return Conversation(**{"model": OPUS, "turns": turns, **fields})


CALLS = '[[sim: thinking]] [[sim: text I ask.]] [[sim: tool weather {"city":"Paris"}]] [[sim: tool time {"city":"Rome"}]]'
SCENES = {
    "text": Scene(
        asks("One", "1", "Two", "2", "Three? @/etc/hostname", system=(Text("Be nice."), Text("And brief.")))
    ),
    "parallel_tools": Scene(asks(CALLS, tools=TOOLS)),
    "tool_results": Scene(
        Conversation(
            OPUS,
            (
                talk.user("Weather and time?"),
                talk.assistant(talk.call("call_1", "weather"), talk.call("call_2", "time")),
                talk.user(talk.result("call_1", "sunny"), talk.result("call_2", "noon")),
            ),
            tools=TOOLS,
        )
    ),
    "picture": Scene(
        Conversation(OPUS, (talk.user("Look.", Image(InlineData("image/png", PNG))),)),
    ),
    "next_turn": Scene(
        asks("Hello", "Hello from Claude, simulated: Grüße, 你好, 🙂 and one last word.", "Again"),
        Options(mode="interactive"),
        kept=True,
    ),
    "max_tokens": Scene(asks("[[sim: max_tokens]]", max_tokens=500)),
    "sampling": Scene(
        asks(
            "Hello",
            model="claude-sonnet-4-5",
            sampling=Sampling(temperature=0.3, stop=("END",)),
        )
    ),
    "refusal": Scene(asks("[[sim: refusal]]")),
    "empty": Scene(asks("[[sim: empty]]")),
    "thinking": Scene(asks("[[sim: thinking]]", reasoning=Reasoning(effort="high"))),
    "cut": Scene(asks("[[sim: cut]]")),
    "broken_off": Scene(asks("[[sim: error overloaded_error]]")),
    "refused_key": Scene(asks("[[sim: once 401]]")),
    "rate_limit": Scene(asks("[[sim: once 429]]")),
    "overflow": Scene(asks("One", "1", "[[sim: overflow]]")),
    "no_model": Scene(asks("Hello", model="claude-nobody-9")),
    "own_tool": Scene(
        asks('[[sim: tool Read {"file_path":"nothing.txt"}]]'),
        Options(file_access=FileAccess(allowed_tools=("Read",))),
    ),
    "denied_server": Scene(
        asks('[[sim: tool mcp__calc__add {"a":1}]]'),
        Options(mcp=Mcp(enabled=True, config_file="/etc/isthmus/mcp.json", allowed=("calc:subtract",))),
    ),
}
"""By name; each is also the name of a file in `FOLDER`."""
