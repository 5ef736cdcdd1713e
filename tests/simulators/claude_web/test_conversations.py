import pytest

from isthmus.simulators.claude_web.conversations import LONGEST, ROOT, Conversation, Conversations, Message
from isthmus.simulators.claude_web.refusals import Refusal


def conversation() -> Conversation:
    """Two answers to one question, the second of them followed by another question and its answer."""
    made = Conversation("c", "org", "", "now")
    for uuid, parent, sender in (
        ("h1", ROOT, "human"),
        ("a1", "h1", "assistant"),
        ("a2", "h1", "assistant"),
        ("h2", "a2", "human"),
        ("a3", "h2", "assistant"),
    ):
        made.add(Message(uuid, parent, sender, uuid, "now"))
    return made


def test_the_path_to_a_leaf_leaves_other_branches_out() -> None:
    made = conversation()
    assert [each.uuid for each in made.path("a3")] == ["h1", "a2", "h2", "a3"]
    assert [each["uuid"] for each in made.tree(whole=False)["chat_messages"]] == ["h1", "a2", "h2", "a3"]
    assert [each["index"] for each in made.tree(whole=True)["chat_messages"]] == [0, 1, 2, 3, 4]


def test_the_next_message_follows_an_answer() -> None:
    made = conversation()
    assert made.parent_for(None) == "a3"
    assert made.parent_for("a1") == "a1"
    assert made.parent_for(ROOT) == ROOT
    for wrong in ("h1", "nobody"):
        with pytest.raises(Refusal):
            made.parent_for(wrong)


def test_a_message_is_added_once() -> None:
    with pytest.raises(Refusal) as refused:
        conversation().add(Message("a1", "h1", "assistant", "", "now"))
    assert refused.value.status == 409


def test_temporary_conversations_are_kept_and_not_listed() -> None:
    mine = Conversations()
    mine.add(Conversation("one", "org", "", "now"))
    mine.add(Conversation("two", "org", "", "now", is_temporary=True))
    mine.add(Conversation("three", "elsewhere", "", "now"))
    mine.add(Conversation("four", "org", "", "now"))
    assert [each["uuid"] for each in mine.listed("org")] == ["four", "one"]
    assert mine.get("org", "two").is_temporary


def test_one_uuid_is_one_conversation_until_it_is_deleted() -> None:
    mine = Conversations()
    mine.add(Conversation("one", "org", "", "now"))
    with pytest.raises(Refusal) as twice:
        mine.add(Conversation("one", "elsewhere", "", "now"))
    mine.delete("org", "one")
    with pytest.raises(Refusal) as gone:
        mine.delete("org", "one")
    assert (twice.value.status, gone.value.status) == (409, 404)
    assert mine.find("org", "one") is None


def test_the_oldest_conversations_go_when_there_are_too_many() -> None:
    mine = Conversations(kept=2)
    for uuid in ("one", "two", "three"):
        mine.add(Conversation(uuid, "org", "", "now"))
    assert [each.uuid for each in mine] == ["two", "three"]


def test_the_oldest_conversations_go_when_too_much_was_said() -> None:
    mine = Conversations(kept_characters=100)
    for uuid in ("one", "two", "three"):
        talk = Conversation(uuid, "org", "", "now")
        talk.add(Message("m", ROOT, "human", "x" * 30, "now", ({"extracted_content": "y" * 10},)))
        mine.add(talk)
    assert [each.uuid for each in mine] == ["two", "three"]


def test_a_conversation_is_full_at_some_time() -> None:
    talk = Conversation("c", "org", "", "now")
    for number in range(LONGEST):
        talk.add(Message(str(number), ROOT, "assistant", "", "now"))
    with pytest.raises(Refusal, match="as many as it takes"):
        talk.parent_for(None)
