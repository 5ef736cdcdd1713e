"""What is old is read behind requests, seldom; what an operator asks for is read at once, not too often either."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from behind import running
from isthmus.config import ProviderSettings
from isthmus.control import surveys
from isthmus.control.account_views import configured_account
from isthmus.control.failures import Conflict, NotFound, Throttled, Unavailable
from isthmus.control.keeper import AccessKeeper
from isthmus.control.surveys import LEAST_APART_S, OLD_S, Surveys, allowance, none_known
from isthmus.core.commands import Call, Keep, Reply
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.routing.cooldown import Change, Cooling, CoolingReason
from isthmus.routing.pool import AccountId
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.database import Database
from isthmus.storage.leases import LeaseStore
from isthmus.storage.surveys import SurveyStore
from isthmus.storage.vault import Vault
from token_service import Clock, TokenService

DEAD = UpstreamError(
    "of no use", status=403, scope=Scope.CREDENTIAL, detail="suspended: access acc_1 0 is locked"
)


class Desk:
    def __init__(self, database: Database, vault: Vault) -> None:
        self.service = TokenService(Clock())
        self.clock = self.service.clock
        self.store = SurveyStore(database)
        self.accounts = AccountStore(database, vault)
        self.declared: dict[str, Account] = {}
        """What the configuration file says."""
        reach = self.service.reach(
            mask=lambda text: text.replace("access acc_1 0", "***"), configured=self.declared.get
        )
        self.keeper = AccessKeeper(self.accounts, LeaseStore(database), reach, self.clock)
        self.surveys = Surveys(self.store, self.accounts, self.keeper, reach, self.clock)

    async def account(self, id: str = "acc_1") -> Account:
        found = await self.accounts.find(id)
        assert found is not None
        return found

    def key_account(self, key: str) -> Account:
        """One that nobody renews."""
        credential = {"api_key": Secret(key)}
        return self.service.account(
            "acc_key", expires_in_s=None, kind="api_key", credential=credential, details={}
        )

    def declare(self, key: str) -> None:
        """A provider of the file has this key from now on."""
        settings = ProviderSettings(type="amazon-q", api_key=Secret(key))
        account = configured_account("amazon", settings)
        self.declared[account.id] = account
        self.keeper.seed([])

    @property
    def now_ms(self) -> int:
        return round(self.clock.now_s * 1000)

    def running(self) -> AbstractAsyncContextManager[None]:
        return running(self.surveys.run())

    async def settled(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not done():
                await asyncio.sleep(0.01)


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> Desk:
    desk = Desk(sqlite, vault)
    await desk.accounts.add_all(
        [desk.service.account(expires_in_s=99_999), desk.service.account("acc_other", provider="vendor")]
    )
    return desk


async def test_a_request_finds_what_was_read_behind_the_one_before(desk: Desk) -> None:
    async with desk.running():
        assert desk.surveys.show("acc_1") is None
        await desk.settled(lambda: desk.surveys.show("acc_1") is not None)
        assert desk.surveys.show("acc_1") == desk.service.survey
    assert (await desk.store.load_all())["acc_1"].survey == desk.service.survey
    assert desk.service.surveyed == ["access acc_1 0"]


async def test_what_is_old_is_read_again(desk: Desk) -> None:
    async with desk.running():
        await desk.settled(lambda: desk.surveys.show("acc_1") is not None)
        assert len(desk.service.surveyed) == 1
        desk.clock.now_s += OLD_S - 1
        desk.surveys.show("acc_1")
        await asyncio.sleep(0.05)
        assert len(desk.service.surveyed) == 1
        desk.clock.now_s += 2
        assert desk.surveys.show("acc_1") is not None, "meanwhile the old one will do"
        await desk.settled(lambda: len(desk.service.surveyed) == 2)


async def test_what_another_gateway_read_is_taken_over(desk: Desk) -> None:
    theirs = KeptSurvey(Survey(plan="theirs"), desk.now_ms - 5)
    await desk.store.save("acc_1", theirs)
    async with desk.running():
        desk.surveys.show("acc_1")
        await desk.settled(lambda: desk.surveys.show("acc_1") == theirs.survey)
    assert desk.service.surveyed == []


async def test_what_was_read_before_a_restart_is_known(desk: Desk) -> None:
    await desk.store.save("acc_1", KeptSurvey(Survey(plan="before"), desk.now_ms))
    await desk.surveys.load()
    assert desk.surveys.show("acc_1") == Survey(plan="before")


async def test_a_bug_in_one_survey_is_logged_and_the_others_go_on(desk: Desk) -> None:
    reach = desk.service.reach()

    async def ask(account: Account, call: Call) -> Reply:
        if account.id == "acc_1":
            raise ZeroDivisionError
        return await reach.ask(account, call)

    await desk.accounts.add_all([desk.key_account("k")])
    desk.surveys = Surveys(desk.store, desk.accounts, desk.keeper, replace(reach, ask=ask), desk.clock)
    with capture_logs() as logged:
        async with desk.running():
            for id in ("acc_1", "acc_key"):
                desk.surveys.show(id)
            await desk.settled(lambda: desk.surveys.show("acc_key") is not None)
    assert [(each["account"], each["exc_info"]) for each in logged if "exc_info" in each] == [("acc_1", True)]


async def test_a_failure_is_not_repeated_at_once(desk: Desk) -> None:
    desk.service.survey = UpstreamError("sick", status=503)
    async with desk.running():
        for _ in range(3):
            desk.surveys.show("acc_1")
            await desk.settled(lambda: len(desk.service.surveyed) == 1)
            await asyncio.sleep(0.02)
        desk.clock.now_s += LEAST_APART_S
        desk.surveys.show("acc_1")
        desk.surveys.show("acc_other")
        desk.surveys.show("acc_unknown")
        await desk.settled(lambda: len(desk.service.surveyed) == 2)
    assert desk.surveys.show("acc_1") is None


async def test_allowances_that_came_with_an_answer_replace_those_of_the_same_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "WRITE_AFTER_S", 0.01)
    old = (Quota("5h", 10, 100, "%"), Quota("7d", 4, 100, "%"))
    await desk.store.save("acc_1", KeptSurvey(Survey(plan="pro", quotas=old), desk.now_ms))
    await desk.surveys.load()
    for used in (31.0, 32.0):
        desk.surveys.heard("acc_1", (Quota("5h", used, 100, "%"), Quota("overage", 1)))
    expected = Survey(
        plan="pro", quotas=(Quota("5h", 32, 100, "%"), Quota("7d", 4, 100, "%"), Quota("overage", 1))
    )
    assert desk.surveys.show("acc_1") == expected
    async with desk.running(), asyncio.timeout(20):
        while (await desk.store.load_all())["acc_1"].survey != expected:
            await asyncio.sleep(0.01)
    assert desk.service.surveyed == []


async def test_where_nothing_is_known_an_answers_allowances_make_all_of_it_wanted(desk: Desk) -> None:
    async with desk.running():
        desk.surveys.heard("acc_1", (Quota("5h", 31, 100, "%"),))
        await desk.settled(lambda: len(desk.service.surveyed) == 1)


def lacking(reason: CoolingReason) -> Change:
    return Change(Cooling(AccountId("acc_1"), "m", 9.0, reason))


async def test_a_model_that_is_missing_is_looked_for_in_a_new_list(desk: Desk) -> None:
    await desk.store.save("acc_1", KeptSurvey(Survey(plan="fresh"), desk.now_ms - 1))
    await desk.surveys.load()
    async with desk.running():
        desk.surveys.changed("amazon", "acc_1", lacking(CoolingReason.QUOTA))
        desk.surveys.changed("amazon", "acc_1", Change(disabled="gone"))
        await asyncio.sleep(0.05)
        assert desk.service.surveyed == []
        desk.surveys.changed("amazon", "acc_1", lacking(CoolingReason.NO_MODEL))
        await desk.settled(lambda: len(desk.service.surveyed) == 1)
        desk.surveys.changed("amazon", "acc_1", lacking(CoolingReason.NO_MODEL))
        await asyncio.sleep(0.05)
    assert len(desk.service.surveyed) == 1, "not again within minutes"


async def test_a_token_that_has_ended_is_replaced(desk: Desk) -> None:
    desk.service.refused = {"access acc_1 0"}
    kept = await desk.surveys.read_now("acc_1")
    assert kept.survey == desk.service.survey
    assert desk.service.surveyed == ["access acc_1 0", "access acc_1 1"]


async def test_an_account_that_is_refused_is_not_asked_again_with_another_token(desk: Desk) -> None:
    desk.service.survey = DEAD
    with pytest.raises(Unavailable):
        await desk.surveys.read_now("acc_1")
    assert desk.service.surveyed == ["access acc_1 0"]


async def test_an_account_of_no_use_is_switched_off_at_once_and_the_reason_told(desk: Desk) -> None:
    desk.service.survey = DEAD
    async with desk.running():
        desk.surveys.show("acc_1")
        await desk.settled(lambda: desk.service.surveyed != [])
        async with asyncio.timeout(20):
            while (await desk.account()).enabled:
                await asyncio.sleep(0.01)
    assert (await desk.account()).off_reason == "suspended: *** is locked", "without its secrets"


async def test_a_survey_says_nothing_of_what_an_operator_has_changed_meanwhile(desk: Desk) -> None:
    desk.service.survey = DEAD
    edited = desk.now_ms + 1
    reach = desk.service.reach()

    async def ask(account: Account, call: Call) -> Reply:
        await desk.accounts.change("acc_1", lambda it: replace(it, label="mended", updated_ms=edited))
        return await reach.ask(account, call)

    desk.surveys = Surveys(desk.store, desk.accounts, desk.keeper, replace(reach, ask=ask), desk.clock)
    with pytest.raises(Unavailable):
        await desk.surveys.read_now("acc_1")
    assert (await desk.account()).enabled


async def test_an_account_that_is_off_keeps_its_operators_reason(desk: Desk) -> None:
    desk.service.survey = DEAD
    await desk.accounts.switch(["acc_1"], on=False, reason=None, now_ms=desk.now_ms)
    with pytest.raises(Unavailable):
        await desk.surveys.read_now("acc_1")
    assert (await desk.account()).off_reason is None


async def test_trouble_that_passes_switches_nothing_off(desk: Desk) -> None:
    desk.service.survey = UpstreamError("sick", status=503)
    with pytest.raises(Unavailable):
        await desk.surveys.read_now("acc_1")
    assert (await desk.account()).enabled


@pytest.mark.parametrize("dead", [False, True])
async def test_a_credential_that_is_exchanged_meanwhile_is_kept(desk: Desk, dead: bool) -> None:
    """Also when the survey itself comes to nothing."""
    if dead:
        desk.service.survey = UpstreamError("sick", status=503)
    await desk.accounts.add_all([desk.key_account("old")])
    desk.service.exchanged = Keep({"api_key": Secret("new")}, Secret("old"))
    with suppress(Unavailable):
        await desk.surveys.read_now("acc_key")
    await desk.keeper.close()
    assert (await desk.account("acc_key")).credential == {"api_key": Secret("new")}


async def test_a_key_that_others_have_exchanged_meanwhile_is_not_the_accounts_end(desk: Desk) -> None:
    await desk.accounts.add_all([desk.key_account("old")])
    await desk.keeper.grant("acc_key", None)
    await desk.accounts.keep("acc_key", Secret("old"), {"api_key": Secret("new")})
    desk.service.refused = {"old"}
    assert (await desk.surveys.read_now("acc_key")).survey == desk.service.survey
    assert desk.service.surveyed == ["old", "new"]


async def test_of_a_key_that_nobody_renews_the_upstreams_own_words_are_told(desk: Desk) -> None:
    await desk.accounts.add_all([desk.key_account("old")])
    desk.service.refused = {"old"}
    with pytest.raises(Unavailable, match="the token is not accepted"):
        await desk.surveys.read_now("acc_key")


async def test_an_operator_reads_now_but_not_all_the_time(desk: Desk) -> None:
    kept = await desk.surveys.read_now("acc_1")
    assert (kept.survey, kept.read_ms) == (desk.service.survey, desk.now_ms)
    assert await desk.surveys.last("acc_1") == kept
    assert await desk.surveys.last_of(["acc_1", "acc_other"]) == {"acc_1": kept}
    desk.clock.now_s += 100
    with pytest.raises(Throttled) as told:
        await desk.surveys.read_now("acc_1")
    assert told.value.retry_after_s == pytest.approx(LEAST_APART_S - 100)
    now_ms = desk.now_ms
    await desk.accounts.change("acc_1", lambda it: replace(it, updated_ms=now_ms))
    await desk.surveys.read_now("acc_1")
    desk.clock.now_s += LEAST_APART_S + 1
    await desk.surveys.read_now("acc_1")
    assert len(desk.service.surveyed) == 3


async def test_what_cannot_be_read_is_said(desk: Desk) -> None:
    desk.service.survey = UpstreamError("sick", status=503, detail="no capacity")
    with pytest.raises(Unavailable, match=r"acc_1 cannot be surveyed: sick \(no capacity\)"):
        await desk.surveys.read_now("acc_1")
    desk.service.survey = Survey(plan="well")
    assert (await desk.surveys.read_now("acc_1")).survey.plan == "well", "a failure forbids nothing"


@pytest.mark.parametrize(
    ("id", "failure", "said"),
    [
        ("acc_9", NotFound, "no account 'acc_9'"),
        ("acc_other", Conflict, "provider 'vendor'"),
        ("config:amazon", NotFound, "no account 'config:amazon'"),
    ],
)
async def test_accounts_that_tell_nothing(desk: Desk, id: str, failure: type[Exception], said: str) -> None:
    for ask in (desk.surveys.read_now, desk.surveys.last):
        with pytest.raises(failure, match=said):
            await ask(id)


async def test_an_account_of_the_configuration_is_surveyed_like_any_other(desk: Desk) -> None:
    desk.declare("first")
    async with desk.running():
        assert desk.surveys.show("config:amazon") is None
        await desk.settled(lambda: desk.surveys.show("config:amazon") is not None)
    assert desk.service.surveyed == ["first"]
    assert (await desk.surveys.last_of(["config:amazon"]))["config:amazon"].survey == desk.service.survey
    assert await desk.surveys.last("config:amazon") is not None
    with pytest.raises(Throttled):
        await desk.surveys.read_now("config:amazon")


async def test_another_key_in_the_file_is_another_account(desk: Desk) -> None:
    desk.declare("first")
    await desk.surveys.read_now("config:amazon")
    desk.declare("second")
    await desk.surveys.load()
    assert desk.surveys.show("config:amazon") is None
    assert await desk.surveys.last("config:amazon") is None
    await desk.surveys.read_now("config:amazon")
    assert desk.service.surveyed == ["first", "second"]


async def test_an_account_of_the_configuration_is_never_switched_off(desk: Desk) -> None:
    desk.declare("first")
    desk.service.survey = DEAD
    with pytest.raises(Unavailable, match="of no use"):
        await desk.surveys.read_now("config:amazon")
    assert desk.surveys.show("config:amazon") is None


async def test_nothing_read_yet_is_no_failure(desk: Desk) -> None:
    assert await desk.surveys.last("acc_1") is None
    assert await none_known(["acc_1"]) == {}


@pytest.mark.parametrize(
    ("quotas", "summed"),
    [
        ((), None),
        ((Quota("Trial", 1, 5, counts=False),), None),
        (
            (
                Quota("Credits", 12.5, 50, "credit", 7),
                Quota("Bonus", 1, 10, "credit"),
                Quota("Old", 9, 9, "credit", counts=False),
                Quota("Lines", 5, 5, "line"),
            ),
            Quota("Credits", 13.5, 60, "credit", 7),
        ),
        ((Quota("Credits", 1, 50), Quota("Extra", 2)), Quota("Credits", 3, None)),
        (
            (Quota("5h", 31, 100, "%", 5), Quota("7d", 40, 100, "%", 7), Quota("extra", 3, 9)),
            Quota("7d", 40, 100, "%", 7),
        ),
    ],
)
def test_what_counts_is_added_up(quotas: tuple[Quota, ...], summed: Quota | None) -> None:
    assert allowance(Survey(quotas=quotas)) == summed


def test_the_survey_s_own_reset_counts_for_more() -> None:
    summed = allowance(Survey(quotas=(Quota("Credits", 1, 2, resets_ms=7),), resets_ms=9))
    assert summed is not None
    assert summed.resets_ms == 9
