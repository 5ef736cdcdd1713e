from dataclasses import replace

import pytest

from isthmus.core.conversation import (
    CacheMark,
    Conversation,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from isthmus.providers.claude_web.conversations import Conversations, Held, digest, digest_of_answer, key_of
from isthmus.providers.claude_web.request import Continued
from providers.claude_web.stage import user


def asked(*words: str, session: str | None = "s") -> Conversation:
    return Conversation("m", user(*words), session=session)


def held(conversation: Conversation, said: str, id: str = "c", since_s: float = 0.0) -> Held:
    turns = conversation.turns
    return Held("o", Continued(id, "p", "d"), len(turns), digest(turns), digest_of_answer(said), since_s)


def kept(conversation: Conversation, said: str, most: int = 10) -> Conversations:
    store = Conversations(most)
    store.put(conversation, held(conversation, said))
    return store


def test_it_goes_on_once() -> None:
    store = kept(asked("One"), "Yes.")
    found = store.take(asked("One", "Yes.", "Two"), 0, 60)
    assert found is not None and found.continued.conversation == "c"
    assert store.take(asked("One", "Yes.", "Two"), 0, 60) is None
    assert store.over() == []


@pytest.mark.parametrize(
    "words",
    [
        ("One", "Yes.", "Two", "No.", "Three"),
        ("One", "Yes, edited.", "Two"),
        ("One",),
        ("One", "Yes."),
    ],
)
def test_what_does_not_fit_is_over(words: tuple[str, ...]) -> None:
    store = kept(asked("One"), "Yes.")
    assert store.take(asked(*words), 0, 60) is None
    assert len(store.over()) == 1 and store.over() == []


def test_another_session_or_another_beginning_is_another_conversation() -> None:
    store = kept(asked("One"), "Yes.")
    assert store.take(asked("One", "Yes.", "Two", session="t"), 0, 60) is None
    assert store.take(asked("Title?", "Yes.", "Two"), 0, 60) is None
    assert len(store) == 1 and store.over() == []
    assert key_of(asked("One", session=None)) is None
    store.put(asked("One", session=None), held(asked("One"), "Yes."))
    assert len(store) == 1


def test_it_does_not_rest_for_ever() -> None:
    store = kept(asked("One"), "Yes.")
    assert store.take(asked("One", "Yes.", "Two"), 60, 60) is None
    assert len(store.over()) == 1


def test_no_more_are_held_than_allowed() -> None:
    store = Conversations(2)
    for number in range(5):
        one = asked(f"{number}")
        store.put(one, held(one, "Yes.", id=str(number)))
    assert len(store) == 2
    assert [each.continued.conversation for each in store.over()] == ["0", "1", "2"]


def test_a_newer_one_takes_the_place_of_an_older() -> None:
    store = kept(asked("One"), "Yes.")
    store.put(asked("One"), held(asked("One"), "Yes.", id="new"))
    assert [each.continued.conversation for each in store.over()] == ["c"]


def test_marks_thoughts_and_white_space_do_not_matter() -> None:
    result = ToolResult("t", (Text("r"),))
    plain = Turn(Role.USER, (Text("One"), ToolCall("t", "f", "{}"), result))
    marked = Turn(
        Role.USER,
        (
            Thinking("hm"),
            Text("One", CacheMark.SHORT),
            ToolCall("t", "f", "{}", CacheMark.LONG),
            replace(result, parts=(Text("r", CacheMark.SHORT),)),
        ),
    )
    assert digest([plain]) == digest([marked])
    assert digest([plain]) != digest([replace(plain, role=Role.ASSISTANT)])
    assert digest_of_answer(" One\n two ") == digest_of_answer("One two")
    assert digest_of_answer("One") != digest_of_answer("Two")
