"""The rules of docs/rates.md, one class a rule, and metrics-server's own table beside ours."""

import pytest

from tests.usage.answers import NODE, POD, Bench, Said, answer
from tidegauge.usage.readings import ContainerUsage


class TestRule1Stamps:
    def test_the_window_runs_between_the_two_cpu_stamps(self) -> None:
        """Memory stamps, however far off, move neither the window nor the time served."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, memory_at=7))
        bench.hear(app=Said(15, cpu=13, memory_at=21))

        assert bench.shown() == {"app": (200.0, 15, 15)}

    def test_the_rate_is_cut_in_double_arithmetic(self) -> None:
        """1 nanosecond of CPU over 3 seconds is no whole nanocore: it is cut to 0."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=1))
        bench.hear(app=Said(3, cpu=1 + 2e-9))

        usage = bench.usage()
        assert usage is not None
        assert usage.containers[0].cpu == 0


class TestRule2NothingNew:
    @pytest.mark.parametrize("stamp", [15, 14, 0, -100], ids=["same", "between", "first", "before"])
    def test_a_stamp_that_is_not_later_adds_nothing(self, stamp: float) -> None:
        """The pair stays as it was, whatever figure the late sample carries."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13))
        bench.hear(app=Said(stamp, cpu=99))

        assert bench.shown() == {"app": (200.0, 15, 15)}

    def test_an_absurd_memory_stamp_does_not_freeze_memory(self) -> None:
        """Beside a CPU reading that is taken, memory is taken whatever its stamp."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, memory=1000, memory_at=10_000_000))
        bench.hear(app=Said(15, cpu=13, memory=2000))

        usage = bench.usage()
        assert usage is not None
        assert usage.containers[0].memory == 2000

    def test_memory_moves_with_its_own_stamp(self) -> None:
        """New memory is taken though the CPU stamp stands still; old memory never comes back."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, memory=1000))
        bench.hear(app=Said(15, cpu=13, memory=2000, swap=5))
        bench.hear(app=Said(15, cpu=13, memory=3000, memory_at=20, swap=6))
        bench.hear(app=Said(15, cpu=13, memory=4000, memory_at=19, swap=7))

        usage = bench.usage()
        assert usage is not None
        assert (usage.containers[0].memory, usage.containers[0].swap) == (3000, 6)


class TestRule3Starts:
    def test_first_sight_needs_a_second_reading(self) -> None:
        """A container that ran before we knew its node is never rated over its lifetime."""
        bench = Bench()
        bench.hear(app=Said(100, cpu=50, start=0))
        assert bench.shown() is None

        bench.hear(app=Said(115, cpu=53, start=0))
        assert bench.shown() == {"app": (200.0, 115, 15)}

    @pytest.mark.parametrize(
        ("age", "expected"),
        [(9.999, None), (10, {"app": (300.0, 25, 10)}), (14, {"app": (214.286, 25, 14)})],
        ids=["too young", "ten seconds", "older"],
    )
    def test_a_container_that_came_after_the_last_answer_is_rated_from_its_start(
        self, age: float, expected: object
    ) -> None:
        """New on a known node, it needs one reading and 10 seconds of age."""
        bench = Bench()
        bench.hear(node=Said(10, cpu=1))
        bench.hear(app=Said(25, cpu=3, start=25 - age), node=Said(25, cpu=2))

        assert bench.shown() == expected

    def test_a_start_in_the_future_is_known_once_its_time_has_come(self) -> None:
        """The same start, later than the last stamp but not than this one, is that of a restart."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=3))
        bench.hear(app=Said(15, cpu=16, start=3))

        assert bench.shown() == {"app": (1333.333, 15, 12)}

    def test_a_container_that_is_not_younger_than_the_last_answer_needs_two_readings(self) -> None:
        """Its node had answered before, and it had already run then, if only just."""
        bench = Bench()
        bench.hear(node=Said(10, cpu=1))
        bench.hear(app=Said(25, cpu=3, start=10), node=Said(25, cpu=2))

        assert bench.shown() is None

    def test_a_young_window_keeps_its_beginning_until_it_was_used(self) -> None:
        """At 4 and 9 seconds it is too early; 14 gives a rate from the start, 19 a pair."""
        bench = Bench()
        bench.hear(node=Said(0, cpu=1))
        seen = []
        for age in (4, 9, 14, 19):
            bench.hear(app=Said(1 + age, cpu=age / 10, start=1), node=Said(age, cpu=2))
            seen.append(bench.shown())

        assert seen == [None, None, {"app": (100.0, 15, 14)}, {"app": (100.0, 20, 5)}]

    def test_the_last_usage_stays_while_a_restarted_container_is_young(self) -> None:
        """All of it stays: CPU, window, time and memory; then the rate runs from the new start."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-100))
        bench.hear(app=Said(15, cpu=13, memory=777, start=-100))
        bench.hear(app=Said(30, cpu=1, memory=5, start=25))
        assert bench.shown() == {"app": (200.0, 15, 15)}
        usage = bench.usage()
        assert usage is not None
        assert usage.containers[0].memory == 777

        bench.hear(app=Said(45, cpu=4, memory=6, start=25))
        assert bench.shown() == {"app": (200.0, 45, 20)}

    @pytest.mark.parametrize("start", [-200, None], ids=["moved back", "gone"])
    def test_a_start_that_moved_back_or_is_gone_is_a_new_first_point(
        self, start: float | None
    ) -> None:
        """It may be another container, though the counter went on."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-100))
        bench.hear(app=Said(15, cpu=13, start=-100))
        bench.hear(app=Said(30, cpu=19, start=start))
        assert bench.shown() == {"app": (200.0, 15, 15)}

        bench.hear(app=Said(45, cpu=22, start=start))
        assert bench.shown() == {"app": (200.0, 45, 15)}

    def test_a_start_line_that_is_bad_changes_nothing(self) -> None:
        """In an answer that is not whole the start stays as it was."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-100))
        bench.hear(app=Said(15, cpu=13, start=-100))
        bench.hear(app=Said(30, cpu=19), whole=False)
        assert bench.shown() == {"app": (400.0, 30, 15)}

        bench.hear(app=Said(45, cpu=22, start=-100))
        assert bench.shown() == {"app": (200.0, 45, 15)}

    @pytest.mark.parametrize("start", [-100, -200, None], ids=["same", "earlier", "unknown"])
    def test_a_counter_that_fell_is_a_new_first_point(self, start: float | None) -> None:
        """Without a restart to explain it, two readings are needed; the last usage stays."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-100))
        bench.hear(app=Said(15, cpu=13, start=-100))
        bench.hear(app=Said(30, cpu=1, start=start))
        assert bench.shown() == {"app": (200.0, 15, 15)}

        bench.hear(app=Said(45, cpu=2.5, start=start))
        assert bench.shown() == {"app": (100.0, 45, 15)}

    def test_a_start_in_the_future_counts_as_unknown(self) -> None:
        """Nonsense about the start neither hides a container nor rates it over a tiny window."""
        bench = Bench()
        for at, cpu in ((0, 10), (15, 13), (30, 16)):
            bench.hear(app=Said(at, cpu=cpu, start=10_000))

        assert bench.shown() == {"app": (200.0, 30, 15)}

    def test_a_restart_right_after_a_restart_keeps_the_first_usage(self) -> None:
        """A crash loop shows its last real usage until that is stale, never a made-up one."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-100))
        bench.hear(app=Said(15, cpu=13, start=-100))
        for at in (30, 45, 60):
            bench.clock.advance(15)
            bench.hear(app=Said(at, cpu=0.1, start=at - 5))

        assert bench.shown() == {"app": (200.0, 15, 15)}
        bench.clock.advance(600)
        bench.hear(app=Said(660, cpu=0.1, start=655))
        assert bench.shown() is None


class TestRule4WholePods:
    def test_a_pod_is_never_served_with_a_part_of_its_containers(self) -> None:
        """A container that joins hides the pod until it has a usage of its own."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13), side=Said(15, cpu=1, start=-50))
        assert bench.shown() is None

        bench.hear(app=Said(30, cpu=16), side=Said(30, cpu=2.5, start=-50))
        assert bench.shown() == {"app": (200.0, 30, 15), "side": (100.0, 30, 15)}

    def test_zero_cpu_and_zero_memory_is_a_container_that_has_exited(self) -> None:
        """It is left out and hides nobody; a pod of only such containers is absent."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), init=Said(0, cpu=0, memory=0))
        bench.hear(app=Said(15, cpu=13), init=Said(15, cpu=0, memory=0))
        assert bench.shown() == {"app": (200.0, 15, 15)}

        bench.hear(app=Said(30, cpu=0, memory=0), init=Said(30, cpu=0, memory=0))
        assert bench.shown() is None

    @pytest.mark.parametrize(("cpu", "memory"), [(0, 4096), (3, 0)], ids=["idle", "without memory"])
    def test_one_zero_is_a_value(self, cpu: float, memory: int) -> None:
        """An idle container and one whose memory reads 0 are served as they are."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=cpu, memory=memory))
        bench.hear(app=Said(15, cpu=cpu, memory=memory))

        usage = bench.usage()
        assert usage is not None
        assert usage.containers == [ContainerUsage("app", 0, memory, None)]

    @pytest.mark.parametrize(
        "half",
        [Said(15, cpu=13, memory=None), Said(15, cpu=None)],
        ids=["only cpu", "only memory"],
    )
    def test_a_container_with_one_reading_hides_its_pod(self, half: Said) -> None:
        """The other containers are not served without it."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), side=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13), side=Said(15, cpu=13))
        assert bench.shown() is not None

        bench.hear(app=Said(15, cpu=13), side=half)
        assert bench.shown() is None

    def test_the_earliest_container_gives_the_pods_time(self) -> None:
        """Timestamp and window come from the same container."""
        bench = Bench()
        bench.hear(a=Said(2, cpu=1), b=Said(1, cpu=1), c=Said(3, cpu=1))
        bench.hear(a=Said(17, cpu=1), b=Said(14, cpu=1), c=Said(18, cpu=1))

        usage = bench.shown()
        assert usage == {"a": (0.0, 14, 13), "b": (0.0, 14, 13), "c": (0.0, 14, 13)}


class TestRule5Stale:
    def test_a_failed_scrape_costs_nothing_for_three_periods(self) -> None:
        """Up to and including the third period after its last answer the node is served."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), node=Said(0, cpu=1))
        bench.hear(app=Said(15, cpu=13), node=Said(15, cpu=4))

        bench.clock.advance(45)
        assert bench.shown() == {"app": (200.0, 15, 15)}
        assert bench.node_shown() == {"": (200.0, 15, 15)}
        bench.clock.advance(0.001)
        assert bench.shown() is None
        assert bench.node_shown() is None
        assert bench.store.tally() == (0, 0, 1, 0)

    def test_the_count_is_of_what_has_usage(self) -> None:
        """A first point and a container without memory have none, one that restarted keeps its."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), side=Said(0, cpu=10), node=Said(0, cpu=1))
        assert bench.store.tally() == (0, 0, 0, 0)

        bench.hear(app=Said(15, cpu=13), side=Said(15, cpu=13), node=Said(15, cpu=4))
        assert bench.store.tally() == (1, 2, 0, 0)

        restarted, late = Said(30, cpu=0, start=28), Said(30, cpu=1)
        bare = Said(30, cpu=14, memory=None)
        bench.hear(app=restarted, side=bare, late=late, node=Said(30, cpu=5))
        assert bench.store.tally() == (1, 1, 0, 0)

    def test_a_stamp_that_stands_still_is_stale_after_ten_minutes(self) -> None:
        """The node answers all the while; what stands still goes, what moves stays."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), node=Said(0, cpu=1))
        bench.hear(app=Said(15, cpu=13), node=Said(15, cpu=4))
        for at in range(30, 630, 15):
            bench.clock.advance(15)
            bench.hear(app=Said(15, cpu=13), node=Said(at, cpu=4))
        assert bench.shown() == {"app": (200.0, 15, 15)}

        bench.clock.advance(15)
        bench.hear(app=Said(15, cpu=13), node=Said(645, cpu=4))
        assert bench.shown() is None
        assert bench.store.tally() == (1, 0, 0, 1)
        assert bench.node_shown() is not None

    def test_a_stamp_that_moves_after_ten_minutes_makes_a_pair(self) -> None:
        """Housekeeping slower than that still gives usage, over a longer window."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        for _ in range(60):
            bench.clock.advance(15)
            bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(900, cpu=190))

        assert bench.shown() == {"app": (200.0, 900, 900)}

    def test_a_node_clock_set_back_costs_ten_minutes(self) -> None:
        """After that the series starts anew on the new clock."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10, start=-500))
        bench.hear(app=Said(15, cpu=13, start=-500))
        for step in range(1, 42):
            bench.clock.advance(15)
            bench.hear(app=Said(-3600 + 15 * step, cpu=13 + step, memory=step, start=-4100))
        assert bench.shown() is None

        bench.clock.advance(15)
        bench.hear(app=Said(-3600 + 15 * 42, cpu=13 + 42, memory=42, start=-4100))
        usage = bench.usage()
        assert usage is not None
        assert usage.containers == [ContainerUsage("app", 66_666_666, 42, None)]


class TestRule6Gone:
    def test_what_a_whole_answer_lacks_is_gone_at_once(self) -> None:
        """The pod disappears with the answer that does not name it, and must start over."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13))
        bench.hear(node=Said(30, cpu=1))
        assert bench.shown() is None

        bench.hear(app=Said(45, cpu=19))
        assert bench.shown() is None

    def test_an_answer_that_is_not_whole_removes_nothing(self) -> None:
        """What it has is taken, what it lacks stays, one reading of a container included."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), side=Said(0, cpu=10), gone=Said(0, cpu=1))
        bench.hear(app=Said(15, cpu=13), side=Said(15, cpu=13), gone=Said(15, cpu=1))
        bench.hear(app=Said(30, cpu=19), side=Said(30, cpu=None, memory=7), whole=False)

        usage = bench.usage()
        assert usage is not None
        assert usage.containers == [
            ContainerUsage("app", 400_000_000, 1 << 20, None),
            ContainerUsage("gone", 0, 1 << 20, None),
            ContainerUsage("side", 200_000_000, 7, None),
        ]

    def test_a_start_goes_with_its_cpu_reading(self) -> None:
        """A start that was said without a CPU reading is not one that can be gone later."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=None, start=-3600))
        bench.hear(app=Said(15, cpu=10), whole=False)
        bench.hear(app=Said(30, cpu=13))

        assert bench.shown() == {"app": (200.0, 30.0, 15.0)}

    def test_memory_that_an_answer_that_is_not_whole_lacks_stays(self) -> None:
        """Also beside a CPU reading that moves on."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13, memory=7))
        bench.hear(app=Said(30, cpu=19, memory=None), whole=False)

        usage = bench.usage()
        assert usage is not None
        assert usage.containers == [ContainerUsage("app", 400_000_000, 7, None)]

    def test_a_node_that_is_never_whole_does_not_keep_all_pods_it_ever_had(self) -> None:
        """A pod that it no longer mentions is forgotten once it is too old to be served."""
        bench = Bench()
        steady = {(*POD, "app"): Said(0, cpu=0), (*POD, "bad"): Said(0, cpu=0)}
        bench.store.record(NODE, answer(steady, whole=False))
        for second in range(15, 3600, 15):
            bench.clock.advance(15)
            said = {
                (*POD, "app"): Said(second, cpu=second),
                ("jobs", f"job-{second}", "c"): Said(second, cpu=1),
            }
            bench.store.record(NODE, answer(said, whole=False))

        layout = bench.store._nodes[NODE].series.layout
        assert len(layout.pods) <= 1 + 600 / 15 + 1
        assert bench.usage() is None, "its container whose line is bad was not forgotten"

    def test_an_answer_that_is_not_whole_does_not_fill_memory(self) -> None:
        """Beyond the most that a node may have, what it does not mention goes."""
        bench = Bench()
        for name in ("first", "other"):
            many = {("ns", f"{name}-{i}", "c"): Said(0, cpu=1) for i in range(6_000)}
            bench.store.record(NODE, answer(many, whole=False))

        assert len(bench.store._nodes[NODE].series.layout.pods) == 6_000

    def test_a_node_that_is_gone_takes_its_data_with_it(self) -> None:
        """Forgotten means: as if it had never answered."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10), node=Said(0, cpu=1))
        bench.hear(app=Said(15, cpu=13), node=Said(15, cpu=1))
        bench.store.forget(NODE)

        assert bench.shown() is None
        assert bench.node_shown() is None


class TestRule7Ownership:
    def test_only_the_node_a_pod_runs_on_is_asked(self) -> None:
        """Another node's claim on the pod is never read."""
        bench = Bench()
        bench.hear(app=Said(0, cpu=10))
        bench.hear(app=Said(15, cpu=13))
        for at, cpu in ((0, 0), (15, 15)):
            claim = {(*POD, "app"): Said(at, cpu=cpu)}
            bench.store.record("liar", answer(claim))

        assert bench.shown() == {"app": (200.0, 15, 15)}
        assert bench.store.pod_usage(*POD, "node-b") is None


class TestRule8Order:
    def test_containers_are_sorted_and_stored_time_is_kept(self) -> None:
        """However the answer came, names stand in order, with the time it was stored at."""
        bench = Bench()
        bench.hear(zeta=Said(0, cpu=1), alpha=Said(0, cpu=1))
        bench.clock.advance(15)
        bench.hear(zeta=Said(15, cpu=1), alpha=Said(15, cpu=1))
        stored = bench.clock.now()
        bench.clock.advance(5)

        usage = bench.usage()
        assert usage is not None
        assert [c.name for c in usage.containers] == ["alpha", "zeta"]
        assert usage.stored == stored


# metrics-server's own table for a stored pair (P at 0 s, L at 15 s) and a further sample N.
# A difference that docs/rates.md intends names its rule.
INCUMBENT = [
    pytest.param(30, 16, {"": (200.0, 30, 15)}, id="N newer than L: the same"),
    pytest.param(15, 13, {"": (200.0, 15, 15)}, id="N same time as L: the same"),
    pytest.param(10, 12, {"": (200.0, 15, 15)}, id="P < N < L: rule 2, the pair stays"),
    pytest.param(0, 10, {"": (200.0, 15, 15)}, id="N = P: rule 2, not dropped"),
    pytest.param(-5, 9, {"": (200.0, 15, 15)}, id="N < P: rule 2, not dropped"),
    pytest.param(30, 1, {"": (200.0, 15, 15)}, id="counter fell: rule 3, the last usage stays"),
    pytest.param(None, 0, {"": (200.0, 15, 15)}, id="node missing: rule 5, data stays"),
]


@pytest.mark.parametrize(("at", "cpu", "expected"), INCUMBENT)
def test_the_incumbents_table_with_the_intended_differences(
    at: float | None, cpu: float, expected: object
) -> None:
    """Where no rule intends otherwise, a node is rated as metrics-server rates it."""
    bench = Bench()
    bench.hear(node=Said(0, cpu=10))
    bench.hear(node=Said(15, cpu=13))
    if at is not None:
        bench.hear(node=Said(at, cpu=cpu))

    assert bench.node_shown() == expected


def test_first_sight_of_a_node_shows_nothing() -> None:
    """One point is no rate, seen twice or not."""
    bench = Bench()
    bench.hear(node=Said(0, cpu=10))
    assert bench.node_shown() is None

    bench.hear(node=Said(0, cpu=10))
    assert bench.node_shown() is None
