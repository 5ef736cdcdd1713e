"""A haul begins empty, and its parts are its own."""

from isthmus.migrate.haul import Haul, Line


def test_hauls_share_nothing() -> None:
    one, other = Haul("litellm"), Haul("litellm")
    one.report.carried.append(Line("a", "b"))
    one.settings["request_log.enabled"] = True
    assert (other.report.carried, other.settings) == ([], {})
