from isthmus.core.logins import Access, Holder, LoginError, LoginProblem
from isthmus.core.secret import Secret


def test_a_login_error_says_what_stands_in_the_way() -> None:
    error = LoginError(LoginProblem.PASSING, "the service asks for patience", wait_s=5)
    assert str(error) == error.message == "the service asks for patience"
    assert (error.problem, error.wait_s, error.field) == (LoginProblem.PASSING, 5, None)


def test_no_secret_of_an_account_is_printed() -> None:
    holder = Holder("idc", {"refresh_token": Secret("hidden-value")})
    access = Access({"access_token": Secret("hidden-value")})
    assert "hidden-value" not in repr(holder) + repr(access)
