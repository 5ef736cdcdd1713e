"""The approval page holds what a person needs, and nothing that a page on the web could slip in."""

from isthmus.simulators.amazon_q import page
from isthmus.simulators.amazon_q.sign_ins import SignIn


def sign_in(code: str) -> SignIn:
    return SignIn("device", code, "idc", "client", "us-east-1", None, 0.0, 1.0)


def test_with_a_code_it_asks_for_yes_or_no() -> None:
    shown = page.asking(sign_in("ABCD-EFGH"), "ABCD-EFGH")
    assert "ABCD-EFGH" in shown
    assert "value='approve'" in shown
    assert "value='deny'" in shown


def test_without_one_it_asks_for_it_and_repeats_nothing_as_markup() -> None:
    shown = page.asking(None, "'><script>x</script>", "<b>no</b>")
    assert "name='user_code'" in shown
    assert "<script>" not in shown
    assert "<b>no" not in shown
    assert "<b>" not in page.done("<b>")
