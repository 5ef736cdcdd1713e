"""Equal programs can stand in for each other; a difference of any kind keeps them apart."""

from dataclasses import replace

import pytest

from isthmus.core.programs import Excerpt, Program, file_argument
from isthmus.core.secret import Secret

PROGRAM = Program(("-p", "--bare"), {"KEY": Secret("one"), "MODE": "fast"}, {"history": b"{}"}, ("CACHE",))

SERVERS = Excerpt("/etc/mcp.json", "mcpServers", (("files",),))


def test_equal_programs_are_one_key() -> None:
    again = Program(("-p", "--bare"), {"MODE": "fast", "KEY": Secret("one")}, {"history": b"{}"}, ("CACHE",))
    assert {PROGRAM: "found"}[again] == "found"


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": ("-p",)},
        {"environment": {"KEY": Secret("two"), "MODE": "fast"}},
        {"environment": {}},
        {"own_folders": ()},
        {"files": {"history": b"[]"}},
        {"files": {}},
        {"excerpts": {"servers": SERVERS}},
    ],
)
def test_whatever_differs_makes_another_program(change: dict[str, object]) -> None:
    assert replace(PROGRAM, **change) != PROGRAM  # type: ignore[arg-type]


def test_only_secrets_must_not_be_shown() -> None:
    assert Program((), {"A": Secret("x"), "B": "y", "C": Secret("")}).secrets == (Secret("x"),)
    assert "one" not in repr(PROGRAM)


def test_a_file_is_named_from_the_working_directory() -> None:
    assert file_argument("history.jsonl") == "../files/history.jsonl"


def test_without_its_files_a_program_is_like_others() -> None:
    resumed = replace(
        PROGRAM,
        arguments=("-p", f"--resume={file_argument('history')}", "--bare"),
        is_usual=False,
    )
    plain = Program(PROGRAM.arguments, PROGRAM.environment, own_folders=PROGRAM.own_folders)
    assert resumed.common == PROGRAM.common == plain.common == plain
    assert replace(resumed, environment={}).common != plain


def test_other_servers_make_another_program_for_a_kept_process_too() -> None:
    one, other = (
        replace(PROGRAM, excerpts={"servers": replace(SERVERS, lists=lists)})
        for lists in (((),), (("files",),))
    )
    assert len({one.common, other.common, PROGRAM.common}) == 3
