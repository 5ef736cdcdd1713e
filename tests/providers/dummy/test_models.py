import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.dummy.models import MODELS, choose


@pytest.mark.parametrize(
    ("name", "row", "numbers"),
    [
        ("dummy", "dummy", ()),
        ("Dummy-Text", "dummy-text", ()),
        ("dummy-silent-40", "dummy-silent-N", (40.0,)),
        ("dummy-silent-0.5", "dummy-silent-N", (0.5,)),
        ("dummy-long-10", "dummy-long-N", (10.0,)),
        ("dummy-429-30", "dummy-429-N", (30.0,)),
        ("dummy-usage-1-2-3-4", "dummy-usage-I-R-W-O", (1.0, 2.0, 3.0, 4.0)),
        ("dummy-compact-500", "dummy-compact-N", (500.0,)),
        ("claude-opus-5-5", "dummy", ()),
        ("claude-3-5-haiku-20241022", "dummy", ()),
        ("anthropic/claude-sonnet-5-5", "dummy", ()),
        ("gpt-5.6", "dummy", ()),
        ("o3-mini", "dummy", ()),
    ],
)
def test_names(name: str, row: str, numbers: tuple[float, ...]) -> None:
    chosen = choose(name)
    assert (chosen.name, chosen.numbers) == (row, numbers)
    assert chosen.script is MODELS[row].script


@pytest.mark.parametrize(
    "name", ["dummy-nonsense", "dummy-silent", "dummy-silent-x", "dummy-usage-1-2", "clauded", "llama-4", ""]
)
def test_an_unknown_name_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(BadRequest) as caught:
        choose(name)
    assert caught.value.kind is Kind.MODEL_NOT_FOUND
    assert "dummy-thinking" in caught.value.message


def test_a_near_miss_is_helped() -> None:
    with pytest.raises(BadRequest, match="did you mean dummy-thinking"):
        choose("dummy-thinkin")


@pytest.mark.parametrize("name", MODELS)
def test_every_row_is_described(name: str) -> None:
    assert MODELS[name].description
    assert name == "dummy" or name.startswith("dummy-")
