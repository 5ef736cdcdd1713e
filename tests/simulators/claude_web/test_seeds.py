import re
import uuid

from isthmus.simulators.claude_web.seeds import Seeds


def test_the_same_seed_gives_the_same_names_and_another_gives_others() -> None:
    first, same, other = (Seeds(seed) for seed in (7, 7, 8))
    drawn = [(each.uuid(), each.tag("req"), each.session_key()) for each in (first, same, other)]
    assert drawn[0] == drawn[1]
    assert not set(drawn[0]) & set(drawn[2])


def test_nothing_is_given_out_twice() -> None:
    seeds = Seeds()
    assert len({seeds.uuid() for _ in range(500)}) == 500


def test_names_have_the_shapes_of_the_service() -> None:
    seeds = Seeds()
    assert uuid.UUID(seeds.uuid()).version == 4
    assert re.fullmatch(r"req_01[0-9a-f]{22}", seeds.tag("req"))
    assert re.fullmatch(r"sk-ant-sid\d\d-[0-9A-Za-z_-]{86,120}-[0-9A-Za-z_-]{6}AA", seeds.session_key())
