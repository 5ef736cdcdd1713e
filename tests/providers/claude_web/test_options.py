from isthmus.providers.claude_web.options import Options


def test_an_account_has_the_last_word() -> None:
    options = Options(temporary=False, timezone="Europe/London").of(
        {"timezone": "Asia/Tokyo", "max_files": 5, "organization_id": "somewhere"}
    )
    assert options == Options(temporary=False, timezone="Asia/Tokyo", max_files=5)


def test_what_is_of_another_type_is_passed_over() -> None:
    own = {"max_files": True, "temporary": 0, "timezone": None, "web_search": True}
    assert Options().of(own) == Options(web_search=True)
