"""Sign-ins that wait for a person."""

import pytest

from isthmus.simulators.amazon_q.people import People
from isthmus.simulators.amazon_q.sign_ins import MOST_WAITING, Said, SignIns
from simulators.amazon_q.asking import Clock


@pytest.fixture
def sign_ins(clock: Clock) -> SignIns:
    people = People(1, clock, access_ttl_s=60, rotation="confirmed")
    return SignIns(people, clock, lifetime_s=600, interval_s=1, patient=False)


def test_a_code_may_be_typed_in_any_way(sign_ins: SignIns) -> None:
    begun = sign_ins.begin("idc", "client", "eu-west-1", "https://d-1.awsapps.com/start")
    account = sign_ins.approve(begun.user_code.replace("-", "").lower(), "a@example.com")
    assert (begun.said, begun.account) == (Said.YES, account)
    assert (account.kind, account.auth_region, account.start_url) == ("idc", "eu-west-1", begun.start_url)
    with pytest.raises(LookupError):
        sign_ins.deny(begun.user_code)


def test_the_same_person_has_one_account(sign_ins: SignIns) -> None:
    codes = [sign_ins.begin("builder_id", "client", "us-east-1", None).user_code for _ in range(2)]
    assert sign_ins.approve(codes[0]) is sign_ins.approve(codes[1])


def test_nobody_answers_a_code_that_has_ended(sign_ins: SignIns, clock: Clock) -> None:
    begun = sign_ins.begin("idc", "client", "us-east-1", None)
    clock.now += 600
    with pytest.raises(LookupError):
        sign_ins.approve(begun.user_code)


def test_polling_too_soon_costs_patience(sign_ins: SignIns, clock: Clock) -> None:
    begun = sign_ins.begin("idc", "client", "us-east-1", None)
    assert not sign_ins.too_soon(begun)
    assert sign_ins.too_soon(begun)
    clock.now += 1
    assert sign_ins.too_soon(begun), "five seconds more are due"
    clock.now += begun.interval_s
    assert not sign_ins.too_soon(begun)


def test_sign_ins_do_not_pile_up(sign_ins: SignIns) -> None:
    for _ in range(MOST_WAITING + 5):
        sign_ins.begin("idc", "client", "us-east-1", None)
    assert len(sign_ins.by_device) == MOST_WAITING
