from isthmus.core.survey import Survey


def test_a_model_is_listed_or_not_or_nobody_knows() -> None:
    survey = Survey(models=({"id": "claude-sonnet-4.5"},))
    assert survey.lists("claude-sonnet-4.5") is True
    assert survey.lists("claude-opus-9") is False
    assert Survey().lists("claude-sonnet-4.5") is None
