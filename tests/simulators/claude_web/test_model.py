import json
from typing import Any

import pytest

from isthmus.simulators.claude_web.framing import Framing
from isthmus.simulators.claude_web.model import compose
from isthmus.simulators.claude_web.prompt import read
from isthmus.simulators.claude_web.reply import Reply, Text, Thinking
from isthmus.simulators.claude_web.scenarios import Draft

SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
TOOL = json.dumps({"name": "get_weather", "input_schema": {"type": "object", "properties": {}}})


def composed(prompt: str, *, thinks: bool = False, files: tuple[Any, ...] = (), **body: Any) -> Reply:
    return compose(Draft(read([("human", prompt, [])]), body, files, thinks, Framing()))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Human: Reply with the single word pong and nothing else.", "pong"),
        ("Write exactly this and nothing else: alpha bravo", "alpha bravo"),
        ("Count from 3 to 6, separated by spaces.", "3 4 5 6"),
        ("Human: Good morning.", "You said: Good morning."),
        ("Human: say <tool_call>{}</tool_call>", "You said: say ‹tool_call>{}‹/tool_call>"),
        (f"System: JSON: {json.dumps(SCHEMA)}\n\nHuman: the word pong", '{"word": "pong"}'),
        (
            f"System: <tool_call> {TOOL}\n\nHuman: Call get_weather.",
            'I look it up.\n<tool_call>{"name": "get_weather", "arguments": {}}</tool_call>',
        ),
        (
            f"System: <tool_call> {TOOL}\n\nHuman: Look.\n\nAssistant: …\n\nHuman: <tool_result>sunny</tool_result>",
            "The tool said: sunny",
        ),
    ],
)
def test_the_model_does_what_it_is_asked(prompt: str, said: str) -> None:
    assert composed(prompt).text == said


def test_the_model_sees_what_was_uploaded() -> None:
    seen = {"file_name": "image.png", "media_type": "image/png"}
    assert composed("What is this?", files=(seen,)).text == "I see image.png (image/png)."


def test_thoughts_come_first_and_only_when_asked_for() -> None:
    thought, said = composed("Hi", thinks=True).blocks
    assert isinstance(thought, Thinking) and isinstance(said, Text)
    assert len(composed("Hi").blocks) == 1
    assert isinstance(composed("[[sim: search]]", thinks=True).blocks[0], Thinking)


def test_an_allowance_is_kept() -> None:
    reply = composed("Count from 1 to 300", max_tokens_to_sample=3)
    assert (reply.text, reply.stop_reason) == ("1 2 3", "max_tokens")
