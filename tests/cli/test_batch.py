"""`isthmus batch` as a command: what it refuses, how it ends, and that nothing it has finished is ever done again."""

import asyncio
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cli.batch_rows import as_file, chat, message, providers, results_in
from cli.processes import DUMMY, ISTHMUS, Run, Serve
from isthmus.cli.batch_output import journal_of
from simulators.openai_vendor import OpenAIVendor

KEY = "sk-batch-0123456789abcdef"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a configuration."""
    (tmp_path / "isthmus.json").write_text(json.dumps(DUMMY))
    return tmp_path


def put(place: Path, *rows: dict[str, Any], name: str = "in.jsonl") -> Path:
    file = place / name
    file.write_text(as_file(rows))
    return file


def ids(file: Path) -> list[str]:
    return [row["custom_id"] for row in results_in(file)]


def test_two_thousand_lines(place: Path, run: Run) -> None:
    put(place, *[chat(f"r{at}", "dummy-usage-100-80-0-12") for at in range(2000)])
    done = run("batch", "in.jsonl", "-n", "16", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["lines"], said["succeeded"], said["failed"]) == (2000, 2000, 0)
    assert (said["input_tokens"], said["output_tokens"], said["estimated_tokens"]) == (360_000, 24_000, 0)
    assert Counter(ids(place / "in.out.jsonl")) == {f"r{at}": 1 for at in range(2000)}


def test_lines_of_messages_in_and_out(place: Path, run: Run) -> None:
    put(place, message("a"), message("b", "dummy-overflow"))
    done = run("batch", "in.jsonl", "--output", "r.jsonl")
    assert done.returncode == 1
    assert "2 of 2 lines have a result: 1 succeeded, 1 failed" in done.stdout
    assert "(estimated)" in done.stdout
    found = {row["custom_id"]: row["result"]["type"] for row in results_in(place / "r.jsonl")}
    assert found == {"a": "succeeded", "b": "errored"}
    again = run("batch", "in.jsonl", "--output", "r.jsonl")
    assert again.returncode == 1 and "2 of 2 lines have a result already" in again.stderr


def test_what_failed_is_asked_again_when_that_is_wanted(place: Path, run: Run) -> None:
    put(place, chat("a"), chat("b", "dummy-500"))
    assert run("batch", "in.jsonl", "--retries", "0").returncode == 1
    first = results_in(place / "in.out.jsonl")
    done = run("batch", "in.jsonl", "--retries", "0", "--retry-failed")
    assert done.returncode == 1 and "(1 in this run)" in done.stdout
    assert results_in(place / "in.out.jsonl")[0] == next(row for row in first if row["custom_id"] == "a")
    assert sorted(ids(place / "in.out.jsonl")) == ["a", "b"]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_file_with_mistakes_is_refused_whole(place: Path, run: Run, options: tuple[str, ...]) -> None:
    file = put(place, chat("a"), {"custom_id": "b"}, chat("a"), chat("c", url="/v1/responses"))
    done = run("batch", file, *options)
    assert done.returncode == 2
    assert "3 lines are wrong, and nothing was sent" in done.stderr
    assert "line 2: is no request" in done.stderr
    assert "line 3: custom_id: 'a' is that of line 1, too" in done.stderr
    assert "line 4: url: '/v1/responses' is not offered" in done.stderr
    assert not (place / "in.out.jsonl").exists()


def test_a_dry_run_looks_into_the_requests(place: Path, run: Run) -> None:
    bad = chat("b")
    bad["body"]["messages"] = "x"
    put(place, chat("a"), bad)
    done = run("batch", "in.jsonl", "--dry-run", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], said["lines"], said["faulty"]) == (2, False, 2, 1)
    assert said["problems"][0].startswith("line 2: body.messages: ")
    put(place, chat("a"))
    done = run("batch", "in.jsonl", "--dry-run")
    assert done.returncode == 0 and "1 lines for openai, all sound" in done.stdout
    assert [each.name for each in place.glob("in.*")] == ["in.jsonl"], "nothing was written"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl: No such file"),
        (("in.jsonl", "-o", "in.jsonl"), "is the file of requests itself"),
        (("in.jsonl", "-o", "nowhere/r.jsonl"), "there is no folder nowhere"),
        (("empty.jsonl",), "holds no requests"),
        (("in.jsonl", "--key-env", "NOT_THERE"), "the variable NOT_THERE is not set"),
        (("in.jsonl", "--concurrency", "0"), "concurrency"),
    ],
)
def test_what_cannot_be_begun(place: Path, run: Run, arguments: tuple[str, ...], says: str) -> None:
    put(place, chat("a"))
    put(place, name="empty.jsonl")
    done = run("batch", *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_an_input_that_has_changed_is_refused(place: Path, run: Run) -> None:
    put(place, chat("a"))
    assert run("batch", "in.jsonl").returncode == 0
    put(place, chat("a"), chat("b"))
    refused = run("batch", "in.jsonl")
    assert refused.returncode == 2
    assert "the input has changed since the batch was begun" in refused.stderr
    assert "--restart" in refused.stderr
    assert ids(place / "in.out.jsonl") == ["a"]
    assert run("batch", "in.jsonl", "--restart").returncode == 0
    assert sorted(ids(place / "in.out.jsonl")) == ["a", "b"]


def test_a_model_and_a_provider_of_the_command_line(place: Path, run: Run) -> None:
    put(place, chat("a", "no-such-model"))
    done = run("batch", "in.jsonl", "--model", "dummy-usage-7-0-0-3", "--provider", "dummy")
    assert done.returncode == 0, done.stderr
    assert "7 in, 3 out (measured)" in done.stdout
    assert results_in(place / "in.out.jsonl")[0]["response"]["body"]["model"] == "dummy-usage-7-0-0-3"


def test_a_gateway_that_runs_is_asked(place: Path, run: Run, serve: Serve) -> None:
    serving = serve({**DUMMY, "api_keys": [KEY]})
    put(place, chat("a"), chat("b"))
    refused = run("batch", "in.jsonl", "--url", serving.url)
    assert refused.returncode == 1 and "API key" in refused.stderr
    done = run("batch", "in.jsonl", "--url", serving.url, "--key-env", "BATCH_KEY", env={"BATCH_KEY": KEY})
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr + journal_of(place / "in.out.jsonl").read_text()
    assert len([row for row in serving.log_lines() if row.get("endpoint") == "chat/completions"]) == 2


def begun(place: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*ISTHMUS, "batch", "in.jsonl", *arguments],
        cwd=place,
        env=os.environ | {"XDG_DATA_HOME": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def when_grown(file: Path, size: int) -> None:
    until = time.monotonic() + 60
    while not (file.exists() and file.stat().st_size > size):
        assert time.monotonic() < until, "no line has ended"
        time.sleep(0.002)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_and_says_how_to_go_on(place: Path, run: Run, number: int) -> None:
    put(place, *[chat(f"r{at}", "dummy-silent-0.2") for at in range(60)])
    process = begun(place, "-n", "2")
    when_grown(place / "in.out.jsonl", 0)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Once more to give them up" in err and "The same command again goes on from here" in err
    kept = ids(place / "in.out.jsonl")
    assert 0 < len(kept) < 60 and f"{len(kept)} of 60 lines have a result" in out
    assert run("batch", "in.jsonl", "-n", "30").returncode == 0
    assert Counter(ids(place / "in.out.jsonl")) == {f"r{at}": 1 for at in range(60)}


def test_a_second_one_is_refused_while_the_first_runs(place: Path, run: Run) -> None:
    put(place, chat("a"), chat("b", "dummy-silent-60"))
    process = begun(place)
    try:
        when_grown(place / "in.out.jsonl", 0)
        refused = run("batch", "in.jsonl", "--restart")
        assert refused.returncode == 1
        assert "another `isthmus batch`" in refused.stderr
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_killed_twenty_times_it_repeats_and_loses_nothing(place: Path) -> None:
    """Each time at another moment. No line that had its result is asked again, and at the end every line has one."""
    lines, at_a_time, chance = 500, 4, random.Random(7)
    results = place / "in.out.jsonl"
    async with OpenAIVendor() as vendor:
        (place / "isthmus.json").write_text(json.dumps(providers(vendor)))
        put(place, *[chat(f"r{at}", "sim-text", f"r{at}") for at in range(lines)])
        killed = 0
        finished: set[str] = set()
        while killed < 20:
            asked_before = len(vendor.requests)
            size = results.stat().st_size if results.exists() else 0
            process = await asyncio.to_thread(begun, place, "-n", str(at_a_time))
            await asyncio.to_thread(when_grown, results, size)
            await asyncio.sleep(chance.random() * 0.03)
            process.kill()
            _, errors = await asyncio.to_thread(process.communicate)
            assert process.returncode == -signal.SIGKILL, errors
            killed += 1
            asked = [said(request.json) for request in list(vendor.requests)[asked_before:]]
            assert not finished & set(asked), "a line that had its result was asked again"
            whole = results.read_bytes().rpartition(b"\n")[0].splitlines()
            finished = {json.loads(line)["custom_id"] for line in whole}
            assert len(finished) == len(whole)
        process = await asyncio.to_thread(begun, place)
        _, errors = await asyncio.to_thread(process.communicate)
        assert process.returncode == 0, errors
        assert Counter(ids(results)) == {f"r{at}": 1 for at in range(lines)}
        most = max(Counter(said(request.json) for request in vendor.requests).values())
        assert len(vendor.requests) <= lines + killed * at_a_time * 2, f"one line was asked {most} times"


def said(body: Any) -> str:
    return str(body["messages"][0]["content"])
