import json

import talk
from isthmus.core.conversation import Conversation, Opaque, Thinking, Tool
from isthmus.core.interfaces import Target
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.request import deal
from isthmus.providers.claude_code.transcript import session_named, transcript

MODEL = "claude-opus-5-5"


def test_a_transcript_is_a_chain_of_what_was_said() -> None:
    thought = Thinking("hm", Opaque("anthropic", "signature", "c2ln"))
    turns = (
        talk.user("Weather? @/etc/passwd"),
        talk.assistant(thought, talk.call("call_1", "weather")),
        talk.user(talk.result("call_1", "sunny")),
        talk.assistant("Sunny."),
    )
    messages = deal(
        Conversation(MODEL, turns, tools=(Tool("weather"),)), Target(MODEL, abilities_of(MODEL))
    ).messages
    session = session_named("a name")
    written = transcript(messages, MODEL, session)
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["type"] for line in lines] == ["user", "assistant", "user", "assistant"]
    assert [line["parentUuid"] for line in lines] == [None, *(line["uuid"] for line in lines[:-1])]
    assert {line["sessionId"] for line in lines} == {str(session)}
    assert lines[1]["message"]["model"] == MODEL
    assert [block["type"] for block in lines[1]["message"]["content"]] == ["thinking", "tool_use"]
    assert lines[2]["message"] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "sunny"}]}
        ],
    }
    assert transcript(messages, MODEL, session) == written
    assert transcript(messages, MODEL, session_named("another")) != written
