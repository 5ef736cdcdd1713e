from __future__ import annotations

import io
import json

from rich.console import Console

from isthmus.conformance.client import Exchanged
from isthmus.conformance.report import Report, Result, render_table, to_json, told
from isthmus.conformance.verdict import Failed, NotApplicable, Passed

SENT = Exchanged("POST", "http://x/v1/messages", '{"a": 1}', 502, "y" * 50_000, 0.1)
RESULTS = (
    Result("STR-01", "a stream", "chat", Passed(), 0.5, (SENT,)),
    Result("STR-02", "thinking", "messages", Passed("it thought of [nothing]")),
    Result("STR-15", "a cut", "chat", Failed("it hides the end", "data: [half]"), 0.1, (SENT,)),
    Result("AUX-04", "keys", "any", NotApplicable("no key is set")),
)
REPORT = Report(RESULTS)


def shown(*, terminal: bool) -> str:
    file = io.StringIO()
    environment = {"TERM": "xterm"}
    console = Console(file=file, width=100, force_terminal=terminal, _environ=environment)
    console.print(render_table(REPORT))
    return file.getvalue()


def test_the_table_says_what_came_of_each_case() -> None:
    lines = [line.rstrip() for line in shown(terminal=False).splitlines()]
    assert lines[1].split(None, 3) == ["STR-01", "chat", "pass", "a stream"]
    assert "(noticed: it thought of [nothing])" in lines[2]
    assert lines[3].split(None, 3)[2] == "fail"
    assert [line.strip() for line in lines[4:6]] == ["it hides the end", "data: [half]"]
    assert lines[6].endswith("keys: no key is set")


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" in shown(terminal=True)
    assert "\x1b[" not in shown(terminal=False)


def test_counts_and_verdict() -> None:
    assert REPORT.counts == {"pass": 2, "fail": 1, "n/a": 1}
    assert REPORT.summary == "2 passed, 1 failed, 1 not applicable"
    assert not REPORT.ok
    assert Report(RESULTS[:2]).ok
    assert not Report(RESULTS[3:]).ok, "a run that judged nothing proves nothing"


def test_json_is_plain_and_shows_how_it_failed() -> None:
    value = json.loads(json.dumps(to_json(REPORT)))
    assert (value["ok"], value["counts"]) == (False, {"pass": 2, "fail": 1, "n/a": 1})
    passed, noted, failed, moot = value["results"]
    assert passed == {
        "id": "STR-01",
        "title": "a stream",
        "dialect": "chat",
        "result": "pass",
        "seconds": 0.5,
        "requests": 1,
    }
    assert noted["note"] == "it thought of [nothing]"
    assert (failed["why"], failed["evidence"]) == ("it hides the end", "data: [half]")
    assert failed["transcript"][0]["sent"] == '{"a": 1}'
    assert len(failed["transcript"][0]["received"]) == 20_000
    assert moot["why"] == "no key is set"


def test_a_failure_without_evidence_is_one_line_shorter() -> None:
    assert told(Result("X", "x", "any", Failed("wrong"))) == "x\nwrong"
