import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.claude_web.artifacts import Artifacts, fenced


def told(artifacts: Artifacts, **given: Any) -> str | None:
    return artifacts.told(json.dumps(given))


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({"language": "python", "type": "application/vnd.ant.code"}, "python"),
        ({"type": "text/html"}, "html"),
        ({"type": "image/svg+xml", "language": None}, "svg"),
        ({"type": "application/vnd.ant.react"}, "jsx"),
        ({"type": "something/else"}, ""),
        ({"language": "evil\n```\n"}, ""),
    ],
)
def test_a_block_of_code(given: dict[str, Any], language: str) -> None:
    assert told(Artifacts(), content="x = 1", **given) == f"\n```{language}\nx = 1\n```\n"


def test_a_change_is_told_as_the_whole_that_it_makes() -> None:
    artifacts = Artifacts()
    told(artifacts, id="a", content="one two one\n", language="python")
    changed = told(artifacts, id="a", command="update", old_str="one", new_str="three")
    assert changed == "\n```python\nthree two one\n```\n"
    assert (
        told(artifacts, id="a", command="update", old_str="two", new_str="2")
        == "\n```python\nthree 2 one\n```\n"
    )


@pytest.mark.parametrize(
    "input",
    [
        "",
        "[]",
        '{"content":"x',
        '{"content":7}',
        '{"id":"unknown","old_str":"a","new_str":"b"}',
        '{"content":""}',
    ],
)
def test_nothing_to_show(input: str) -> None:
    assert Artifacts().told(input) is None


@given(st.text(alphabet="`~ab\n"))
def test_no_content_ends_its_own_block(content: str) -> None:
    first, *_, last = fenced(content).strip("\n").split("\n")
    assert last == first
    assert last not in content
