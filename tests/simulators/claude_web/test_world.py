import pytest

from isthmus.simulators.claude_web.plans import Plan
from isthmus.simulators.claude_web.world import World


def test_the_same_seed_makes_the_same_people() -> None:
    first, second = World(seed=3), World(seed=3)
    assert first.add_account().key == second.add_account().key
    assert first.add_account("ben", "free").org.uuid == second.add_account("ben", "free").org.uuid


def test_people_are_found_by_name_and_by_key() -> None:
    world = World()
    anna, ben = world.add_account("anna", Plan.MAX), world.add_account("ben", allowances={"5h": 3})
    assert world.account("anna") is anna and world.account_of(ben.key) is ben
    assert world.account_of("sk-ant-sid01-nobody") is None
    assert ben.quota.windows["5h"].allowance == 3 and set(ben.quota.windows) == {"5h"}
    with pytest.raises(ValueError, match="there are anna, ben"):
        world.account("carl")
    with pytest.raises(ValueError, match="exists already"):
        world.add_account("anna")
