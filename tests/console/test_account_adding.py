"""How accounts come by form, pasted and from files, and how they go out as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from console.account_stock import FORM, accounts
from console.browsing import Visits


def test_an_account_is_added_by_form_and_replaced(visit: Visits, stock: Callable[[int], list[str]]) -> None:
    stock(0)
    page = visit(f"/accounts?provider={FORM}")
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_label("API key", exact=True).fill("sk-made-up-for-tests-form")
    dialog.get_by_label("Label").fill("by hand")
    dialog.get_by_role("button", name="Order, limits and proxy").click()
    dialog.get_by_label("Proxy", exact=True).fill("nonsense")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert").or_(dialog.locator("[id$=error]")).first).to_contain_text("http")
    dialog.get_by_label("Proxy", exact=True).fill("")
    dialog.get_by_role("button", name="Add", exact=True).click()
    panel = page.get_by_role("dialog", name="by hand")
    expect(panel).to_contain_text("…form")
    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_role("switch", name="Replace the credential").click()
    panel.get_by_label("API key", exact=True).fill("sk-made-up-for-tests-next")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("…next")
    assert [each["credential_hint"] for each in accounts(visit.scenery)] == ["…next"]


def test_pasted_lines_are_looked_at_before_they_are_added(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    stock(1)
    page = visit(f"/accounts?provider={FORM}&add=paste")
    dialog = page.get_by_role("dialog", name="Add accounts")
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    dialog.get_by_label("Accounts").fill(
        "# mine\nsk-made-up-for-tests-0000, again\nsk-made-up-for-tests-new, second one\n"
        '{"label": "third", "credential": {"api_key": "sk-third"}, "weight": 0}\n{broken\n'
        "sk-made-up-for-tests-new, repeated"
    )
    preview = dialog.get_by_role("list", name="What would become of each")
    expect(preview.get_by_role("listitem")).to_have_count(5)
    for words in ("Would be refused: 2", "Would be added: 1", "Already here: 2"):
        expect(dialog).to_contain_text(words)
    for line, words in (
        ("Line 2", "here as “stock 000”"),
        ("Line 3", "Would be added"),
        ("Line 4", "weight: "),
        ("Line 5", "is not JSON"),
        ("Line 6", "the same credential as Line 3"),
    ):
        expect(preview.get_by_role("listitem").filter(has_text=re.compile(f"^{line}"))).to_contain_text(words)
    accessible(page)
    assert [each["label"] for each in accounts(visit.scenery)] == ["stock 000"], "a look adds nothing"
    dialog.get_by_role("button", name="Add 1 account", exact=True).click()
    for words in ("Added: 1", "Already here: 2", "Refused: 2"):
        expect(dialog).to_contain_text(words)
    accessible(page)
    assert sorted(each["label"] for each in accounts(visit.scenery)) == ["second one", "stock 000"]
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_be_hidden()


def test_a_look_follows_what_is_written(visit: Visits, stock: Callable[[int], list[str]]) -> None:
    stock(0)
    page = visit(f"/accounts?provider={FORM}&add=paste")
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_label("Accounts").fill("\n".join(f"sk-made-up-many-{at:05}" for at in range(250)))
    expect(dialog.get_by_role("button", name="Add 250 accounts")).to_be_enabled()
    dialog.get_by_label("Accounts").fill("sk-made-up-only-one")
    expect(dialog.get_by_role("button", name="Add 1 account", exact=True)).to_be_enabled()
    dialog.get_by_label("Accounts").fill("")
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    expect(dialog.get_by_role("list", name="What would become of each")).to_have_count(0)
    assert accounts(visit.scenery) == []


def test_a_file_goes_out_and_comes_back(
    visit: Visits,
    stock: Callable[[int], list[str]],
    tmp_path: Path,
    accessible: Callable[[Page], None],
) -> None:
    stock(2)
    page = visit(f"/accounts?provider={FORM}")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export accounts")
    dialog.get_by_role("radio", name="With credentials").click()
    expect(dialog.get_by_text("Whoever has the file can use the accounts")).to_be_visible()
    expect(dialog.get_by_role("button", name="Download")).to_be_disabled()
    dialog.get_by_label("Type Export to confirm").fill("Export")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    held = json.loads(Path(download.value.path()).read_text("utf-8"))
    held["accounts"] = [each for each in held["accounts"] if each["provider"] == FORM]
    assert {each["credential"]["api_key"] for each in held["accounts"]} == {
        "sk-made-up-for-tests-0000",
        "sk-made-up-for-tests-0001",
    }
    visit.scenery.api("DELETE", f"/v2/accounts/{accounts(visit.scenery)[0]['id']}")
    (tmp_path / "export.json").write_text(json.dumps(held), "utf-8")
    (tmp_path / "list.txt").write_text("mail----password----token\n", "utf-8")
    page.goto(f"{visit.scenery.origin}/admin/accounts?provider={FORM}&add=file")
    dialog = page.get_by_role("dialog", name="Add accounts")
    page.locator("input[type=file]").set_input_files([tmp_path / "export.json", tmp_path / "list.txt"])
    for words in ("Would be added: 1", "Already here: 1", "Would be refused: 1"):
        expect(dialog).to_contain_text(words)
    assert len(accounts(visit.scenery)) == 1
    accessible(page)
    dialog.get_by_role("switch", name="Update accounts that are here").click()
    expect(dialog).to_contain_text("Would be replaced: 1")
    dialog.get_by_role("button", name="Import 2 accounts").click()
    for words in ("Added: 1", "Replaced: 1", "Refused: 1"):
        expect(dialog).to_contain_text(words)
    assert len(accounts(visit.scenery)) == 2


def test_an_export_without_credentials_holds_none(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    stock(1)
    page = visit(f"/accounts?provider={FORM}")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export accounts")
    accessible(page)
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert "made-up-for-tests" not in text
    held = json.loads(text)
    assert not held["with_secrets"]
    assert "stock 000" in [each["label"] for each in held["accounts"]]
    assert all("credential" not in each for each in held["accounts"])
    newest = visit.scenery.api("GET", "/v2/audit?limit=1")["items"][0]
    assert (newest["action"], "without credentials" in newest["detail"]) == ("account.export", True)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.json", "{broken", "broken.json"),
        ("later.json", json.dumps({"format": "isthmus-accounts", "version": 9, "accounts": []}), "version"),
        ("empty.txt", "# nobody\n", "No account was found in these files."),
        (
            "strange.json",
            json.dumps({"format": "isthmus-accounts", "accounts": [{"provider": "nobody"}]}),
            "credential: there is no credential",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    visit: Visits, tmp_path: Path, name: str, content: str, words: str
) -> None:
    before = visit.scenery.api("GET", "/v2/accounts?limit=500")["items"]
    page = visit("/accounts?add=file")
    dialog = page.get_by_role("dialog", name="Add accounts")
    (tmp_path / name).write_text(content, "utf-8")
    page.locator("input[type=file]").set_input_files([tmp_path / name])
    expect(dialog.get_by_role("status").last).to_contain_text(words)
    expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
    after = visit.scenery.api("GET", "/v2/accounts?limit=500")["items"]
    assert [each["id"] for each in after] == [each["id"] for each in before]
