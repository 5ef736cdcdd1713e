from typing import Any

import talk
from isthmus.core.conversation import Conversation, Opaque, Reasoning, Text, Thinking, Tool, Turn
from isthmus.core.interfaces import Target
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.heard import heard
from isthmus.providers.claude_code.request import Dealt, deal

MODEL = "claude-opus-5-5"


def dealt(*turns: Turn, **fields: Any) -> Dealt:
    return deal(Conversation(MODEL, turns, **fields), Target(MODEL, abilities_of(MODEL)))


def after(*turns: Turn, answer: str, **fields: Any) -> str:
    """What a process is called when it has answered."""
    found = dealt(*turns, **fields)
    return heard(found, found.messages, answer)


def before(*turns: Turn, **fields: Any) -> str:
    """What a process is looked for by."""
    found = dealt(*turns, **fields)
    return heard(found, found.messages[:-1])


HELLO = talk.user("hello")
NEXT = talk.user("and now?")


def test_the_next_turn_finds_the_process_that_heard_the_last() -> None:
    assert after(HELLO, answer="Hi there.") == before(HELLO, talk.assistant("Hi there."), NEXT)


def test_thoughts_white_space_and_cuts_do_not_matter() -> None:
    thought = Thinking("hm", Opaque("anthropic", "signature", "s"))
    blocks = talk.assistant(thought, Text("Hi "), Text("there.\n"))
    assert after(HELLO, answer="Hi there.\n") == before(HELLO, blocks, NEXT)


def test_any_other_past_is_another_conversation() -> None:
    told = after(HELLO, answer="Hi there.")
    assert told != before(HELLO, talk.assistant("Hi you."), NEXT)
    assert told != before(talk.user("hello!"), talk.assistant("Hi there."), NEXT)
    assert told != before(HELLO, talk.assistant("Hi there."), NEXT, system=(Text("Be rude."),))
    assert told != before(HELLO, talk.assistant("Hi there."), NEXT, tools=(Tool("f"),))
    assert told != before(HELLO, talk.assistant("Hi there."), NEXT, reasoning=Reasoning(effort="low"))
    assert told != before(HELLO, talk.assistant("Hi there.", talk.call("c")), talk.user(talk.result("c")))


def test_words_of_one_turn_are_not_those_of_two() -> None:
    one = dealt(talk.user("a"), talk.assistant("b"), talk.user("c"))
    assert len({heard(one, one.messages[:count]) for count in range(4)}) == 4


def test_the_same_words_to_somebody_else_are_another_conversation() -> None:
    found = dealt(HELLO)
    assert heard(found, found.messages, of="one") != heard(found, found.messages, of="other")
