from __future__ import annotations

import pytest

from isthmus.config.problems import ConfigError, Problem, dotted, show, suggest, way_out_among


def test_a_problem_says_where_what_found_and_the_way_out() -> None:
    problem = Problem("isthmus.yaml:3", "server.port", "expected a whole number", "'x'", "write a number")
    assert str(problem) == (
        "isthmus.yaml:3: server.port: expected a whole number (found 'x'); write a number"
    )


def test_an_error_lists_all_problems() -> None:
    error = ConfigError([Problem("a", "b", "c"), Problem("", "", "d")])
    assert str(error) == "the configuration has 2 problems:\n  a: b: c\n  d"
    assert str(ConfigError([Problem("a", "", "c")])).startswith("the configuration has 1 problem:")


def test_names_that_could_be_misread_are_quoted() -> None:
    assert dotted(("providers", "local", "models", 0)) == "providers.local.models[0]"
    assert dotted(("aliases", "a b\n")) == r"aliases.'a b\n'"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (True, "true"),
        ("x" * 100, repr("x" * 60 + "…")),
        ("https://user:word@host", "an address that may hold credentials"),
        ("https://host?key=word", "an address that may hold credentials"),
        (10**100, "a very large number"),
        (1.5, "1.5"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
    ],
)
def test_values_are_shown_short_and_without_credentials(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_near_miss_is_recognised_and_anything_else_gets_the_choices() -> None:
    assert suggest("Timeout", ["host", "timeout_s"]) == "timeout_s"
    assert suggest("zzz", ["host", "port"]) is None
    assert way_out_among("prot", ["host", "port"]) == "did you mean 'port'?"
    assert way_out_among("zzz", ["host", "a\x1b\ud800"]) == r"choose one of host, 'a\x1b\ud800'"
