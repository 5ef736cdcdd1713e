import copy
import json
import pickle

import pytest

from isthmus.core.secret import Secret

HIDDEN = "sk-very-private"


@pytest.mark.parametrize(
    "shown", [repr, str, "{}".format, "{!r}".format, lambda secret: f"{secret}", lambda secret: f"{[secret]}"]
)
def test_no_way_of_printing_shows_it(shown: object) -> None:
    assert HIDDEN not in shown(Secret(HIDDEN))  # type: ignore[operator]


def test_it_is_no_json_and_leaves_only_by_reveal() -> None:
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(HIDDEN)})
    assert Secret(HIDDEN).reveal() == HIDDEN
    assert not hasattr(Secret(HIDDEN), "__dict__")


def test_comparing_is_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("ключ").matches("ключ")
    assert not Secret("a").matches("")


def test_an_empty_one_is_false_and_says_so() -> None:
    assert not Secret("")
    assert Secret("x")
    assert repr(Secret("")) == "Secret()"
    assert str(Secret("")) == ""


def test_copies_keep_the_secret_secret() -> None:
    for twin in (copy.copy(Secret(HIDDEN)), pickle.loads(pickle.dumps(Secret(HIDDEN)))):
        assert twin == Secret(HIDDEN)
        assert HIDDEN not in repr(twin)
