from isthmus.providers.amazon_q.options import Options


def test_an_account_has_the_last_word() -> None:
    options = Options(api_region="us-east-1", origin="CLI").of(
        {"api_region": "eu-central-1", "email": "a@b.c"}
    )
    assert options == Options(api_region="eu-central-1", origin="CLI")


def test_what_is_of_another_type_is_passed_over() -> None:
    assert Options().of({"api_region": 5, "opt_out": "no", "strict_schemas": True}) == Options(
        strict_schemas=True
    )
