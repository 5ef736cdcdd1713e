from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation
from isthmus.core.interfaces import CHAT, MESSAGES, ModelInfo, Shaped, Target
from isthmus.core.losses import Policy


def test_defaults_repair_rather_than_refuse() -> None:
    assert Target("m", Abilities()).policy is Policy.REPAIR


def test_a_shaped_conversation_has_nothing_to_undo_unless_it_says_so() -> None:
    shaped = Shaped(Conversation("m", ()))
    assert shaped.losses == ()
    assert shaped.original_tool_names == {}


def test_dialects_have_names_of_their_own() -> None:
    assert MESSAGES != CHAT
    assert ModelInfo("m").context_window is None
