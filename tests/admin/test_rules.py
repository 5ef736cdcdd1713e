"""The table of who may what."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.admin.rules import RULES, Need, is_plain, need_for, suffices
from isthmus.control.people import Role


@pytest.mark.parametrize(
    ("method", "path", "need"),
    [
        ("GET", "/v2/setup", Need.NOTHING),
        ("HEAD", "/v2/setup", Need.NOTHING),
        ("POST", "/v2/setup", Need.NOTHING),
        ("POST", "/v2/sign-in", Need.NOTHING),
        ("GET", "/v2/sign-in", Need.VIEWER),
        ("PUT", "/v2/setup", Need.ADMIN),
        ("GET", "/v2/setup/x", Need.VIEWER),
        ("GET", "/v2/setupx", Need.VIEWER),
        ("GET", "/v2/openapi.json", Need.VIEWER),
        ("POST", "/v2/sign-out", Need.HOLDER),
        ("GET", "/v2/me", Need.HOLDER),
        ("DELETE", "/v2/me/sessions/abc", Need.HOLDER),
        ("GET", "/v2/mean", Need.VIEWER),
        ("GET", "/v2/keys", Need.HOLDER),
        ("GET", "/v2/keys/key_1/usage", Need.HOLDER),
        ("POST", "/v2/keys", Need.ADMIN),
        ("GET", "/v2/logs/tail", Need.HOLDER),
        ("POST", "/v2/logs/cleanup", Need.ADMIN),
        ("GET", "/v2/models", Need.HOLDER),
        ("GET", "/v2/models/prices", Need.VIEWER),
        ("GET", "/v2/accounts", Need.VIEWER),
        ("GET", "/v2/accounts/export", Need.ADMIN),
        ("HEAD", "/v2/accounts/export", Need.ADMIN),
        ("GET", "/v2/audit", Need.ADMIN),
        ("GET", "/v2/backup", Need.ADMIN),
        ("PATCH", "/v2/settings", Need.ADMIN),
        ("OPTIONS", "/v2/keys", Need.ADMIN),
        ("get", "/v2/keys", Need.ADMIN),
        ("GET", "/v2/made-tomorrow", Need.VIEWER),
        ("POST", "/v2/made-tomorrow", Need.ADMIN),
    ],
)
def test_what_a_route_needs(method: str, path: str, need: Need) -> None:
    assert need_for(method, path) is need


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v2",
        "/v2/",
        "//v2/setup",
        "/v2//setup",
        "/v2/setup/",
        "/V2/setup",
        "/v2/./setup",
        "/v2/keys/../setup",
        "/v2/..",
        "/v2/setup\0",
        "/v2/setup\n",
        "/v2\\setup",
        "/v2/keys\\..\\setup",
        "v2/setup",
        "/v20/setup",
        "/v1/../v2/setup",
    ],
)
def test_no_other_spelling_needs_less(path: str) -> None:
    assert not is_plain(path)
    assert {need_for(method, path) for method in ("GET", "POST", "HEAD")} == {Need.ADMIN}


@pytest.mark.parametrize(
    "path", ["/v2/setup", "/v2/models/prices/claude-*", "/v2/models/prices/a/b", "/v2/x/...", "/v2/é"]
)
def test_plain_paths(path: str) -> None:
    assert is_plain(path)


@given(st.text(alphabet="/v2setup.\\\0%-", max_size=20), st.sampled_from(["GET", "POST", "HEAD"]))
def test_only_three_paths_need_nothing(path: str, method: str) -> None:
    assert need_for(method, path) is not Need.NOTHING or path in {"/v2/setup", "/v2/sign-in"}


def test_roles_hold_what_lesser_ones_hold() -> None:
    table = {role: [suffices(role, need) for need in Need] for role in Role}
    assert table == {
        Role.HOLDER: [True, True, False, False],
        Role.VIEWER: [True, True, True, False],
        Role.ADMIN: [True, True, True, True],
    }


def test_the_documentation_shows_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "administration.md").read_text("utf-8")
    shown = re.findall(r"^\| (\S+) \| `(/v2\S*)` \| (\w+) \|$", page, re.MULTILINE)
    assert shown == [(rule.method, rule.path, rule.need.name.lower()) for rule in RULES]
