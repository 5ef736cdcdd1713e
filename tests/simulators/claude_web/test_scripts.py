import pytest

from isthmus.simulators.claude_web.faults import Endpoint
from isthmus.simulators.claude_web.scripts import Scripts


def test_a_fault_strikes_as_often_as_it_was_told_to() -> None:
    scripts = Scripts()
    scripts.add("F14", times=2)
    struck = [scripts.take(Endpoint.COMPLETION) for _ in range(3)]
    assert [fault.number if fault else None for fault in struck] == ["F14", "F14", None]


def test_a_fault_strikes_until_it_is_cleared() -> None:
    scripts = Scripts()
    scripts.add("F1")
    assert all(scripts.take(Endpoint.ORGANIZATIONS) for _ in range(50))
    scripts.clear()
    assert scripts.take(Endpoint.ORGANIZATIONS) is None


def test_faults_wait_in_their_order_and_at_their_places() -> None:
    scripts = Scripts()
    scripts.add("F8", times=1)
    scripts.add("F3", ["create", "completion"])
    assert [
        (found := scripts.take(endpoint)) and found.number
        for endpoint in (Endpoint.CREATE, Endpoint.COMPLETION, Endpoint.COMPLETION, Endpoint.LIST)
    ] == ["F3", "F8", "F3", None]


def test_a_fault_that_has_a_count_of_its_own_keeps_it() -> None:
    scripts = Scripts()
    scripts.add("F26 delete-500")
    assert [scripts.take(Endpoint.DELETE) is not None for _ in range(3)] == [True, True, False]
    assert scripts.waiting[0].shown() == {"fault": "F26 delete-500", "endpoints": ["delete"], "left": 0}


@pytest.mark.parametrize(("name", "at"), [("F99", ()), ("F9 never", ()), ("F1", ("nowhere",))])
def test_names_nobody_knows_are_refused(name: str, at: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"F99|never|nowhere"):
        Scripts().add(name, at)
