"""Whatever stands where another thing is expected is reported, never an error, and never shown when it may be a secret."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st

from isthmus.config import jsonc, yaml_text
from isthmus.migrate.haul import NotThatProgram
from isthmus.migrate.programs import PROGRAMS
from isthmus.migrate.source import Options
from migrate.reading import DATA, NOW_MS
from migrating import assert_nothing_secret

SECRET = "odd-made-up-secret-0123456789"
odd = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        3,
        10**30,
        1.5,
        1e300,
        "",
        "x",
        "\x00\n",
        SECRET,
        [],
        [SECRET],
        [[None]],
        {},
        {SECRET: SECRET},
    ]
)
Path_ = tuple[str | int, ...]


def sample(program: str) -> tuple[str, Any]:
    """Name of a file, and what it holds. Every reader takes JSON, of which YAML is a wider kind."""
    folder = DATA / program
    match program:
        case "claude2api":
            return "config.yaml", yaml_text.Reader((folder / "config.yaml").read_text("utf-8")).read()
        case "claude-api":
            return "backup.json", jsonc.Reader((folder / "backup.json").read_text("utf-8")).read()
        case "claude-code-api":
            return "local.json", tomllib.loads((folder / "config" / "development.toml").read_text("utf-8"))
        case _:
            return "credentials.json", jsonc.Reader((folder / "credentials.json").read_text("utf-8")).read()


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    children: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in children:
        yield (*path, key)
        yield from places(each, (*path, key))


def with_value(value: Any, path: Path_, new: Any) -> Any:
    if not path:
        return new
    key, *below = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = with_value(value[key], tuple(below), new)
    return changed


@pytest.mark.parametrize("program", ["claude2api", "claude-api", "claude-code-api", "kiro-gateway"])
@laws(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_an_odd_value_anywhere(program: str, tmp_path: Path, data: st.DataObject) -> None:
    name, value = sample(program)
    for _ in range(data.draw(st.integers(1, 3))):
        # A place may be gone with what stood around it.
        value = with_value(value, data.draw(st.sampled_from(sorted(places(value), key=str))), data.draw(odd))
        if not list(places(value)):
            break
    file = tmp_path / name
    file.write_text(json.dumps(value), "utf-8")
    try:
        haul = PROGRAMS[program].read(file, Options(now_ms=NOW_MS, home=tmp_path, with_logs=True))
    except NotThatProgram:
        return
    list(haul.log_rows)
    for account in haul.accounts:
        assert account.label.isprintable()
        assert all(isinstance(each, str | int | float | list) for each in account.details.values())
    secrets = [secret.reveal() for account in haul.accounts for secret in account.credential.values()]
    secrets += [key.secret.reveal() for key in haul.keys if key.secret]
    assert_nothing_secret(haul, [text for text in secrets if "made-up-" in text and text != SECRET])


NAMES = {
    "claude2api": "SESSIONS ADDRESS APIKEY PROXY CHAT_DELETE MAX_CHAT_HISTORY_LENGTH INTERNAL_RETRY_COUNT MIRROR_API_PREFIX "
    "MAX_CONCURRENT_PER_KEY MAX_GLOBAL_CONCURRENCY NO_ROLE_PREFIX ENABLE_MIRROR_API",
    "kiro-gateway": "PROXY_API_KEY REFRESH_TOKEN KIRO_CREDS_FILE KIRO_CLI_DB_FILE PROFILE_ARN KIRO_REGION KIRO_API_REGION "
    "SERVER_HOST SERVER_PORT VPN_PROXY_URL FIRST_TOKEN_TIMEOUT FIRST_TOKEN_MAX_RETRIES AUTO_TRIM_PAYLOAD LOG_LEVEL "
    "KIRO_MAX_PAYLOAD_BYTES ACCOUNT_SYSTEM ACCOUNTS_CONFIG_FILE",
    "claude-code-api": "CLAUDE_CODE__SERVER__HOST CLAUDE_CODE__SERVER__PORT CLAUDE_CODE__CLAUDE__COMMAND CLAUDE_CODE__SERVER "
    "CLAUDE_CODE__CLAUDE__TIMEOUT_SECONDS CLAUDE_CODE__FILE_ACCESS__ADDITIONAL_DIRS CLAUDE_CODE__MCP__CONFIG_FILE "
    "CLAUDE_CODE__MCP__CONFIG_JSON CLAUDE_CODE__PROCESS_POOL__SIZE CLAUDE_CODE__ CLAUDE_CODE__A__B__C RUST_LOG",
}
SOUND = {
    "claude2api": {"SESSIONS": "sk-ant-sid01-made-up-session"},
    "kiro-gateway": {"PROXY_API_KEY": "made-up-local-key", "REFRESH_TOKEN": "made-up-refresh"},
    "claude-code-api": {"CLAUDE_CODE__SERVER__PORT": "1"},
}
texts = st.text(max_size=30) | st.sampled_from(
    [SECRET, "true", "0", "-1", "99999999999", "1e999", "nan", ":", "a:b:c", "~"]
)


@pytest.mark.parametrize("program", NAMES)
@laws(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_an_odd_variable(program: str, tmp_path: Path, data: st.DataObject) -> None:
    names = st.sampled_from(NAMES[program].split())
    env = SOUND[program] | data.draw(st.dictionaries(names, texts, max_size=8))
    try:
        haul = PROGRAMS[program].read(tmp_path, Options(env=env, now_ms=NOW_MS, home=tmp_path))
    except NotThatProgram:
        return
    secrets = {"APIKEY", "PROXY_API_KEY", "REFRESH_TOKEN", "CLAUDE_CODE__MCP__CONFIG_JSON"} & env.keys()
    shown_elsewhere = "".join(text for name, text in env.items() if name not in secrets)
    if SECRET not in shown_elsewhere:
        assert_nothing_secret(haul, [SECRET])
