"""CLIProxyAPI's keys, routing and switches; providers are in test_cliproxyapi_providers.py."""

from pathlib import Path

import pytest

from migrate.reading import DATA, of_yaml, read, said


def test_client_keys_and_settings() -> None:
    haul = read("cliproxyapi")
    assert [key.secret.reveal() for key in haul.keys if key.secret] == [
        "client-key-CANARY-one",
        "client-key-CANARY-two",
        "client-key-CANARY-old",
    ]
    assert haul.settings == {
        "accounts.strategy": "affinity",
        "accounts.max_attempts": 4,
        "logging.level": "debug",
    }


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("changed", "host", "`server.host: 0.0.0.0`"),
        ("changed", "port", "8317"),
        ("changed", "request-retry", "3 becomes `accounts.max_attempts` 4"),
        ("carried", "api-keys[0]", "'cliproxyapi-1'"),
        ("carried", "auth.providers[0].api-keys[0]", "'cliproxyapi-3'"),
        ("carried", "routing.session-affinity", "'affinity'"),
        ("carried", "debug", "'debug'"),
        ("carried", "proxy-url", "every provider"),
        ("carried", "nonstream-keepalive-interval", "always on"),
        ("carried", "force-model-prefix", "or without"),
        ("left_out", "api-keys[2]", "the same key"),
        ("left_out", "api-keys[3]", "placeholder"),
        ("left_out", "tls", "reverse proxy"),
        ("left_out", "remote-management", "not carried"),
        ("left_out", "routing.strategy", "'priority'"),
        ("left_out", "routing.session-affinity-ttl", "as long as"),
        ("left_out", "max-retry-credentials", "0 means all"),
        ("left_out", "max-retry-interval", "queue_timeout_s"),
        ("left_out", "disable-cooling", "rest"),
        ("left_out", "transient-error-cooldown-seconds", "rest"),
        ("left_out", "streaming.keepalive-seconds", "30 s"),
        ("left_out", "request-log", "bodies"),
        ("left_out", "logging-to-file", "standard error"),
        ("left_out", "usage-statistics-enabled", "request log"),
        ("left_out", "interactions-api-key", "Interactions"),
        ("left_out", "vertex-api-key", "Vertex"),
        ("left_out", "oauth-model-alias", "logins"),
        ("left_out", "oauth-excluded-models", "logins"),
        ("left_out", "oauth-request-scoped-errors", "logins"),
        ("left_out", "quota-exceeded", "logins"),
        ("left_out", "payload", "no such thing"),
        ("left_out", "plugins", "no such thing"),
        ("left_out", "pprof", "no such thing"),
        ("left_out", "ws-auth", "no such thing"),
        ("left_out", "save-cooldown-status", "no such thing"),
        ("left_out", "ampcode", "no such thing"),
        ("left_out", "amp-upstream-url", "no such thing"),
        ("unknown", "invented", ""),
        ("unknown", "routing.invented", ""),
        ("unknown", "streaming.invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("cliproxyapi").report, where, what)
    assert text in line


def test_logins_are_counted_by_type_and_never_carried() -> None:
    found = said(read("cliproxyapi").report, "left_out", "auth-dir")
    assert [line.split(":")[0] for line in found] == [
        "1 of type 'a plugin of theirs'",
        "2 of type 'claude'",
        "1 of type 'vertex'",
    ]
    assert "an Anthropic API key" in found[1]
    secrets = [
        secret.reveal() for each in read("cliproxyapi").accounts for secret in each.credential.values()
    ]
    assert not any("oat01" in secret for secret in secrets)


def test_logins_below_the_home_directory_are_found(tmp_path: Path) -> None:
    haul = of_yaml("cliproxyapi", tmp_path, "auth-dir: ~/cliproxyapi/auths", home=DATA)
    assert len(said(haul.report, "left_out", "auth-dir")) == 3
    haul = of_yaml("cliproxyapi", tmp_path, "auth-dir: nowhere")
    assert "no logins" in said(haul.report, "left_out", "auth-dir")[0]


def test_all_disguises_are_one_line() -> None:
    what = "disable-claude-cloak-mode, claude-header-defaults, codex, codex-header-defaults, antigravity"
    assert len(said(read("cliproxyapi").report, "left_out", what)) == 1


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("round-robin", "round-robin"), ("weighted-round-robin", "weighted"), ("fill-first", "priority")],
)
def test_strategies(tmp_path: Path, theirs: str, ours: str) -> None:
    haul = of_yaml(
        "cliproxyapi",
        tmp_path,
        f"api-keys: [client-1]\nrouting: {{strategy: {theirs}, session-affinity: off}}",
    )
    assert haul.settings == {"accounts.strategy": ours}


def test_a_strategy_nobody_knows_is_left_out(tmp_path: Path) -> None:
    haul = of_yaml("cliproxyapi", tmp_path, "api-keys: [client-1]\nrouting: {strategy: dice}")
    assert haul.settings == {}
    assert "'dice' is none of round-robin" in said(haul.report, "left_out", "routing.strategy")[0]


@pytest.mark.parametrize(
    ("text", "attempts"),
    [
        ("request-retry: 0", 1),
        ("max-retry-credentials: 7\nrequest-retry: 2", 7),
        ("max-retry-credentials: 99", 20),
    ],
)
def test_attempts(tmp_path: Path, text: str, attempts: int) -> None:
    haul = of_yaml("cliproxyapi", tmp_path, f"api-keys: [client-1]\n{text}")
    assert haul.settings == {"accounts.max_attempts": attempts}


def test_without_keys_it_is_loopback(tmp_path: Path) -> None:
    haul = of_yaml("cliproxyapi", tmp_path, 'host: ""\nauth-dir: x')
    assert "`server.host: 127.0.0.1`, because without an API key" in said(haul.report, "changed", "host")[0]


def test_a_configuration_that_may_be_elsewhere_is_told() -> None:
    assert any(
        "PGSTORE is set" in line for line in read("cliproxyapi", env={"PGSTORE_DSN": "x"}).report.closing
    )
    assert not any("is set" in line for line in read("cliproxyapi").report.closing)
