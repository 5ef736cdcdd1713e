from __future__ import annotations

import pytest

from isthmus.conformance.cast import DUMMY, NOBODY, Cast, Part, Role, cast_for
from isthmus.providers.dummy.models import choose

LISTED = ["dummy", "dummy-echo", "dummy-text"]


def test_every_part_of_the_dummy_is_a_model_it_has() -> None:
    for parts in DUMMY.parts.values():
        for part in parts:
            assert choose(part.at(2).model).name != "dummy"


def test_the_dummy_plays_when_it_is_judged() -> None:
    assert cast_for(LISTED, None) is not NOBODY
    assert cast_for(LISTED, "dummy-text").parts[Role.ECHO] == (Part("dummy-echo"),)


@pytest.mark.parametrize(
    ("listed", "model"), [(["gpt-5.6"], None), (LISTED, "qwen"), (["my-dummy-echo"], None)]
)
def test_it_does_not_stand_in_for_another_model(listed: list[str], model: str | None) -> None:
    assert cast_for(listed, model) is NOBODY


def test_beside_other_providers_it_is_called_by_its_full_name() -> None:
    cast = cast_for(["qwen", "dummy/dummy-echo"], "dummy/dummy-text")
    assert cast.parts[Role.ECHO] == (Part("dummy/dummy-echo"),)
    assert cast.parts[Role.USAGE][0].tokens is not None
    assert cast_for(["qwen", "dummy/dummy-echo"], "qwen") is NOBODY


def test_a_number_goes_into_name_and_marker() -> None:
    assert Part("silent-{n}", "[[silent {n}]]").at(0.5) == Part("silent-0.5", "[[silent 0.5]]")
    assert Part("silent-{n}").at(40).model == "silent-40"


def test_nobody_plays_nothing() -> None:
    assert Cast() == NOBODY
    assert not NOBODY.parts
