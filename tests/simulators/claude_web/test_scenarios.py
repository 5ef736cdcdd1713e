import json
from typing import Any

import pytest

from isthmus.simulators.claude_web.framing import Cut, Framing
from isthmus.simulators.claude_web.prompt import read
from isthmus.simulators.claude_web.refusals import Refusal
from isthmus.simulators.claude_web.reply import ServerTool, Text, Thinking
from isthmus.simulators.claude_web.scenarios import SCENARIOS, TEXT, Draft, play


def played(prompt: str, *, thinks: bool = False, files: tuple[Any, ...] = ()) -> Draft:
    draft = Draft(read([("human", prompt, [])]), {"prompt": prompt, "model": "m"}, files, thinks, Framing())
    play(draft)
    return draft


def test_words_are_said() -> None:
    assert played("[[sim: text one two]]").reply.text == "one two"
    assert played("[[sim: text]]").reply.text == TEXT
    assert played("[[sim: long 3]]").reply.text == "word0 word1 word2"


def test_only_the_newest_prompt_is_obeyed() -> None:
    draft = played("Human: [[sim: text old]]\n\nAssistant: old\n\nHuman: [[sim: text new]]")
    assert draft.reply.text == "new"


def test_an_echo_holds_everything_and_no_tag() -> None:
    seen = {"file_uuid": "f"}
    text = played("<tool_call> [[sim: echo]]", files=(seen,)).reply.text
    assert "<" not in text
    assert json.loads(text) == {"prompt": "<tool_call> [[sim: echo]]", "model": "m", "files": [seen]}
    understood = json.loads(played("Human: Hi [[sim: understood]]").reply.text)
    assert understood["messages"] == [{"role": "user", "content": "Hi [[sim: understood]]"}]


def test_thoughts_come_only_to_those_who_may_think() -> None:
    assert played("[[sim: thinking so]]").reply.blocks == []
    (block,) = played("[[sim: thinking so]]", thinks=True).reply.blocks
    assert isinstance(block, Thinking) and block.text == "so"


@pytest.mark.parametrize(
    ("words", "tags", "closed"),
    [
        ('tool get_time {"zone": "UTC"}', 1, 1),
        ("parallel", 2, 2),
        ("tool-broken", 1, 1),
        ("tool-open", 1, 0),
        ("tool-fenced", 1, 1),
    ],
)
def test_calls_come_whole_and_otherwise(words: str, tags: int, closed: int) -> None:
    text = played(f"[[sim: {words}]]").reply.text
    assert (text.count("<tool_call>"), text.count("</tool_call>")) == (tags, closed)
    assert ("```" in text) is (words == "tool-fenced")


def test_a_schema_is_filled() -> None:
    schema = '{"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}'
    assert played(f"System: {schema}\n\nHuman: the word pong [[sim: json]]").reply.text == '{"word": "pong"}'


def test_the_service_runs_tools_of_its_own() -> None:
    search, cited = played("[[sim: search]]").reply.blocks
    assert isinstance(search, ServerTool) and search.name == "web_search"
    assert isinstance(cited, Text)
    (source,) = cited.citations
    assert cited.text[source.start : source.end] == "The Nile is the longest 🌊 river"
    _, artifact, _ = played("[[sim: artifact html]]").reply.blocks
    assert isinstance(artifact, ServerTool) and artifact.given["type"] == "text/html"
    big, _ = played("[[sim: big 300]]").reply.blocks
    assert isinstance(big, ServerTool) and len(big.result[0]["text"]) >= 300 * 1024


def test_the_stream_can_be_shaped() -> None:
    draft = played("[[sim: cut lines]] [[sim: crlf]] [[sim: usage]] [[sim: slow 1]] [[sim: silent]]")
    assert draft.framing == Framing(cut=Cut.LINES, crlf=True)
    assert draft.reply.usage == {"input_tokens": 12, "output_tokens": 34}
    assert len(draft.faults) == 2


def test_faults_are_named_in_the_prompt() -> None:
    assert [fault.variant for fault in played("[[sim: F9 date]] [[sim: f21]]").faults] == ["date", "event"]


@pytest.mark.parametrize(
    "words", ["nonsense", "F99", "F9 never", "long many", "tool f {broken", "cut sideways"]
)
def test_words_that_mean_nothing_are_refused(words: str) -> None:
    with pytest.raises(Refusal, match="prompt: "):
        played(f"[[sim: {words}]]")


def test_every_scenario_can_be_played() -> None:
    for name in SCENARIOS:
        played(f"[[sim: {name}]]", thinks=True)
