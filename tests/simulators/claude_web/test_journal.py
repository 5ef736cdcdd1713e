from isthmus.simulators.claude_web.journal import Entry, Journal, masked

KEY = "sk-ant-sid01-" + "a" * 95 + "-bbbbbbAA"
HONEST = (("Cookie", f"sessionKey={KEY}"), ("User-Agent", "isthmus/1"))


def opened(journal: Journal, *headers: tuple[str, str]) -> Entry:
    return journal.open(1.0, "GET", "/api/organizations", "", headers or HONEST)


def test_no_key_is_written_down() -> None:
    journal = Journal()
    entry = opened(journal, *HONEST, ("Authorization", f"Bearer {KEY}"), ("X-Other", KEY))
    journal.record(entry, f'{{"key": "{KEY}"}}'.encode())
    assert KEY not in str(entry.shown()) and KEY not in repr(entry)
    assert entry.values("cookie") == ["sessionKey=***"]
    assert entry.body == {"key": "sk-ant-***"}
    assert masked(f"/x/{KEY}/y") == "/x/sk-ant-***/y"


def test_bodies_are_kept_as_what_they_are() -> None:
    journal = Journal()
    for body, wanted in (
        (b'{"a": 1}', {"a": 1}),
        (b"", None),
        (b"not json", "not json"),
        (b"x" * (2 << 20), "(2097152 bytes)"),
    ):
        entry = opened(journal)
        journal.record(entry, body)
        assert entry.body == wanted


def test_an_honest_client_has_no_disguise() -> None:
    assert opened(Journal()).disguises == []


def test_disguises_are_named() -> None:
    entry = opened(
        Journal(),
        ("Cookie", f"sessionKey={KEY}; cf_clearance=x"),
        ("User-Agent", "Mozilla/5.0 (X11)"),
        ("anthropic-client-platform", "web_claude_ai"),
        ("Sec-Fetch-Mode", "cors"),
    )
    assert entry.disguises == [
        "user-agent of a browser",
        "anthropic-client-platform",
        "sec-fetch-mode",
        "cookie cf_clearance",
    ]
    assert opened(Journal(), ("Accept", "*/*")).disguises == ["no user-agent of its own"]


def test_the_oldest_entries_go() -> None:
    journal = Journal(kept=3)
    for _ in range(5):
        opened(journal)
    assert [entry.number for entry in journal] == [3, 4, 5]
    heavy = Journal(kept_bytes=1000)
    for _ in range(5):
        heavy.record(opened(heavy), b"x" * 400)
    assert [entry.number for entry in heavy] == [4, 5]
    heavy.clear()
    assert len(heavy) == 0


def test_entries_are_found_by_endpoint_and_account() -> None:
    journal = Journal()
    for endpoint, account in (("create", "anna"), ("completion", "anna"), ("completion", "ben")):
        entry = opened(journal)
        entry.endpoint, entry.account = endpoint, account
    assert [each.account for each in journal.of("completion")] == ["anna", "ben"]
    assert [each.number for each in journal.of("completion", "ben")] == [3]
    assert journal[-1].account == "ben"
