"""A running gateway is judged through its own data plane, with the one account that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from assembled import logged
from cli.gateways import gateway
from isthmus.cli.conformance_desk import KEY_ID, ConformanceDesk, verdict_of
from isthmus.conformance.client import Exchanged
from isthmus.conformance.report import Result
from isthmus.conformance.verdict import Failed, NotApplicable, Passed
from isthmus.control.conformance import Asked, Verdict
from isthmus.control.failures import Invalid
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account

TWO = {"providers": {"dummy": {"type": "dummy", "api_key": "sk-own"}, "other": {"type": "dummy"}}}


async def test_cases_are_judged_over_one_account(tmp_path: Path) -> None:
    async with gateway(tmp_path, TWO) as (running, stores):
        live = running.live
        account = Account(
            id="acc_1",
            provider="dummy",
            kind="api_key",
            label="second",
            credential={"api_key": Secret("sk-second")},
            created_ms=1,
            updated_ms=1,
        )
        await live.tables.accounts.add_all([account])
        await live.look()
        desk = ConformanceDesk(live)
        asked = Asked("dummy", "acc_1", "dummy-text", ("chat",), ("STR-01", "ERR-01"))
        planned = await desk.plan(asked)
        begun: list[tuple[int, int]] = []
        judged: list[Verdict] = []
        await desk.run(asked, lambda *said: begun.append(said), judged.append)
        assert begun == [(planned.cases, planned.requests)]
        assert len(judged) == planned.cases
        assert {each.id for each in judged} == {"STR-01", "ERR-01"}
        assert {each.result for each in judged} <= {"pass", "declared"}, judged
        assert "pass" in {each.result for each in judged}
        await logged(running, 3)
        async with stores.database.read() as connection:
            asked_for = "SELECT DISTINCT key_id, account_id FROM request_logs WHERE account_id IS NOT NULL"
            rows = [tuple(row) for row in await connection.exec_driver_sql(asked_for)]
        assert rows == [(KEY_ID, "acc_1")], "the other account was never asked"
        states = {each.id: each.in_flight for each in live.standings().values()}
        assert set(states.values()) == {0}, "every place is given back"
        assert live.gateway.admission.callers.by_hash == {}, "its key is nobody else's"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked("nobody"), "provider"),
        (Asked("dummy", "acc_9"), "account_id"),
        (Asked("dummy", cases=("XYZ",)), "cases"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_its_field(tmp_path: Path, asked: Asked, field: str) -> None:
    async with gateway(tmp_path) as (running, _):
        with pytest.raises(Invalid) as refused:
            await ConformanceDesk(running.live).plan(asked)
        assert [each.field for each in refused.value.fields] == [field]


def test_a_verdict_says_how_it_was_asked() -> None:
    sent = [
        Exchanged("POST", "http://x", '{"stream":true}', 200, "", 0.1),
        Exchanged("POST", "http://x", "{}", 200, "", 0.1),
    ]
    failed = verdict_of(Result("STR-01", "a stream", "chat", Failed("no end", "x"), 1.5, tuple(sent)))
    assert (failed.result, failed.words, failed.evidence) == ("fail", "no end", "x")
    assert (list(failed.modes), failed.requests) == (["plain", "stream"], 2)
    passed = verdict_of(Result("STR-01", "a stream", "chat", Passed("a note")))
    assert (passed.result, passed.words, passed.evidence) == ("pass", "a note", None)
    moot = verdict_of(Result("STR-01", "a stream", "chat", NotApplicable("no tools")))
    assert (moot.result, moot.words) == ("declared", "no tools")
