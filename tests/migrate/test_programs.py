"""What holds for every program that can be migrated from."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import Settings
from isthmus.config.shape import step
from isthmus.core.secret import Secret
from isthmus.migrate.detect import TELLTALES
from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.names import is_legal
from isthmus.migrate.programs import PROGRAMS
from isthmus.migrate.source import Unreadable
from migrate.reading import CANARY, DATA, lines, read

SHORT = 8
"""So many characters of a secret may be shown."""
KNOWN_TYPES = ("openai-compatible", "anthropic", "amazon-q", "claude-web", "claude-code")
PAIRS = [(one, other) for one in PROGRAMS for other in PROGRAMS if one != other]
# Set at run time, so that they may be in the database.
RUN_TIME = {
    "logging.level",
    "default_provider",
    "auto_cache",
    "server.cors_origins",
    "accounts",
    "defaults",
    "request_log",
    "ip_limit",
    "streams",
}


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def haul(program: str) -> Haul:
    return read(program)


def state(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(file.relative_to(folder)): (
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_mtime_ns,
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_every_program_has_a_telltale_and_the_other_way_round() -> None:
    assert PROGRAMS.keys() <= TELLTALES.keys()


def secrets_in(value: object) -> Iterator[str]:
    match value:
        case Secret():
            yield value.reveal()
        case Mapping():
            for each in value.values():
                yield from secrets_in(each)


def test_nothing_secret_is_shown(haul: Haul) -> None:
    secrets = [text for each in haul.accounts for text in secrets_in(each.credential)]
    secrets += [text for each in haul.accounts for text in secrets_in({"": each.proxy})]
    secrets += [text for each in haul.keys for text in secrets_in({"": each.secret})]
    secrets += [text for each in haul.providers for text in secrets_in(each.settings)]
    shown = repr(haul) + str(lines(haul.report)) + str(haul.report.closing)
    assert CANARY not in shown
    assert [text for text in secrets if len(text) > SHORT and text in shown] == []


def test_the_source_is_not_touched(program: str, tmp_path: Path) -> None:
    folder = tmp_path / program
    shutil.copytree(DATA / program, folder)
    before = state(folder)
    read(program, folder, with_logs=True)
    assert state(folder) == before


def test_reading_again_finds_the_same(program: str, haul: Haul) -> None:
    assert read(program) == haul


def test_a_byte_order_mark_and_crlf_change_nothing(program: str, tmp_path: Path) -> None:
    folder = tmp_path / program
    shutil.copytree(DATA / program, folder)
    before = read(program, folder)
    for file in folder.rglob("*"):
        if file.suffix in {".yaml", ".yml", ".json", ".toml", ".csv", ".txt"} or file.name == ".env":
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert read(program, folder) == before


def test_what_is_unknown_stands_in_no_other_list(haul: Haul) -> None:
    found = lines(haul.report)
    unknown = {what for what, _ in found.pop("unknown")}
    assert unknown, "the sample must hold a key that no page has"
    assert unknown.isdisjoint(what for each in found.values() for what, _ in each)


@pytest.mark.parametrize("program", ["claude-proxy", "litellm", "claude-code-router", "cliproxyapi"])
def test_only_what_was_invented_is_unknown(program: str) -> None:
    assert [line.what for line in read(program).report.unknown if "invented" not in line.what] == []


def test_every_line_says_why(haul: Haul) -> None:
    found = lines(haul.report)
    assert [line for line in found["changed"] + found["left_out"] if not all(line)] == []


def test_providers_can_be_used_as_they_are(haul: Haul) -> None:
    names = [each.name for each in haul.providers]
    assert len({name.lower() for name in names}) == len(names)
    assert all(is_legal(name) for name in names)
    assert all(each.enabled or each.reason for each in haul.providers)
    for each in haul.providers:
        if each.enabled:
            assert each.type in KNOWN_TYPES, f"{each.name} cannot be run by this version"
            ProviderSettings.model_validate({"type": each.type, **each.settings})


def test_accounts_belong_to_providers_and_are_in_range(haul: Haul) -> None:
    assert {each.provider for each in haul.accounts} <= {each.name for each in haul.providers}
    for each in haul.accounts:
        assert each.label
        assert each.weight >= 1
        assert each.enabled or each.off_reason


def test_settings_are_ours_and_may_change_at_run_time(haul: Haul) -> None:
    for name in haul.settings:
        annotation: object = Settings
        for part in name.split("."):
            annotation = step(annotation, part)
        assert annotation is not None, f"{name} is no setting"
        assert name in RUN_TIME or name.split(".")[0] in RUN_TIME
    assert all(name != model for name, model in haul.aliases.items())


@pytest.mark.parametrize(("wrong", "right"), PAIRS)
def test_a_wrong_name_is_refused_with_the_right_one(wrong: str, right: str) -> None:
    with pytest.raises(NotThatProgram, match=f"looks like {right}: try `isthmus migrate {right} "):
        read(wrong, DATA / right)


def test_a_path_without_any_program_is_refused(program: str, tmp_path: Path) -> None:
    with pytest.raises((NotThatProgram, Unreadable)) as failed:
        read(program, tmp_path)
    assert program in str(failed.value)
    with pytest.raises(Unreadable, match="does not exist"):
        read(program, tmp_path / "missing")
