import pytest

from isthmus.simulators.claude_web.plans import DEFAULT_MODEL, MODELS, TERMS, Plan


def test_only_capabilities_tell_free_from_pro() -> None:
    free, pro = TERMS[Plan.FREE], TERMS[Plan.PRO]
    assert free.tier == pro.tier
    assert set(pro.capabilities) - set(free.capabilities) == {"claude_pro"}


@pytest.mark.parametrize("plan", Plan)
def test_every_plan_can_chat_and_has_a_window_of_five_hours(plan: Plan) -> None:
    assert "chat" in TERMS[plan].capabilities
    assert TERMS[plan].allowances["5h"] > 0


def test_the_default_model_is_everybodys() -> None:
    assert next(model for model in MODELS if model.id == DEFAULT_MODEL).free
    assert len({model.id for model in MODELS}) == len(MODELS)


def test_a_model_is_listed_with_what_it_can_take() -> None:
    row = MODELS[0].row
    assert row["model"] == MODELS[0].id
    assert row["capabilities"] == {"mm_images": True, "mm_pdf": True, "web_search": True}
