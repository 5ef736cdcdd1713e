import pytest

from isthmus.routing.account import AccountId, Member


def test_a_member_needs_only_its_id() -> None:
    member = Member(AccountId("a"))
    assert (member.enabled, member.weight, member.max_concurrency) == (True, 1, None)


@pytest.mark.parametrize(
    "name",
    [
        "weight",
        "max_concurrency",
        "requests_per_minute",
        "tokens_per_minute",
        "requests_per_day",
        "tokens_per_day",
    ],
)
def test_a_number_that_would_never_let_it_be_chosen_is_refused(name: str) -> None:
    assert getattr(Member(AccountId("a"), **{name: 1}), name) == 1
    with pytest.raises(ValueError, match=f"^account 'a': {name} must be at least 1, not 0$"):
        Member(AccountId("a"), **{name: 0})
