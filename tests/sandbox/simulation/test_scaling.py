"""Autoscalers of the shipped stories have something to do, for reasons that can be told."""

import pytest

from tests.sandbox.simulation.scaling import Scaling
from tests.sandbox.simulation.test_stories import lost
from tests.sandbox.simulation.worlds import START, dump, world
from tidegauge.autoscale.engine.limiting import LimitReason
from tidegauge.sandbox.simulation import library

PAST, SHORT_PAST = 300.0, 60.0


def scaling(name: str, seed: int = 1, past: float = PAST) -> Scaling:
    """A cluster that has been running for a while when its story begins, as the demo's."""
    of = world(library.shipped(name), begins=START + past, housekeeping=2.0, seed=seed)
    of.advance(START + past)
    return Scaling(of, past)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shop_scales_soon_and_back(seed: int) -> None:
    """Up within 90 s, held back by its policy on the way; down soon after the crowd has gone."""
    shop = scaling("shop-day", seed)

    shop.until(30)
    limit = shop.decisions["web"].normalization
    assert limit
    assert limit.limit.reason is LimitReason.UP_RATE
    assert [policy.policy.type for policy in limit.limit.bound_by] == ["Percent"]
    shop.until(90)
    assert {step.name for step in shop.steps} == {"api", "basket", "search", "web"}
    assert all(step.after > step.before for step in shop.steps)
    assert shop.decisions["search"].normalization.limit.reason is LimitReason.TOO_MANY  # type: ignore[union-attr]
    (first, *_) = shop.of("web")
    assert (first.before, first.after) == (3, 6)
    assert first.reason.startswith("cpu container resource utilization")
    assert shop.of("basket")[0].reason.startswith("memory resource utilization")

    shop.until(230)

    assert shop.of("web")[-1].after <= 4
    assert [step for step in shop.of("api") if step.after < step.before] == []


def test_new_pods_take_work_off_the_old_ones() -> None:
    """What was above its target comes down to it, though the crowd is there all the while."""
    shop = scaling("shop-day")
    shop.until(30)
    crowded = shop.decisions["web"].outcome.status.current_metrics

    shop.until(80)

    relieved = shop.decisions["web"].outcome.status.current_metrics
    percents = [
        metrics[0]["containerResource"]["current"]["averageUtilization"]
        for metrics in (crowded, relieved)
    ]
    assert percents[0] > 150
    assert percents[1] < 70


def test_the_sale_gets_through() -> None:
    """The front stops at its maximum; of two metrics the higher one counts; few are turned away."""
    sale = scaling("flash-sale", past=SHORT_PAST)
    sale.until(150)
    assert sale.decisions["front"].normalization.limit.reason is LimitReason.TOO_MANY  # type: ignore[union-attr]
    assert {step.reason.split()[0] for step in sale.of("stock")} == {"cpu"}
    share = lost(sale.world, "sale/front", SHORT_PAST + 150, SHORT_PAST + 200)

    sale.until(580)

    assert share < 0.02
    downs = [step for step in sale.of("front") if step.after < step.before]
    assert downs
    assert all(step.before - step.after <= 2 for step in downs)


def test_equal_seeds_scale_equally() -> None:
    """To the byte; another seed gives another cluster."""
    runs = [scaling("shop-day", seed, SHORT_PAST) for seed in (1, 1, 2)]

    for run in runs:
        run.until(45)

    assert runs[0].steps == runs[1].steps
    assert dump(runs[0].world) == dump(runs[1].world)
    assert dump(runs[0].world) != dump(runs[2].world)
