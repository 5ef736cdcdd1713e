"""Results survive the end of the process at any byte, and are nobody else's."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from isthmus.batch.journal import VERSION, Header, Spent
from isthmus.batch.lines import Format
from isthmus.batch.results import Outcome, render
from isthmus.cli.batch_output import Output, journal_of, open_output
from isthmus.cli.failure import CommandFailed

HEADER = Header(VERSION, "ab" * 32, Format.ANTHROPIC, 3)
IDS = ("a", "b", "c")


def entry(id: str, status: int = 200) -> tuple[Spent, bytes]:
    body = b'{"id":"msg"}' if status == 200 else b'{"type":"error","error":{"type":"x","message":"no"}}'
    return Spent(id, nano_usd=10, input_tokens=5), render(Format.ANTHROPIC, id, Outcome(status, body))


def fill(results: Path, *statuses: int) -> None:
    with open_output(results, HEADER) as output:
        output.append([entry(id, status) for id, status in zip(IDS, statuses, strict=False)])


def in_file(results: Path) -> list[str]:
    return [json.loads(line)["custom_id"] for line in results.read_bytes().splitlines()]


def test_what_is_there_is_finished(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200, 404)
    with open_output(results, HEADER) as output:
        assert (output.finished, output.failed, output.sums.nano_usd) == ({"a", "b"}, 1, 20)


def test_the_process_may_end_at_any_byte(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200, 200)
    whole, journal = results.read_bytes(), journal_of(results).read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(len(whole) + 1):
        results.write_bytes(whole[:cut])
        journal_of(results).write_bytes(journal)
        with open_output(results, HEADER) as output:
            # A line that lacks its line feed alone is whole.
            kept = {"a"} if cut < len(whole) - 1 else {"a", "b"}
            assert output.finished == (kept if cut >= first - 1 else set()), cut
            output.append([entry(id) for id in IDS if id not in output.finished])
        assert sorted(in_file(results)) == list(IDS)


def test_the_journal_may_end_at_any_byte(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results)
    journal = journal_of(results).read_bytes()
    for cut in range(len(journal) + 1):
        journal_of(results).write_bytes(journal[:cut])
        with open_output(results, HEADER) as output:
            assert output.finished == set()
        assert journal_of(results).read_bytes() == journal
    fill(results, 200)
    grown = journal_of(results).read_bytes()
    for cut in range(len(journal), len(grown)):
        journal_of(results).write_bytes(grown[:cut])
        with open_output(results, HEADER) as output:
            assert output.finished == {"a"}


def test_a_cut_line_longer_than_a_piece_goes_as_a_whole(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200)
    whole = results.read_bytes()
    results.write_bytes(whole + b'{"custom_id":"b","x":"' + b"x" * 200_000)
    with open_output(results, HEADER) as output:
        assert output.finished == {"a"}
    assert results.read_bytes() == whole


def test_a_cost_is_not_forgotten_with_its_result(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200)
    results.write_bytes(b"")
    with open_output(results, HEADER) as output:
        assert (output.finished, output.sums.nano_usd) == (set(), 10)


@pytest.mark.parametrize("changes", [{"input_sha256": "cd" * 32}, {"model": "m"}, {"provider": "p"}])
def test_another_batch_is_refused_and_may_begin_anew(tmp_path: Path, changes: dict[str, str]) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200)
    other = replace(HEADER, **changes)
    with (
        pytest.raises(CommandFailed, match="Begin anew with --restart") as raised,
        open_output(results, other),
    ):
        pass
    assert raised.value.exit_code == 2
    assert in_file(results) == ["a"]
    with open_output(results, other, restart=True) as output:
        assert (output.finished, output.sums.nano_usd) == (set(), 0)
    with open_output(results, other) as output:
        assert output.finished == set()


def test_somebody_elses_file_is_not_written_to(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    results.write_text("mine\n")
    with pytest.raises(CommandFailed, match="there already"), open_output(results, HEADER):
        pass
    assert results.read_text() == "mine\n"


def test_a_line_that_is_no_result_is_named(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200, 200)
    first, second = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(first + b"rubbish\n" + second)
    with pytest.raises(CommandFailed, match="line 2 is no result"), open_output(results, HEADER):
        pass


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    for restart in (False, True):
        with (
            open_output(results, HEADER),
            pytest.raises(CommandFailed, match="another `isthmus batch`"),
            open_output(results, HEADER, restart=restart),
        ):
            pass
    fill(results, 200)


def test_what_failed_may_be_asked_again(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200, 404, 200)
    with open_output(results, HEADER, retry_failed=True) as output:
        assert (output.finished, output.failed, output.sums.nano_usd) == ({"a", "c"}, 0, 30)
        output.append([entry("b")])
    assert in_file(results) == ["a", "c", "b"]
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    results = tmp_path / "folder" / "r.jsonl"
    with pytest.raises(CommandFailed, match="cannot be written"), open_output(results, HEADER):
        pass


def test_results_and_journal_are_their_owners(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    fill(results, 200)
    assert {each.stat().st_mode & 0o777 for each in (results, journal_of(results))} == {0o600}


def test_an_output_knows_its_files(tmp_path: Path) -> None:
    with open_output(tmp_path / "r.jsonl", HEADER) as output:
        assert isinstance(output, Output)
        assert output.journal == tmp_path / "r.jsonl.journal"
