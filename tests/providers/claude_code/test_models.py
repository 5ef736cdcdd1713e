from isthmus.providers.claude_code.models import full_name, listed


def test_short_names_stand_for_whole_ones() -> None:
    assert full_name("sonnet") == "claude-sonnet-5-5"
    assert full_name("claude-opus-4-6") == "claude-opus-4-6"


def test_the_list_has_both() -> None:
    ids = [model.id for model in listed("mine")]
    assert {"sonnet", "claude-opus-5-5"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert {model.owner for model in listed("mine")} == {"mine"}
