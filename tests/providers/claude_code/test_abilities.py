import pytest

from isthmus.core.abilities import Rule, SystemTurns
from isthmus.core.conversation import ThinkingMode
from isthmus.providers.claude_code.abilities import abilities_of


@pytest.mark.parametrize(
    "model", ["claude-opus-5-5", "claude-sonnet-4-5", "opus", "haiku", "default", "other-model"]
)
def test_what_the_cli_has_no_place_for_is_not_promised(model: str) -> None:
    able = abilities_of(model)
    assert not able.prefill
    assert not able.cache_marks
    assert not able.fetches_urls
    assert not able.fetches_documents
    assert able.server_tools == ()
    assert able.system_turns is SystemTurns.REMINDER
    assert able.alternating_turns
    assert able.home == "anthropic"
    assert able.tools and able.vision and able.documents


def test_what_a_model_takes_is_what_the_api_says_of_it() -> None:
    assert abilities_of("claude-sonnet-4-5").sampling
    assert not abilities_of("opus").sampling
    assert abilities_of("haiku").thinking == abilities_of("claude-haiku-4-5-20251001").thinking
    assert ThinkingMode.DISABLED not in abilities_of("default").thinking


def test_the_operator_has_the_last_word() -> None:
    able = abilities_of("opus", [Rule("opus", {"vision": False, "context_window": 5})])
    assert (able.vision, able.context_window) == (False, 5)
