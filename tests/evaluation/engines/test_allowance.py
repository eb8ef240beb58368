import pytest

from twinfold.evaluation.engines import allowance
from twinfold.evaluation.engines.allowance import Allowance, TooSlowError, Watch
from twinfold.protocols import silent


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(allowance, "time", clock)
    return clock


def test_what_an_engine_leaves_over_is_there_for_the_next(clock: Clock) -> None:
    shared = Allowance(100.0)
    assert shared.next(4) == 12.5  # half of a quarter: nobody knows yet how long judging takes
    clock.now = 8.0
    shared.took(5.0)
    assert shared.next(3) == pytest.approx(92 / 3 - 5)
    clock.now = 96.0
    assert shared.next(1) == 0.0
    assert Allowance(None).next(4) is None


def test_fewer_engines_are_given_room_where_not_all_can_be_judged(clock: Clock) -> None:
    shared = Allowance(100.0)
    shared.took(30.0)
    assert shared.next(8) == 100 / 2 - 30


def test_an_engine_is_stopped_at_the_end_of_its_time(clock: Clock) -> None:
    watch = Watch(silent, "trees", 10.0)
    watch("learning", 0.5)
    clock.now = 11.0
    with pytest.raises(KeyboardInterrupt):
        watch("calibrating", 0.1)
    assert watch.stopped
    watch.untimed()("judging", 0.5)


def test_an_engine_that_will_take_longer_is_told_so_early(clock: Clock) -> None:
    watch = Watch(silent, "network", 100.0, planning=True)
    clock.now = 3.0
    watch("learning", 0.0)
    clock.now = 8.0
    watch("learning", 0.2)
    clock.now = 11.0
    watch("learning", 0.0)  # learned anew, and counted anew
    clock.now = 18.0
    with pytest.raises(TooSlowError):
        watch("learning", 0.1)
    assert not watch.stopped
    assert watch.left == 82.0


def test_progress_says_which_engine_is_at_work() -> None:
    told: list[str] = []
    Watch(lambda stage, done: told.append(stage), "trees (1 of 2)", None)("learning", 0.1)
    assert told == ["trees (1 of 2): learning"]
