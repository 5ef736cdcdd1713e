"""Tables say of a key what a person wants to know, rows all there is; neither has anything to hide."""

import io
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from isthmus.cli.key_tables import key_row, key_table, usage_table
from isthmus.control.keys import ApiKey, CurrentUse, KeyState, KeyUse, Used
from isthmus.routing.permissions import KeyTerms
from isthmus.storage.key_usage import UsedOnDay

KEY = ApiKey(
    id="key_1",
    name="[bold]laptop[/]",
    hash="the hash",
    prefix="sk-isthmus-abc",
    terms=KeyTerms(
        models=("gpt-5*",), ips=("10.0.0.0/8",), requests_per_minute=1000, nano_usd_per_day=500_000_000
    ),
    expires_ms=4_070_908_800_000,
    created_ms=1_790_000_000_000,
    updated_ms=1_790_000_000_000,
)
USE = CurrentUse(Used(1200), Used(5000, 3, 10, 20, 12_345_678_901))


def shown(table: Table) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_table_says_what_a_key_may_and_did() -> None:
    text = shown(key_table([KEY], {"key_1": USE}, {"key_1": KeyState.ACTIVE}))
    assert "[bold]laptop[/]" in text  # a name is no markup
    assert "until 2099-01-01" in text
    assert "gpt-5*; 10.0.0.0/8; 1,000 requests per minute; $0.50 daily cost budget" in text
    assert "1,200" in text
    assert "$12.35" in text
    servers = {
        mcp: shown(key_table([replace(KEY, terms=KeyTerms(mcp=mcp))], {}, {"key_1": KeyState.ACTIVE}))
        for mcp in ((), ("files", "mail:read"))
    }
    assert "MCP: nothing" in servers[()]
    assert "MCP: files, mail:read" in servers[("files", "mail:read")]
    assert "nothing" in shown(
        key_table(
            [ApiKey(id="k", name="n", hash="", prefix="", created_ms=1, updated_ms=1)],
            {},
            {"k": KeyState.ACTIVE},
        )
    )


def test_a_table_says_why_a_key_is_refused() -> None:
    text = shown(key_table([KEY], {}, {"key_1": KeyState.OWNER_DISABLED}))
    assert "owner disabled" in text
    assert "until" not in text


def test_a_row_has_everything_but_the_hash() -> None:
    row = key_row(KEY, USE, KeyState.ACTIVE)
    assert (row["state"], row["expires_at"], row["usd_per_day"], row["usd_per_month"]) == (
        "active",
        "2099-01-01T00:00:00Z",
        0.5,
        None,
    )
    assert row["this_month"] == {
        "requests": 5000,
        "failures": 3,
        "input_tokens": 10,
        "output_tokens": 20,
        "cost_usd": 12.345678901,
    }
    assert "the hash" not in str(row)
    assert "nano" not in str(row)


def test_use_is_shown_by_day() -> None:
    text = shown(usage_table(KeyUse([UsedOnDay("key_1", "2026-11-20", Used(7, 1, 10_000, 20))], USE)))
    assert "2026-11-20" in text
    assert "10,000" in text
    assert "This month" in text
