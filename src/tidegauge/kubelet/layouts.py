"""Makes a layout of the series of an answer, or finds that the last one still holds."""

from array import array
from collections.abc import Iterable
from itertools import groupby

from tidegauge.kubelet.samples import Layout
from tidegauge.kubelet.series import NODE, SeriesKey


def layout_of(
    containers: Iterable[SeriesKey], last: Layout | None
) -> tuple[Layout, list[SeriesKey]]:
    """Return the layout of `containers` and the key of each of its slots; NODE is the first.

    The layout is `last` itself when that has the same containers.
    """
    keys = [NODE, *sorted(set(containers) - {NODE})]
    names = tuple(container for _, _, container in keys)
    pods, firsts = [], array("I", [1])
    for pod, members in groupby(keys[1:], key=lambda key: key[:2]):
        pods.append(pod)
        firsts.append(firsts[-1] + len(list(members)))
    if last and (last.containers, last.pods, last.firsts) == (names, tuple(pods), firsts):
        return last, keys
    index = {pod: place for place, pod in enumerate(pods)}
    return Layout(tuple(pods), firsts, names, index), keys
