"""Pointers and included files of LiteLLM's."""

from pathlib import Path

import pytest

from isthmus.migrate.haul import Report
from isthmus.migrate.litellm_values import meaning, with_includes


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("sk-a", "sk-a", None),
        ("os.environ/KEY", "sk-env", None),
        ("os.environ/EMPTY", None, "environment variable EMPTY is not set"),
        ("os.environ/MISSING", None, "environment variable MISSING is not set"),
        ("oidc/google/x", None, "another store of secrets"),
        ("x os.environ/KEY", "x os.environ/KEY", None),
    ],
)
def test_a_pointer_is_a_text_as_a_whole(text: str, value: str | None, problem: str | None) -> None:
    found = meaning(text, {"KEY": "sk-env", "EMPTY": ""})
    assert found.text == value
    assert (problem or "") in (found.problem or "")


def test_included_files_are_added_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yaml").write_text("include: [b.yaml]\nlist: [2]\nmap: {x: 2, y: 2}\nnew: 1")
    (tmp_path / "below" / "b.yaml").write_text("include: [a.yaml, ../main.yaml]\nlist: [3]")
    (tmp_path / "main.yaml").touch()
    report = Report()
    value = {"include": ["below/a.yaml", "gone.yaml"], "list": [1], "map": {"x": 1}}
    merged = with_includes(tmp_path / "main.yaml", value, report)
    assert merged == {"list": [1, 2, 3], "map": {"x": 1, "y": 2}, "new": 1}
    assert [line.what for line in report.carried] == ["include below/a.yaml", "include b.yaml"]
    assert [line.what for line in report.left_out] == ["include gone.yaml"]
