from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.config.draft import Draft
from isthmus.config.environment import fill_in, overlay
from isthmus.config.settings import Settings


def filled(text: str, env: dict[str, str]) -> tuple[object, list[str]]:
    draft = Draft({"a": {"b": [text]}})
    fill_in(draft, env)
    return draft.value(("a", "b", 0)), [each.what for each in draft.problems]


def overlaid(values: dict[str, object], env: dict[str, str]) -> Draft:
    draft = Draft(values)
    overlay(draft, Settings, env)
    return draft


@pytest.mark.parametrize(
    ("text", "env", "result"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("pre-${A}-${B}", {"A": "x", "B": ""}, "pre-x-"),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-}", {}, ""),
        ("${A:-http://h:1/}", {}, "http://h:1/"),
        ("$${A}", {"A": "x"}, "${A}"),
        ("$$${A}", {"A": "x"}, "$${A}"),
        ("$A $ {A} }", {"A": "x"}, "$A $ {A} }"),
        ("${A}", {"A": "${B}", "B": "y"}, "${B}"),
    ],
)
def test_references_are_replaced_once(text: str, env: dict[str, str], result: str) -> None:
    assert filled(text, env) == (result, [])


def test_a_missing_variable_is_named() -> None:
    assert filled("${NOPE}", {})[1] == ["environment variable NOPE is not set"]


@pytest.mark.parametrize("text", ["${", "${}", "${1A}", "${A", "${A-b}", "${A:x}"])
def test_a_malformed_reference_is_a_problem(text: str) -> None:
    assert filled(text, {"A": "x"})[1] == ["`${` without a variable's name and `}`"]


@pytest.mark.parametrize(
    ("env", "values"),
    [
        ({"ISTHMUS_SERVER__PORT": "8001"}, {"server": {"port": "8001"}}),
        ({"isthmus_server__port": "8001"}, {"server": {"port": "8001"}}),
        ({"ISTHMUS_API_KEYS": "one, two,"}, {"api_keys": ["one", "two"]}),
        ({"ISTHMUS_API_KEYS": '["a,b"]'}, {"api_keys": ["a,b"]}),
        ({"ISTHMUS_API_KEYS": "[]"}, {"api_keys": []}),
        ({"ISTHMUS_ALIASES": '{"f": "m"}'}, {"aliases": {"f": "m"}}),
        ({"ISTHMUS_ALIASES__FAST": "m"}, {"aliases": {"fast": "m"}}),
        ({"ISTHMUS_ALIASES__Fast": "m"}, {"aliases": {"Fast": "m"}}),
        ({"ISTHMUS_PROVIDERS__X__MODELS": "a,b"}, {"providers": {"x": {"models": ["a", "b"]}}}),
        ({"ISTHMUS_PROVIDERS__X__MODELS__C": "d"}, {"providers": {"x": {"models": {"c": "d"}}}}),
        ({"ISTHMUS_PROVIDERS__X__TIMEOUT": "9"}, {"providers": {"x": {"timeout_s": "9"}}}),
        ({"ISTHMUS_PROVIDERS__X__QUIRKS__A": "true"}, {"providers": {"x": {"quirks": {"a": True}}}}),
        ({"ISTHMUS_PROVIDERS__X__QUIRKS__A": "word"}, {"providers": {"x": {"quirks": {"a": "word"}}}}),
        ({"ISTHMUS_SERVER": '{"port": 1}', "ISTHMUS_SERVER__PORT": "2"}, {"server": {"port": "2"}}),
        ({"ISTHMUS_SERVER__PORT": ""}, {}),
        ({"ISTHMUS_CONFIG": "x.yaml", "PATH": "/bin"}, {}),
    ],
)
def test_variables_find_their_setting(env: dict[str, str], values: dict[str, object]) -> None:
    draft = overlaid({}, env)
    assert draft.values == values
    assert (draft.problems, draft.warnings) == ([], [])


@pytest.mark.parametrize("spelled", ["my-vendor.1", "MY_VENDOR_1", "my_vendor_1", "My-Vendor.1"])
def test_a_provider_of_the_file_is_found_however_it_is_spelled(spelled: str) -> None:
    draft = overlaid({"providers": {"My-Vendor.1": {}}}, {f"ISTHMUS_PROVIDERS__{spelled}__API_KEY": "k"})
    assert draft.values == {"providers": {"My-Vendor.1": {"api_key": "k"}}}


def test_an_exact_name_wins_over_one_that_differs_in_case() -> None:
    draft = overlaid({"providers": {"X": {}, "x": {}}}, {"ISTHMUS_PROVIDERS__x__API_KEY": "k"})
    assert draft.values == {"providers": {"X": {}, "x": {"api_key": "k"}}}


def test_the_place_of_a_value_is_its_variable() -> None:
    assert overlaid({}, {"ISTHMUS_SERVER__PORT": "x"}).place(("server", "port")) == "ISTHMUS_SERVER__PORT"


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("ISTHMUS_SEVER__PORT", "did you mean ISTHMUS_SERVER__PORT?"),
        ("ISTHMUS_PROVIDERS__X__API_KYE", "did you mean ISTHMUS_PROVIDERS__X__API_KEY?"),
        ("ISTHMUS_SERVER__PORT__X", "ignored"),
        ("ISTHMUS_QQQ", "see docs/configuration.md"),
        ("ISTHMUS_", "ignored"),
        ("ISTHMUS___", "ignored"),
        ("ISTHMUS__FILE", "ignored"),
        ("ISTHMUS_SERVER__PORT_FILE", "ignored"),
        ("ISTHMUS_PROVIDERS____API_KEY", "ignored"),
    ],
)
def test_an_unknown_variable_is_a_warning_without_its_value(variable: str, hint: str) -> None:
    draft = overlaid({}, {variable: "hunter2"})
    assert draft.values == {}
    (warning,) = draft.warnings
    assert warning.startswith(f"{variable}: ")
    assert hint in warning
    assert "hunter2" not in warning


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ISTHMUS_SERVER", "hunter2"),
        ("ISTHMUS_SERVER", '{"port": hunter2}'),
        ("ISTHMUS_SERVER", '{"port": 1, "port": 2}'),
        ("ISTHMUS_API_KEYS", '["hunter2"'),
        ("ISTHMUS_PROVIDERS__X", "hunter2"),
        ("ISTHMUS_PROVIDERS__X__HEADERS", "hunter2"),
    ],
)
def test_bad_json_is_a_problem_without_the_text(variable: str, text: str) -> None:
    (problem,) = overlaid({}, {variable: text}).problems
    assert problem.place == variable
    assert "not JSON" in problem.what
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize("suffix", ["_FILE", "__FILE", "_file"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    draft = overlaid({}, {f"ISTHMUS_PROVIDERS__X__API_KEY{suffix}": str(path)})
    assert draft.values == {"providers": {"x": {"api_key": "hunter2"}}}
    assert draft.warnings == []


def test_a_file_of_client_keys_holds_one_on_each_line(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("one\n\ntwo\n")
    assert overlaid({}, {"ISTHMUS_API_KEYS_FILE": str(path)}).values == {"api_keys": ["one", "two"]}


def test_a_secret_file_must_be_readable_and_the_only_source(tmp_path: Path) -> None:
    variable = "ISTHMUS_PROVIDERS__X__API_KEY_FILE"
    (unreadable,) = overlaid({}, {variable: str(tmp_path / "none")}).problems
    assert (unreadable.place, unreadable.what) == (variable, "the file cannot be read")
    (twice,) = overlaid({}, {variable: "x", "ISTHMUS_PROVIDERS__X__API_KEY": "k"}).problems
    assert twice.what == "set twice"
