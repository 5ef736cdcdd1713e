"""Signing accounts in against the simulator: what becomes of each answer, and what is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from desk import ANNA
from isthmus.control.failures import Conflict, Invalid, NotFound, OperationFailed, Unavailable
from isthmus.control.login_input import FinishInput
from isthmus.control.login_views import LoginState
from isthmus.control.logins import MAX_OPEN, LoginService
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from signing_accounts import NOW_S, START_URL, Desk, open_desk

PROFILE = "arn:aws:codewhisperer:us-east-1:000000000000:profile/"


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> AsyncIterator[Desk]:
    async with open_desk(sqlite, vault) as desk:
        yield desk


def finish(**fields: object) -> FinishInput:
    return FinishInput.model_validate(fields)


async def test_providers_whose_accounts_sign_in_are_offered(desk: Desk) -> None:
    [offered] = desk.logins.offered()
    assert (offered.provider, offered.type) == ("amazon-q", "amazon-q")
    assert [each.name for each in offered.methods] == ["builder_id", "idc"]
    with pytest.raises(Conflict, match="'dummy'"):
        desk.logins.offered("play")
    with pytest.raises(NotFound, match="'nobody'"):
        desk.logins.offered("nobody")


async def test_a_builder_id_becomes_an_account(desk: Desk) -> None:
    begun = await desk.start()
    assert (begun.state, begun.method, begun.interval_s) == (LoginState.WAITING, "builder_id", 1.0)
    assert begun.url == f"{desk.simulator.page_url}?user_code={begun.code}"
    assert begun.expires_ms == begun.created_ms + 600_000
    assert (await desk.poll(begun.id)).state is LoginState.WAITING
    desk.simulator.approve(begun.code, "anna@example.com")
    approved = await desk.poll(begun.id)
    assert (approved.state, approved.owner) == (LoginState.APPROVED, "anna@example.com")
    assert approved.plan
    view = await desk.logins.finish(ANNA, begun.id, finish(weight=3))
    account = await desk.stored(view.account.id)
    assert (account.kind, account.label, account.weight) == ("builder_id", "anna@example.com", 3)
    assert account.credential.keys() == {"access_token", "refresh_token", "client_id", "client_secret"}
    assert account.details["auth_region"] == "us-east-1"
    assert account.details["expires_at"].endswith("Z")
    assert desk.notes == [
        ("login.start", begun.id, "amazon-q: builder_id"),
        ("account.create", account.id, "amazon-q: anna@example.com"),
        ("login.finish", account.id, "amazon-q: builder_id"),
    ]
    done = await desk.logins.get(begun.id)
    assert (done.state, done.account_id) == (LoginState.FINISHED, account.id)


async def test_finishing_twice_makes_one_account(desk: Desk) -> None:
    approved = await desk.approved()
    first = await desk.logins.finish(ANNA, approved.id, finish())
    second = await desk.logins.finish(ANNA, approved.id, finish(label="another"))
    assert first.account.id == second.account.id
    assert [each.label for each in await desk.accounts.accounts.load_all()] == ["person@example.com"]


async def test_secrets_are_in_no_view_and_in_no_note(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.approve(begun.code)
    approved = await desk.poll(begun.id)
    stored = await desk.logins.logins.find(begun.id)
    assert stored is not None and stored.result is not None
    secrets = [*stored.result["credential"].values(), *desk.simulator.sign_ins.by_device]
    assert len(secrets) == 5
    shown = f"{begun} {approved} {desk.notes} {await desk.logins.list()} {stored}"
    assert not [each for each in secrets if each in shown]


async def test_nobody_is_asked_before_the_interval_is_over(desk: Desk) -> None:
    begun = await desk.start()
    asked = len(desk.sent)
    assert (await desk.poll(begun.id, after_s=0.5)).state is LoginState.WAITING
    assert len(desk.sent) == asked
    await desk.poll(begun.id, after_s=0.5)
    assert len(desk.sent) == asked + 1
    await desk.poll(begun.id, after_s=0.0)
    assert len(desk.sent) == asked + 1


async def test_slow_down_makes_the_interval_longer_for_good(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.tokens.coming.extend(["slow_down", "slow_down"])
    assert (await desk.poll(begun.id)).interval_s == 6.0
    assert (await desk.poll(begun.id, after_s=6.0)).interval_s == 11.0
    pending = await desk.poll(begun.id, after_s=11.0)
    assert (pending.interval_s, pending.state) == (11.0, LoginState.WAITING)


async def test_trouble_of_the_service_is_told_and_passes(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.tokens.coming.append("server_error")
    troubled = await desk.poll(begun.id)
    assert troubled.state is LoginState.WAITING
    assert troubled.problem is not None and "server_error" in troubled.problem
    desk.simulator.approve(begun.code)
    assert (await desk.poll(begun.id)).problem is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("access_denied", LoginState.DENIED),
        ("expired_token", LoginState.EXPIRED),
        ("invalid_grant", LoginState.FAILED),
        ("invalid_client", LoginState.FAILED),
        ("invalid_request", LoginState.FAILED),
    ],
)
async def test_an_end_without_an_account(desk: Desk, word: str, state: LoginState) -> None:
    begun = await desk.start()
    desk.simulator.tokens.coming.append(word)
    ended = await desk.poll(begun.id)
    assert ended.state is state
    assert ended.problem is not None and word in ended.problem
    stored = await desk.logins.logins.find(begun.id)
    assert stored is not None and stored.secrets == {}
    asked = len(desk.sent)
    assert (await desk.poll(begun.id)).state is state
    assert len(desk.sent) == asked
    with pytest.raises(Conflict, match=f"is {state}.*begin again"):
        await desk.logins.finish(ANNA, begun.id, finish())


async def test_a_person_may_say_no(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.deny(begun.code)
    assert (await desk.poll(begun.id)).state is LoginState.DENIED


async def test_what_nobody_answers_expires_and_is_forgotten_after_a_day(desk: Desk) -> None:
    begun = await desk.start()
    desk.clock.now_s = NOW_S + 600
    assert (await desk.logins.get(begun.id)).state is LoginState.EXPIRED
    asked = len(desk.sent)
    ended = await desk.logins.poll(begun.id)
    assert (ended.state, len(desk.sent)) == (LoginState.EXPIRED, asked)
    assert [each.id for each in await desk.logins.list()] == [begun.id]
    desk.clock.now_s += 86_401
    assert await desk.logins.list() == []
    with pytest.raises(NotFound):
        await desk.logins.get(begun.id)
    await desk.start()
    assert await desk.logins.logins.find(begun.id) is None


async def test_what_is_cancelled_leaves_nothing(desk: Desk) -> None:
    begun = await desk.start()
    await desk.logins.cancel(ANNA, begun.id)
    assert desk.notes[-1] == ("login.cancel", begun.id, "")
    assert await desk.logins.logins.load_all() == []
    for gone in (desk.logins.cancel(ANNA, begun.id), desk.poll(begun.id)):
        with pytest.raises(NotFound):
            await gone


async def test_a_sign_in_survives_a_restart(desk: Desk) -> None:
    begun = await desk.start()
    again = LoginService(
        desk.logins.logins, desk.accounts, lambda: desk.providers, desk.logins.send, desk.clock.now_ms
    )
    desk.simulator.approve(begun.code)
    desk.clock.now_s += 1
    assert (await again.poll(begun.id)).state is LoginState.APPROVED


async def test_the_only_profile_is_taken(desk: Desk) -> None:
    options = {"start_url": START_URL, "auth_region": "eu-west-1"}
    approved = await desk.approved(method="idc", options=options, label="team")
    [profile] = approved.profiles
    view = await desk.logins.finish(ANNA, approved.id, finish())
    assert (view.account.kind, view.account.label) == ("idc", "team")
    assert view.account.details["profile_arn"] == profile["id"]
    assert view.account.details["start_url"] == START_URL
    assert view.account.details["auth_region"] == "eu-west-1"


async def test_one_of_several_profiles_must_be_chosen(desk: Desk) -> None:
    owner = desk.with_profiles("anna@example.com", "SECONDPROFILE")
    approved = await desk.approved("anna@example.com", method="idc", options={"start_url": START_URL})
    assert len(approved.profiles) == 2
    with pytest.raises(Conflict, match="SECONDPROFILE") as unchosen:
        await desk.logins.finish(ANNA, approved.id, finish())
    assert [each.field for each in unchosen.value.fields] == ["profile"]
    with pytest.raises(Invalid) as unknown:
        await desk.logins.finish(ANNA, approved.id, finish(profile=f"{PROFILE}ANOTHER"))
    assert [each.field for each in unknown.value.fields] == ["profile"]
    view = await desk.logins.finish(ANNA, approved.id, finish(profile=owner.more_profiles[0]))
    assert view.account.details["profile_arn"] == owner.more_profiles[0]


async def test_an_account_signs_in_again_and_stays_what_it_was(desk: Desk) -> None:
    options = {"start_url": START_URL}
    first = await desk.approved(method="idc", options=options, label="team", proxy="http://user:pass@px:1")
    id = (await desk.logins.finish(ANNA, first.id, finish(priority=7, details={"note": "x"}))).account.id
    await desk.accounts.accounts.switch_off(id, "needs sign-in: invalid_grant", desk.clock.now_ms())
    before = await desk.stored(id)
    again = await desk.start(provider=None, account_id=id)
    assert (again.method, again.account_id) == ("idc", id)
    assert desk.sent[-1][1] == Secret("http://user:pass@px:1"), "as its requests go out"
    desk.simulator.approve(again.code)
    await desk.poll(again.id)
    view = await desk.logins.finish(ANNA, again.id, finish(label="ignored"))
    after = await desk.stored(id)
    assert (view.account.id, after.enabled, after.off_reason) == (id, True, None)
    assert (after.label, after.priority, after.proxy) == ("team", 7, before.proxy)
    assert after.credential["refresh_token"] != before.credential["refresh_token"]
    assert (after.details["note"], after.details["profile_arn"]) == ("x", before.details["profile_arn"])
    assert ("account.sign_in", id, "") in desk.notes
    assert len(await desk.accounts.accounts.load_all()) == 1


@pytest.mark.parametrize(("kind", "member"), [("api_key", "api_key"), ("social", "refresh_token")])
async def test_some_accounts_do_not_sign_in_again(desk: Desk, kind: str, member: str) -> None:
    written = {"provider": "amazon-q", "kind": kind, "credential": {member: "ksk_a-long-key"}}
    [added] = await desk.accounts.feed(ANNA, [written])
    assert added.id is not None, added
    with pytest.raises(Conflict, match=f"{kind!r} do not sign in here"):
        await desk.start(provider=None, account_id=added.id)
    with pytest.raises(Invalid, match="belongs to 'amazon-q'"):
        await desk.start(provider="play", account_id=added.id)
    with pytest.raises(NotFound):
        await desk.start(provider=None, account_id="acc_gone")


async def test_a_survey_that_fails_costs_no_sign_in(desk: Desk) -> None:
    owner = desk.simulator.add_account("idc", email="anna@example.com")
    owner.control_fault = "500"
    options = {"start_url": START_URL}
    approved = await desk.approved("anna@example.com", method="idc", options=options)
    assert (approved.state, approved.owner) == (LoginState.APPROVED, None)
    view = await desk.logins.finish(ANNA, approved.id, finish(profile=owner.profile_arn))
    assert view.account.details["profile_arn"] == owner.profile_arn


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"method": "idc"}, "options.start_url"),
        ({"method": "idc", "options": {"start_url": "http://d-1.awsapps.com/start"}}, "options.start_url"),
        ({"method": "idc", "options": {"start_url": START_URL, "auth_region": "x"}}, "options.auth_region"),
        ({"method": "builder_id", "options": {"start_url": START_URL}}, "options.start_url"),
        ({"method": "social"}, "method"),
        ({"method": "password"}, "method"),
        ({"provider": None}, "provider"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_anybody_is_asked(
    desk: Desk, written: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.start(**written)
    assert [each.field for each in refused.value.fields] == [field]
    assert (desk.sent, await desk.logins.list()) == ([], [])


async def test_what_the_service_refuses_is_told(desk: Desk) -> None:
    with pytest.raises(Invalid, match="invalid_request"):
        await desk.start(method="idc", options={"start_url": "https://start.example/start"})
    await desk.simulator.stop()
    with pytest.raises(Unavailable, match="'amazon-q' does not answer"):
        await desk.start()


async def test_a_provider_that_is_gone_ends_its_sign_ins(desk: Desk) -> None:
    begun = await desk.start()
    del desk.providers["amazon-q"]
    assert (await desk.poll(begun.id)).state is LoginState.FAILED


async def test_there_is_an_end_to_what_is_kept(desk: Desk) -> None:
    begun = await desk.start()
    stored = await desk.logins.logins.find(begun.id)
    assert stored is not None
    for number in range(MAX_OPEN - 1):
        await desk.logins.logins.add(replace(stored, id=f"log_{number}"))
    with pytest.raises(Conflict, match="cancel some"):
        await desk.start()


async def test_nobody_finishes_what_nobody_agreed_to(desk: Desk) -> None:
    begun = await desk.start()
    with pytest.raises(Conflict, match="nobody has agreed") as refused:
        await desk.logins.finish(ANNA, begun.id, finish())
    assert begun.url in refused.value.message
    assert isinstance(refused.value, OperationFailed)
