"""What goes on, and what waits, while the API does not take writes."""

from tests.sandbox.simulation.worlds import START, dump, meters, plain, pods, ready, world


def test_nothing_is_written_while_the_api_is_away() -> None:
    """Work goes on and is measured, but no object changes."""
    of = world(plain(("load:", "changes: [{at: 70s, to: shop/web, replicas: 6}]\nload:")))
    of.advance(START + 60)
    version, used = of.storage.version, sum(meter.used for meter in meters(of, "web"))
    bodies = dump(of)["bodies"]
    of.set_api(answers=False)

    of.advance(START + 400)

    assert of.storage.version == version
    assert sum(meter.used for meter in meters(of, "web")) > used
    assert dump(of)["bodies"] != bodies


def test_all_is_made_up_for_when_it_is_back() -> None:
    """The change that waited is made, and no node was given up meanwhile."""
    of = world(plain(("load:", "changes: [{at: 70s, to: shop/web, replicas: 6}]\nload:")))
    of.advance(START + 60)
    of.set_api(answers=False)
    of.advance(START + 1000)
    before = pods(of, "web")

    of.set_api(answers=True)
    of.advance(START + 1030)

    assert len(before) == 4
    assert ready(of, "web") == 6
    assert all(
        condition["status"] == "True"
        for node in of.storage.list("nodes")
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    )


def test_crashes_meanwhile_are_told_afterwards() -> None:
    """A kubelet restarts containers without the API, and reports when it can."""
    of = world(plain(("image: web:1", "image: web:broken"), ("replicas: 4", "replicas: 1")))
    of.advance(START + 2)
    of.set_api(answers=False)
    of.advance(START + 60)
    (silent,) = pods(of, "web")

    of.set_api(answers=True)

    (told,) = pods(of, "web")
    assert silent["status"]["containerStatuses"][0]["restartCount"] == 0
    assert told["status"]["containerStatuses"][0]["restartCount"] > 1
