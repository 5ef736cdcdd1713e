import pytest

from isthmus.simulators.claude_web.accounts import Account, Flag, Organization, first_organization
from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.quota import Quota
from isthmus.simulators.claude_web.refusals import Refusal

CONSOLE = Organization(1, "org-api", "Console", ("api",))


def account(plan: Plan = Plan.PRO) -> Account:
    chats = first_organization("org-chat", plan, 2)
    return Account("anna", "old", "u", plan, [CONSOLE, chats], Quota.of({"5h": 5}))


def test_the_organization_that_chats_is_found_among_others() -> None:
    assert account().org.uuid == "org-chat"
    assert account().chat_org("org-chat").name == "Organization 2"


@pytest.mark.parametrize("uuid", ["org-api", "someone-elses"])
def test_other_organizations_are_refused(uuid: str) -> None:
    with pytest.raises(Refusal) as refused:
        account().chat_org(uuid)
    assert (refused.value.status, refused.value.kind) == (403, "permission_error")


def test_a_free_account_chooses_among_few_models() -> None:
    free, pro = account(Plan.FREE), account()
    free.check_model(None)
    free.check_model("claude-sonnet-4-6")
    pro.check_model("claude-opus-4-8")
    with pytest.raises(Refusal, match="not available") as refused:
        free.check_model("claude-opus-4-8")
    assert refused.value.status == 403
    with pytest.raises(Refusal, match="model: claude-nine"):
        pro.check_model("claude-nine")


def test_a_new_key_replaces_the_old_one_when_it_is_used() -> None:
    mine = account()
    mine.next_key = "new"
    assert mine.opens("old")
    assert mine.opens("new")
    assert not mine.opens("old")
    mine.signed_in = False
    assert not mine.opens("new")


def test_nobody_is_shown_with_a_key() -> None:
    mine = account()
    mine.next_key = "sk-secret"
    assert "old" not in repr(mine) and "sk-secret" not in repr(mine)


def test_an_account_is_shown_with_its_organizations_and_flags() -> None:
    mine = account()
    mine.flags.append(Flag("restricted", 1_790_000_000))
    shown = mine.shown()
    assert shown["email_address"] == "anna@example.org"
    second = shown["memberships"][1]["organization"]
    assert second["capabilities"] == ["chat", "claude_pro"]
    assert second["active_flags"] == [
        {"type": "restricted", "expires_at": "2026-09-21T14:13:20.000000+00:00"}
    ]
