"""Tokens: who they belong to, and when they end."""

import pytest

from isthmus.simulators.amazon_q.people import MOST_TOKENS, People
from simulators.amazon_q.asking import Clock


def people(clock: Clock, rotation: str = "confirmed", seed: int = 1) -> People:
    return People(seed, clock, access_ttl_s=60, rotation=rotation)


def test_an_access_token_ends(clock: Clock) -> None:
    known = people(clock)
    account = known.add("builder_id")
    issued = known.sign_in(account)
    assert known.of_access_token(issued.access_token) is account
    clock.now += 60
    assert known.of_access_token(issued.access_token) is None


@pytest.mark.parametrize("used", ["refresh", "access"])
def test_confirmed_rotation_waits_for_the_first_use(clock: Clock, used: str) -> None:
    known = people(clock)
    account = known.add("idc")
    old = known.sign_in(account).refresh_token
    lost, new = known.refresh(account, str(old)), known.refresh(account, str(old))
    assert known.of_refresh_token(old) is account, "an answer that was lost costs nothing"
    assert known.of_refresh_token(lost.refresh_token) is account
    if used == "refresh":
        known.refresh(account, str(new.refresh_token))
    else:
        known.of_access_token(new.access_token)
    assert known.of_refresh_token(old) is None
    assert known.of_refresh_token(lost.refresh_token) is None
    assert known.of_refresh_token(new.refresh_token) is account
    assert account.counts["refreshes"] == 2 + (used == "refresh")


def test_rotation_at_once_leaves_no_second_chance(clock: Clock) -> None:
    known = people(clock, "at-once")
    account = known.add("idc")
    old = known.sign_in(account).refresh_token
    new = known.refresh(account, str(old))
    assert known.of_refresh_token(old) is None
    assert known.of_refresh_token(new.refresh_token) is account


def test_without_rotation_the_token_stays_and_none_is_given(clock: Clock) -> None:
    known = people(clock, "never")
    account = known.add("idc")
    old = known.sign_in(account).refresh_token
    assert known.refresh(account, str(old)).refresh_token is None
    assert known.of_refresh_token(old) is account


def test_signing_in_again_or_being_revoked_ends_all_before(clock: Clock) -> None:
    known = people(clock)
    account = known.add("social")
    old, new = known.sign_in(account), known.sign_in(account)
    assert known.of_refresh_token(old.refresh_token) is None
    known.revoke(account)
    assert known.of_refresh_token(new.refresh_token) is None
    assert known.of_access_token(new.access_token) is None
    known.sign_in(account)
    known.remove(account.id)
    assert known.of_access_token(account.access_token) is None


def test_tokens_are_the_same_for_the_same_seed(clock: Clock) -> None:
    one, two, other = (people(clock, seed=seed) for seed in (7, 7, 8))
    tokens = [each.sign_in(each.add("idc")).access_token for each in (one, two, other)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_memory_is_bounded(clock: Clock) -> None:
    known = people(clock)
    account = known.add("idc")
    token = known.sign_in(account).refresh_token
    for _ in range(200):
        token = known.refresh(account, str(token)).refresh_token
    assert len(known._access) == MOST_TOKENS
    assert len(known._refresh) < 10


def test_by_default_all_but_builder_ids_have_a_profile(clock: Clock) -> None:
    known = people(clock)
    assert known.add("builder_id").profile_arn is None
    arn = known.add("idc", api_region="eu-central-1").profile_arn
    assert arn is not None
    assert arn.split(":")[3] == "eu-central-1"
    assert known.add("builder_id", profile=True).profile_arn
    for wrong in ({"kind": "none"}, {"kind": "idc", "id": "idc-2"}):
        with pytest.raises(ValueError, match=r"choose one|already"):
            known.add(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rotation"):
        people(clock, "sometimes")
