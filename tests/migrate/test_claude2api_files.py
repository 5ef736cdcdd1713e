"""A path is known by what it holds, and variables mean what they mean there."""

from pathlib import Path

import pytest

from isthmus.migrate.claude2api_files import as_yaml, found_at
from isthmus.migrate.haul import Haul

KEY = "sk-ant-sid01-MADEUPaaaaaaaaaaaaaaaaaaaaAA"
YAML = f"sessions: [{{sessionKey: {KEY}}}]\n"
CSV = f"index,session_key,org_id\n1,{KEY},\n"


@pytest.mark.parametrize(
    ("name", "text", "matches"),
    [
        ("config.yaml", YAML, True),
        ("settings.yml", YAML, True),
        ("without-ending", YAML, True),
        (".env", f"SESSIONS={KEY}", True),
        ("production.env", f"SESSIONS={KEY}", True),
        (".env.local", f"SESSIONS={KEY}", True),
        ("sessions.csv", CSV, True),
        ("bulk", f"'{KEY}'\n", True),
        ("body.json", f'{{"session_key": "{KEY}"}}', True),
        ("sessions.json", '{"message": "No sessions to export"}', True),
        (".env", "APIKEY=made-up", False),
        ("config.yaml", "apiKey: made-up", False),
        ("config.yaml", "- a\n- b", False),
        ("other.json", '{"message": "a", "code": 1}', False),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str, text: str, matches: bool) -> None:
    (tmp_path / name).write_text(text)
    found = found_at(Haul("claude2api"), tmp_path / name, {"SESSIONS": KEY})
    assert found.matches == matches
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("files", "env", "sessions", "has_yaml"),
    [
        ({"config.yaml": YAML}, {}, 0, True),
        ({"config.yaml": YAML, ".env": f"SESSIONS={KEY}"}, {}, 1, True),
        ({"config.yaml": "apiKey: made-up\n"}, {"SESSIONS": KEY}, 1, True),
        ({"config.yaml": "other: 1\n", "sessions.csv": CSV}, {}, 1, False),
        ({"config.yaml": YAML, "sessions.csv": CSV}, {}, 1, True),
        ({"sessions.csv": CSV, "sessions.txt": f"Session 1:\n  Key: {KEY}\n"}, {}, 2, False),
    ],
)
def test_a_directory_is_put_together(
    tmp_path: Path, files: dict[str, str], env: dict[str, str], sessions: int, has_yaml: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = found_at(Haul("claude2api"), tmp_path, env)
    assert found.matches
    assert (len(found.sessions), found.yaml is not None) == (sessions, has_yaml)


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("CHAT_DELETE", "false", "chatDelete", False),
        ("CHAT_DELETE", "no", "chatDelete", True),
        ("CHAT_DELETE", "False", "chatDelete", True),
        ("NO_ROLE_PREFIX", "true", "noRolePrefix", True),
        ("NO_ROLE_PREFIX", "True", "noRolePrefix", False),
        ("ENABLE_MIRROR_API", "1", "enableMirrorApi", False),
        ("INTERNAL_RETRY_COUNT", "3", "internalRetryCount", "3"),
        ("ADDRESS", " :8080 ", "address", ":8080"),
    ],
)
def test_variables_mean_what_they_mean_there(name: str, text: str, key: str, value: object) -> None:
    assert as_yaml(Haul("claude2api"), {name: text}) == {key: value}


def test_a_number_that_is_none_counts_as_not_set() -> None:
    haul = Haul("claude2api")
    assert as_yaml(haul, {"MAX_GLOBAL_CONCURRENCY": "many"}) == {}
    assert [line.what for line in haul.report.left_out] == ["MAX_GLOBAL_CONCURRENCY"]
