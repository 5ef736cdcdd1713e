"""kiro-gateway: every variable ends up in a list, and the program's own order says which login counts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.kiro_gateway import read
from isthmus.migrate.source import Options, Unreadable
from migrating import assert_nothing_secret, assert_the_same_twice, in_all, said, state

DATA = Path(__file__).parent / "data" / "kiro-gateway"
OPTIONS = Options(home=DATA / "home")
SECRETS = (
    "made-up-local-key",
    "made-up-refresh",
    "made-up-access",
    "made-up-client",
    "made-up-word",
)

KEYS = {
    "PROXY_API_KEY": {"carried"},
    "KIRO_CREDS_FILE": {"carried", "changed"},
    "REFRESH_TOKEN": {"left_out"},
    "SQLITE_READONLY": {"left_out"},
    "PROFILE_ARN": {"carried"},
    "KIRO_REGION": {"carried"},
    "SERVER_HOST": {"changed"},
    "SERVER_PORT": {"changed"},
    "VPN_PROXY_URL": {"carried"},
    "KIRO_ALLOW_LEGACY_SSL_RENEGOTIATION": {"left_out"},
    "ACCOUNT_SYSTEM": {"carried"},
    "ACCOUNTS_CONFIG_FILE": {"carried"},
    "ACCOUNTS_STATE_FILE": {"left_out"},
    "ACCOUNT_RECOVERY_TIMEOUT": {"left_out"},
    "ACCOUNT_MAX_BACKOFF_MULTIPLIER": {"left_out"},
    "ACCOUNT_PROBABILISTIC_RETRY_CHANCE": {"left_out"},
    "ACCOUNT_CACHE_TTL": {"left_out"},
    "STATE_SAVE_INTERVAL_SECONDS": {"left_out"},
    "FIRST_TOKEN_TIMEOUT": {"carried"},
    "FIRST_TOKEN_MAX_RETRIES": {"changed"},
    "STREAMING_READ_TIMEOUT": {"carried"},
    "FAKE_REASONING": {"left_out"},
    "FAKE_REASONING_MAX_TOKENS": {"left_out"},
    "FAKE_REASONING_BUDGET_CAP": {"left_out"},
    "FAKE_REASONING_HANDLING": {"left_out"},
    "FAKE_REASONING_INITIAL_BUFFER_SIZE": {"left_out"},
    "WEB_SEARCH_ENABLED": {"left_out"},
    "TRUNCATION_RECOVERY": {"left_out"},
    "AUTO_TRIM_PAYLOAD": {"carried"},
    "KIRO_MAX_PAYLOAD_BYTES": {"left_out"},
    "TOOL_DESCRIPTION_MAX_LENGTH": {"left_out"},
    "LOG_LEVEL": {"carried"},
    "DEBUG_MODE": {"left_out"},
    "DEBUG_DIR": {"left_out"},
    "NEW_VARIABLE": {"unknown"},
    # Empty means unset.
    "KIRO_CLI_DB_FILE": set(),
    "KIRO_API_REGION": set(),
}


def of_variables(tmp_path: Path, **variables: str) -> Haul:
    path = tmp_path / ".env"
    given = {"PROXY_API_KEY": "made-up-local-key", "REFRESH_TOKEN": "aorAAAAAmade-up-refresh-0", **variables}
    path.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    return read(path, OPTIONS)


def tokens_of(haul: Haul) -> list[str]:
    return [account.credential["refresh_token"].reveal()[-1] for account in haul.accounts]


@pytest.mark.parametrize("key", KEYS)
def test_each_variable_is_in_its_lists(key: str) -> None:
    assert in_all(read(DATA / "all.env", OPTIONS), key) == KEYS[key]


def test_what_the_variables_amount_to() -> None:
    haul = assert_the_same_twice(read, DATA / "all.env", OPTIONS)
    (account,) = haul.accounts
    assert (account.kind, account.label, account.enabled) == (
        "builder_id",
        "kiro-gateway-1 (kiro-auth-token.json)",
        True,
    )
    assert {name: secret.reveal() for name, secret in account.credential.items()} == {
        "refresh_token": "aorAAAAAmade-up-refresh-1",
        "access_token": "aoaAAAAAmade-up-access-1",
        "client_id": "made-up-client-1",
        "client_secret": "eyJmade-up-client-secret-1",
    }
    assert account.details == {
        "auth_region": "eu-west-1",
        "profile_arn": "arn:aws:codewhisperer:eu-central-1:000000000000:profile/MADEUPAAAAA",
        "expires_at": "2026-11-21T10:00:00.123456Z",
        "client_secret_expires_at": "2027-01-01T00:00:00Z",
    }
    (provider,) = haul.providers
    settings = dict(provider.settings)
    assert settings.pop("proxy").reveal() == "http://someone:made-up-word@127.0.0.1:7890"
    assert settings == {
        "first_byte_timeout_s": 15,
        "idle_timeout_s": 300,
        "compression": {"method": "drop"},
    }
    assert haul.settings == {"accounts.max_attempts": 3, "logging.level": "warning"}
    assert haul.keys[0].secret is not None
    assert "Write into isthmus.yaml: server: {host: 0.0.0.0, port: 8000}" in haul.report.closing
    assert haul.report.closing[-1].startswith("Stop kiro-gateway")


@pytest.mark.parametrize("name", ["all.env", "credentials.json"])
def test_no_secret_is_shown(name: str) -> None:
    haul = read(DATA / name, OPTIONS)
    assert haul.accounts
    assert_nothing_secret(haul, SECRETS)


def test_the_token_files_stay_as_they_are() -> None:
    before = state(DATA)
    read(DATA / "credentials.json", OPTIONS)
    assert state(DATA) == before


def test_a_list_of_credentials() -> None:
    haul = assert_the_same_twice(read, DATA / "credentials.json", OPTIONS)
    assert tokens_of(haul) == ["1", "0", "9"]
    assert [account.off_reason for account in haul.accounts][2] == "switched off in kiro-gateway"
    assert haul.accounts[1].details == {
        "profile_arn": "arn:aws:codewhisperer:us-east-1:000000000000:profile/MADEUPAAAAA",
        "auth_region": "us-east-1",
    }
    assert haul.accounts[2].details == {"auth_region": "eu-west-1", "api_region": "eu-central-1"}
    left_out = {line.what: line.text for line in haul.report.left_out}
    assert list(left_out) == [
        "credentials.json[3]",
        "credentials.json[4]",
        "credentials.json[5].path",
        "credentials.json[6].type",
        "credentials.json[7]",
        "credentials.json[8]",
    ]
    assert "does not exist" in left_out["credentials.json[7]"]
    assert "Windows" in left_out["credentials.json[8]"]
    assert [line.what for line in haul.report.unknown] == ["credentials.json[2].colour"]


@pytest.mark.parametrize("name", ["all.env", "credentials.json"])
def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path, name: str) -> None:
    text = (DATA / name).read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text)
    changed, plain = read(tmp_path / name, OPTIONS), read(DATA / name, OPTIONS)
    assert (changed.accounts, changed.keys, changed.settings) == (plain.accounts, plain.keys, plain.settings)


@pytest.mark.parametrize(
    ("variables", "entries", "tokens"),
    [
        ("ACCOUNT_SYSTEM=true", True, ["9"]),
        ("ACCOUNT_SYSTEM=1", True, ["9"]),
        ("ACCOUNT_SYSTEM=on", True, ["0"]),
        ("", True, ["0"]),
        ("ACCOUNT_SYSTEM=true", False, ["0"]),
        (None, True, ["9"]),
    ],
)
def test_a_directory_is_read_as_the_program_reads_it(
    tmp_path: Path, variables: str | None, entries: bool, tokens: list[str]
) -> None:
    if variables is not None:
        text = f"PROXY_API_KEY=made-up-local-key\nREFRESH_TOKEN=aorAAAAAmade-up-refresh-0\n{variables}\n"
        (tmp_path / ".env").write_text(text)
    if entries:
        listed = [{"type": "refresh_token", "refresh_token": "aorAAAAAmade-up-refresh-9"}]
        (tmp_path / "credentials.json").write_text(json.dumps(listed))
    haul = assert_the_same_twice(read, tmp_path, OPTIONS)
    assert tokens_of(haul) == tokens
    if variables is not None and tokens == ["9"]:
        assert in_all(haul, "REFRESH_TOKEN") == {"left_out"}


def test_the_environment_counts_for_more_but_for_paths(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "PROXY_API_KEY=made-up-local-key\nKIRO_CREDS_FILE=token.json\nLOG_LEVEL=INFO\nPATH_OF=x\n"
    )
    (tmp_path / "token.json").write_text('{"refreshToken": "aorAAAAAmade-up-refresh-7"}')
    env = {"KIRO_CREDS_FILE": "/nowhere.json", "LOG_LEVEL": "debug", "SHELL": "/bin/sh"}
    haul = read(tmp_path, Options(env=env, home=tmp_path))
    assert tokens_of(haul) == ["7"]
    assert haul.settings == {"logging.level": "debug"}
    assert [line.what for line in haul.report.unknown] == ["PATH_OF"]


def test_backslashes_in_paths_are_kept(tmp_path: Path) -> None:
    haul = of_variables(tmp_path, KIRO_CREDS_FILE='"C:\\new\\token.json"')
    assert "Windows" in said(haul.report.left_out, "KIRO_CREDS_FILE")


@pytest.mark.parametrize("key", ["my-super-secret-password-123", "****", "", "'${UNSET_VARIABLE}'"])
def test_the_example_password_is_refused(tmp_path: Path, key: str) -> None:
    haul = of_variables(tmp_path, PROXY_API_KEY=key, KIRO_REGION="us-east-1", SERVER_HOST="0.0.0.0")
    assert haul.keys == []
    assert "127.0.0.1" in said(haul.report.changed, "SERVER_HOST")
    assert any("isthmus keys create" in line for line in haul.report.closing)


@pytest.mark.parametrize(
    ("name", "value", "settings"),
    [
        ("FIRST_TOKEN_TIMEOUT", "0", {}),
        ("STREAMING_READ_TIMEOUT", "1e9", {}),
        ("LOG_LEVEL", "loud", {}),
        ("FIRST_TOKEN_MAX_RETRIES", "0", {"accounts.max_attempts": 1}),
        ("FIRST_TOKEN_MAX_RETRIES", "100", {"accounts.max_attempts": 20}),
        ("FIRST_TOKEN_MAX_RETRIES", "many", {}),
        ("VPN_PROXY_URL", "ftp://127.0.0.1", {}),
    ],
)
def test_values_out_of_range_are_said(
    tmp_path: Path, name: str, value: str, settings: dict[str, Any]
) -> None:
    haul = of_variables(tmp_path, **{name: value})
    assert haul.settings == settings
    assert in_all(haul, name) == ({"changed"} if settings else {"left_out"})
    assert haul.providers[0].settings == {}


def test_without_a_login_the_way_out_is_said(tmp_path: Path) -> None:
    haul = of_variables(tmp_path, REFRESH_TOKEN="", KIRO_REGION="us-east-1")
    assert haul.accounts == []
    assert "credentials.json" in said(haul.report.left_out, "KIRO_CREDS_FILE")
    assert not any(line.startswith("Stop") for line in haul.report.closing)


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("config.yaml", "sessions: [{sessionKey: x}]", "claude2api"),
        ("accounts.json", '[{"clientId": "a", "refreshToken": "b"}]', "claude-api"),
        (".env", "CLAUDE_CODE__SERVER__PORT=1", "claude-code-api"),
        ("empty.json", "[]", None),
    ],
)
def test_another_programs_files_are_refused(
    tmp_path: Path, name: str, text: str, program: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(NotThatProgram, match="PROXY_API_KEY") as failed:
        read(path, OPTIONS)
    if program:
        assert f"isthmus migrate {program}" in str(failed.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        read(tmp_path / "nothing.env", OPTIONS)
    shutil.copy(DATA / "all.env", tmp_path / ".env")
    haul = read(tmp_path, Options(home=tmp_path))
    assert "does not exist" in said(haul.report.left_out, "KIRO_CREDS_FILE")
