from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.errors import BadRequest
from isthmus.core.interfaces import ModelInfo
from isthmus.dialects.openai_chat.models import MAX_LIMIT, model_object, models_page

FIVE = [ModelInfo(id) for id in "abcde"]


def page(models: list[ModelInfo], **asked: Any) -> dict[str, Any]:
    return dict(json.loads(models_page(models, **asked)))


def ids(answer: dict[str, Any]) -> str:
    return "".join(each["id"] for each in answer["data"])


def test_one_model_in_the_words_of_both_families() -> None:
    """AUX-01"""
    info = ModelInfo("vendor/large", "Large", 1_763_700_000, "vendor", 200_000, 8_192)
    assert json.loads(model_object(info)) == {
        "id": "vendor/large",
        "type": "model",
        "object": "model",
        "created": 1_763_700_000,
        "owned_by": "vendor",
        "display_name": "Large",
        "created_at": "2025-11-21T04:40:00Z",
        "lifecycle": "active",
        "max_input_tokens": 200_000,
        "max_tokens": 8_192,
    }


def test_what_is_not_known_is_not_made_up() -> None:
    told = json.loads(model_object(ModelInfo("m")))
    assert (told["display_name"], told["created_at"]) == ("m", "1970-01-01T00:00:00Z")
    assert told["max_input_tokens"] is told["max_tokens"] is None


def test_without_a_limit_everything_is_on_one_page() -> None:
    answer = page(FIVE)
    assert ids(answer) == "abcde"
    assert answer["object"] == "list"
    assert (answer["has_more"], answer["first_id"], answer["last_id"]) == (False, "a", "e")


def test_no_models() -> None:
    assert page([], limit=5) == {
        "object": "list",
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


@pytest.mark.parametrize(
    ("asked", "found", "more"),
    [
        ({"limit": 2}, "ab", True),
        ({"limit": "5"}, "abcde", False),
        ({"limit": 2, "after_id": "b"}, "cd", True),
        ({"limit": 2, "after_id": "c"}, "de", False),
        ({"after_id": "e"}, "", False),
        ({"limit": 2, "before_id": "d"}, "bc", True),
        ({"limit": 2, "before_id": "c"}, "ab", False),
        ({"before_id": "c"}, "ab", False),
    ],
)
def test_pages(asked: dict[str, Any], found: str, more: bool) -> None:
    answer = page(FIVE, **asked)
    assert (ids(answer), answer["has_more"]) == (found, more)


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1, "0", "1001", "many", "1.5", ""])
def test_a_limit_has_bounds(limit: int | str) -> None:
    with pytest.raises(BadRequest) as caught:
        models_page(FIVE, limit=limit)
    assert caught.value.field == "limit"


@pytest.mark.parametrize("field", ["after_id", "before_id"])
def test_a_cursor_is_a_model_of_the_list(field: str) -> None:
    with pytest.raises(BadRequest, match="'x' is not in the list") as caught:
        models_page(FIVE, **{field: "x"})
    assert caught.value.field == field


@given(st.integers(0, 12), st.integers(1, 5))
def test_pages_in_a_row_are_the_whole_list(count: int, limit: int) -> None:
    models = [ModelInfo(str(number)) for number in range(count)]
    seen: list[str] = []
    after = None
    while True:
        answer = page(models, limit=limit, after_id=after)
        seen += [each["id"] for each in answer["data"]]
        after = answer["last_id"]
        if not answer["has_more"]:
            break
    assert seen == [info.id for info in models]
