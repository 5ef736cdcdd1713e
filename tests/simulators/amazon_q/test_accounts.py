"""What is kept of an account."""

from isthmus.simulators.amazon_q.accounts import Account, Refreshing


def test_a_new_refresh_token_ends_the_old_one_when_it_is_used() -> None:
    held = Refreshing("old")
    held.pending.extend(("one", "two"))
    assert all(map(held.accepts, ("old", "one", "two")))
    held.confirm("unheard of")
    assert held.accepts("old")
    held.confirm("two")
    assert [held.accepts(each) for each in ("old", "one", "two", "")] == [False, False, True, False]


def test_tokens_that_nobody_used_do_not_pile_up() -> None:
    held = Refreshing("old")
    held.pending.extend(str(number) for number in range(1000))
    assert len(held.pending) < 100
    assert held.accepts("old")


def test_queued_faults_come_once_and_a_standing_one_stays() -> None:
    account = Account("a", "idc", "a@example.com")
    account.faults.extend(("500", "throttled"))
    assert [account.next_fault() for _ in range(3)] == ["500", "throttled", ""]
    account.fault = "suspended"
    assert [account.next_fault() for _ in range(2)] == ["suspended", "suspended"]


def test_what_is_shown_holds_no_secret() -> None:
    account = Account("a", "idc", "a@example.com", client_secret="hush", api_key="hush", access_token="hush")
    assert "hush" not in str(account.shown())
