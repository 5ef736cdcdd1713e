"""claude2api: every key of its YAML and of its variables ends up in a list, and no cookie goes along."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.claude2api import read
from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.source import Options, Unreadable
from migrating import assert_nothing_secret, assert_the_same_twice, in_all, lines_of, said

DATA = Path(__file__).parent / "data" / "claude2api"
ONE = "sk-ant-sid01-MADEUPaaaaaaaaaaaaaaaaaaaaAA"
TWO = "sk-ant-sid02-MADEUPbbbbbbbbbbbbbbbbbbbbAA"
ORGANIZATION = "6f0c2c1e-0000-4000-8000-3c5a1b2d4e6f"
SECRETS = (
    ONE,
    TWO,
    "MADEUP...ccccAA",
    "MADEUPdddd",
    "MADEUPeeee",
    "local-made-up-key",
    "made-up-word",
    "made-up-admin-word",
    "clearance-made-up-1",
    "made-up-2",
    "made-up-clearance",
    "jar=made",
)


def keys_of(haul: Haul) -> list[str]:
    return [account.credential["session_key"].reveal() for account in haul.accounts]


def of_yaml(tmp_path: Path, text: str) -> Haul:
    path = tmp_path / "config.yaml"
    path.write_text(f"sessions: [{{sessionKey: {ONE}}}]\n{text}")
    return read(path, Options())


def settings_of(haul: Haul) -> dict[str, Any]:
    (provider,) = haul.providers
    return dict(provider.settings)


KEYS = {
    "sessions[0]": {"carried", "left_out"},
    "sessions[1]": {"carried"},
    "sessions[2]": {"left_out"},
    "sessions[3]": {"left_out"},
    "sessions[4]": {"left_out"},
    "sessions[5]": {"carried", "left_out", "unknown"},
    "address": {"changed"},
    "apiKey": {"carried"},
    "proxy": {"carried"},
    "chatDelete": {"carried"},
    "maxChatHistoryLength": {"changed"},
    "retryCount": {"left_out"},
    "internalRetryCount": {"carried"},
    "maxConcurrentPerKey": {"carried"},
    "maxGlobalConcurrency": {"left_out"},
    "noRolePrefix": {"carried"},
    "promptDisableArtifacts": {"carried"},
    "enableMirrorApi": {"changed"},
    "mirrorApiPrefix": {"changed"},
    "adminPassword": {"left_out"},
    "globalSystemPromptOverride": {"left_out"},
    "globalPromptOverrideMode": {"left_out"},
    "modelDefinitions[0]": {"carried", "left_out"},
    "modelDefinitions[2]": {"left_out"},
    "modelDefinitions[3]": {"carried", "left_out", "unknown"},
    "modelDefinitions[4]": {"left_out"},
    "requestLogRetention": {"left_out"},
    "somethingNew": {"unknown"},
}


@pytest.mark.parametrize("key", KEYS)
def test_each_key_of_the_yaml_is_in_its_lists(key: str) -> None:
    assert in_all(read(DATA / "config.yaml", Options()), key) == KEYS[key]


def test_what_the_yaml_amounts_to() -> None:
    haul = assert_the_same_twice(read, DATA / "config.yaml", Options())
    assert keys_of(haul)[:2] == [ONE, TWO]
    assert [account.label for account in haul.accounts] == ["claude2api-1", "claude2api-2", "claude2api-3"]
    first = haul.accounts[0]
    assert (first.provider, first.kind, first.enabled) == ("claude-web", "session_key", True)
    assert (first.details, first.max_concurrency) == ({"organization_id": ORGANIZATION}, 4)
    assert [(key.name, key.secret and key.secret.reveal()) for key in haul.keys] == [
        ("claude2api", "local-made-up-key")
    ]
    assert haul.settings == {"accounts.max_attempts": 2}
    settings = settings_of(haul)
    assert settings.pop("proxy").reveal() == "http://someone:made-up-word@127.0.0.1:2080"
    assert settings == {
        "claude_web": {
            "chat_delete": True,
            "max_chat_history_length": 20_000,
            "no_role_prefix": True,
            "prompt_disable_artifacts": True,
        },
        "models": {
            "claude-sonnet-4-6": "claude-sonnet-4-6-20260217",
            "claude-opus-4-6": "claude-opus-4-6",
            "claude-both": "claude-both",
        },
        "capabilities": {
            "claude-sonnet-4-6-20260217": {"thinking": ["enabled", "disabled"]},
            "claude-opus-4-6": {"thinking": []},
        },
    }
    assert haul.report.closing == [
        "Write into isthmus.yaml: server: {host: 0.0.0.0, port: 8080}",
        "Write into isthmus.yaml: mirror: {enabled: true, prefix: /mirror}",
    ]


@pytest.mark.parametrize(
    "name",
    ["config.yaml", "variables.env", "sessions.csv", "sessions.txt", "bulk.txt", "tabs.txt", "bulk.json"],
)
def test_no_secret_is_shown(name: str) -> None:
    haul = read(DATA / name, Options())
    assert haul.accounts
    assert_nothing_secret(haul, SECRETS)


@pytest.mark.parametrize(
    "name",
    ["variables.env", "sessions.csv", "sessions.txt", "bulk.txt", "tabs.txt", "bulk.json", "single.json"],
)
def test_sessions_are_the_same_in_every_form(name: str) -> None:
    haul = assert_the_same_twice(read, DATA / name, Options())
    assert keys_of(haul) == [ONE, TWO]
    assert [account.details for account in haul.accounts] == [{"organization_id": ORGANIZATION}, {}]


@pytest.mark.parametrize(
    "name", ["config.yaml", "variables.env", "sessions.csv", "sessions.txt", "single.json"]
)
def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path, name: str) -> None:
    text = (DATA / name).read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text)
    assert read(tmp_path / name, Options()) == read(DATA / name, Options())


def test_variables_are_read_as_the_program_reads_them() -> None:
    haul = read(DATA / "variables.env", Options())
    settings = settings_of(haul)["claude_web"]
    assert settings == {"chat_delete": True, "no_role_prefix": False, "prompt_disable_artifacts": True}
    assert not any("mirror:" in line for line in haul.report.closing)
    assert in_all(haul, "MAX_CHAT_HISTORY_LENGTH") == {"left_out"}
    assert haul.settings["accounts.max_attempts"] == 20
    assert {account.max_concurrency for account in haul.accounts} == {1}
    assert "server: {host: 0.0.0.0, port: 8099}" in haul.report.closing[0]
    assert not any("PATH_OF" in line.what for line in lines_of(haul))


def test_an_empty_prefix_of_the_mirror_is_never_carried(tmp_path: Path) -> None:
    for prefix in ("", "mirrorApiPrefix: /"):
        haul = of_yaml(tmp_path, f"enableMirrorApi: true\n{prefix}\n")
        assert not any("mirror:" in line for line in haul.report.closing)
        assert "stays off" in said(haul.report.changed, "enableMirrorApi")


@pytest.mark.parametrize("prefix", ["/v1", "admin", "/a b"])
def test_a_prefix_that_is_a_path_of_ours_is_left_out(tmp_path: Path, prefix: str) -> None:
    haul = of_yaml(tmp_path, f"enableMirrorApi: true\nmirrorApiPrefix: '{prefix}'\n")
    assert not any("mirror:" in line for line in haul.report.closing)
    assert in_all(haul, "mirrorApiPrefix") == {"left_out"}
    assert "stays off" in said(haul.report.changed, "enableMirrorApi")


def test_a_mirror_that_was_off_needs_no_doing(tmp_path: Path) -> None:
    haul = of_yaml(tmp_path, "enableMirrorApi: false\n")
    assert in_all(haul, "enableMirrorApi") == {"carried"}


def test_absent_keys_that_protect_data_are_kept(tmp_path: Path) -> None:
    haul = of_yaml(tmp_path, "")
    assert settings_of(haul) == {"claude_web": {"chat_delete": False}}
    assert in_all(haul, "chatDelete") == {"changed"}
    assert "10000 characters" in said(haul.report.changed, "maxChatHistoryLength")
    assert "keys create" in haul.report.closing[0]


@pytest.mark.parametrize(
    ("text", "attempts"),
    [
        ("retryCount: 0", None),
        ("retryCount: 3", 3),
        ("internalRetryCount: 7\nretryCount: 3", 7),
        ("retryCount: 999", 20),
    ],
)
def test_as_many_accounts_are_tried(tmp_path: Path, text: str, attempts: int | None) -> None:
    assert of_yaml(tmp_path, text).settings.get("accounts.max_attempts") == attempts


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("0.0.0.0:8080", "host: 127.0.0.1, port: 8080"),
        (":8080", "host: 127.0.0.1, port: 8080"),
        ("127.0.0.1:9", "host: 127.0.0.1, port: 9"),
        ("[::1]:9", "host: ::1, port: 9"),
        ("nowhere", None),
    ],
)
def test_without_a_key_only_this_machine_is_listened_to(
    tmp_path: Path, address: str, written: str | None
) -> None:
    haul = of_yaml(tmp_path, f"address: '{address}'\n")
    shown = [line for line in haul.report.closing if line.startswith("Write")]
    assert shown == ([] if written is None else [f"Write into isthmus.yaml: server: {{{written}}}"])
    assert in_all(haul, "address") == {"left_out" if written is None else "changed"}


def test_a_proxy_of_an_unknown_kind_is_left_out(tmp_path: Path) -> None:
    haul = of_yaml(tmp_path, "proxy: 'ftp://someone:made-up-word@127.0.0.1'\n")
    assert "proxy" not in settings_of(haul)
    assert in_all(haul, "proxy") == {"left_out"}
    assert_nothing_secret(haul, SECRETS)


@pytest.mark.parametrize("key", ["${UNSET_VARIABLE}", "****", "your-api-key"])
def test_what_stands_for_a_key_is_none(tmp_path: Path, key: str) -> None:
    haul = of_yaml(tmp_path, f"apiKey: '{key}'\naddress: '0.0.0.0:1'\n")
    assert haul.keys == []
    assert in_all(haul, "apiKey") == {"left_out"}
    assert "host: 127.0.0.1" in haul.report.closing[0]


def test_a_directory_is_read_as_the_program_reads_it(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        f"sessions: [{{sessionKey: {ONE}, orgID: {ORGANIZATION}}}]\naddress: ':1'\n"
    )
    (tmp_path / ".env").write_text(f"SESSIONS={ONE}:{ORGANIZATION}\nAPIKEY=unused-made-up\n")
    haul = assert_the_same_twice(
        read, tmp_path, Options(env={"SESSIONS": f"{TWO},{ONE}:{ORGANIZATION[:-1]}0"})
    )
    assert keys_of(haul) == [TWO, ONE]
    assert haul.accounts[1].details == {"organization_id": f"{ORGANIZATION[:-1]}0"}
    assert in_all(haul, "APIKEY") == {"left_out"}
    assert haul.keys == []


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    haul = read(tmp_path, Options(env={"SESSIONS": ONE, "APIKEY": "local-made-up-key", "HOME": "/root"}))
    assert keys_of(haul) == [ONE]
    assert haul.keys[0].name == "claude2api"


def test_a_yaml_that_cannot_be_read_leaves_the_variables(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sessions: [")
    with pytest.raises(Unreadable):
        read(tmp_path, Options())
    haul = read(tmp_path, Options(env={"SESSIONS": ONE}))
    assert keys_of(haul) == [ONE]
    assert in_all(haul, "config.yaml") == {"left_out"}


def test_an_export_beside_another_programs_yaml_is_read(tmp_path: Path) -> None:
    shutil.copy(DATA / "sessions.csv", tmp_path)
    (tmp_path / "config.yaml").write_text("auth-dir: ~/x\n")
    assert keys_of(read(tmp_path, Options())) == [ONE, TWO]


def test_an_export_of_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text('{"message":"No sessions to export"}')
    haul = read(path.rename(tmp_path / "sessions.json"), Options())
    assert (haul.accounts, haul.providers) == ([], [])
    assert "no sessions" in haul.report.left_out[0].text


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("config.json", '{"Providers": [{"name": "x"}], "Router": {}}', "claude-code-router"),
        ("config.yaml", "model_list: [{litellm_params: {}}]", "litellm"),
        (".env", "PROXY_API_KEY=x\nKIRO_REGION=y", "kiro-gateway"),
        ("notes.txt", "nothing of any program", None),
    ],
)
def test_another_programs_files_are_refused(
    tmp_path: Path, name: str, text: str, program: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(NotThatProgram, match="sessionKey") as failed:
        read(path, Options())
    if program:
        assert f"isthmus migrate {program}" in str(failed.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        read(tmp_path / "nothing.yaml", Options())
