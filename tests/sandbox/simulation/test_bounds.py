"""What a long run keeps, and what it forgets."""

from tests.sandbox.simulation.worlds import START, kubelet_of, one_worker, plain, pods, world

HOUR = 3600


def test_events_are_forgotten_after_an_hour() -> None:
    """As the API server's own time to live has it, so that a long demo does not grow."""
    of = world(plain())
    of.advance(START + 60)
    early = {each["metadata"]["uid"] for each in of.storage.list("events")}

    of.advance(START + 60 + HOUR - 90)
    kept = {each["metadata"]["uid"] for each in of.storage.list("events")}
    of.advance(START + 60 + HOUR + 90)

    assert early
    assert early <= kept
    assert of.storage.list("events") == []


def test_who_may_swap() -> None:
    """Of those that ask for memory, only the ones that may have more than they ask for."""
    limited = "limits: {cpu: 400m, memory: 128Mi}"
    machines = one_worker(swap=2 << 30)
    burstable = world(plain(), machines=machines)
    guaranteed = world(plain((limited, "limits: {cpu: 400m, memory: 96Mi}")), machines=machines)
    found = []
    for of in (burstable, guaranteed):
        of.advance(START + 30)
        kubelet = kubelet_of(of, pods(of, "web")[0])
        web = [meter for pod, _, meter in kubelet.running() if pod.app == "web"]
        found.append({meter.swap_limit > 0 for meter in web})

    assert found == [{True}, {False}]
