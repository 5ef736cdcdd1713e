"""What a crew is told has defaults that keep nothing running in advance."""

from isthmus.core.programs import Program
from isthmus.transport.workers import CrewRules, Worker


def test_by_default_nothing_runs_before_it_is_wanted() -> None:
    assert CrewRules().size == 0
    assert CrewRules().max_processes > 0


def test_two_processes_of_one_program_are_two() -> None:
    program = Program(())
    assert len({Worker(program), Worker(program)}) == 2
