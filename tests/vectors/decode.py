"""One body, and what is read from it."""

import base64
from typing import Any

from tests.reference_body import NODE, Body, Series, parse
from tests.vectors import product
from tests.vectors.decode_departures import ALL, Key, departures, key_of
from tests.vectors.verdict import ABSENT, Verdict
from tidegauge.kubelet import exposition

Objects = dict[Key, Any]


def check(vector: dict[str, Any]) -> Verdict:
    """Product equals model. A body as a kubelet writes it, with nothing dropped, both read as
    recorded; of another body the model reads so each object that no rule of ours is about.
    """
    given = vector["input"]
    text, request_ms = _text(given), given["request_time_ms"]
    body = parse(text, request_ms)
    answer = exposition.parse(text, request_ms, None)
    verdict = Verdict()
    verdict.compare("answer", _model(body), product.reading(answer))
    recorded, got = _recorded(vector["expect"]), _objects(body)
    rules = departures(text, body)
    if _must_be_equal(vector["tags"], body):
        verdict.compare("body", recorded, got)
    else:
        for key in sorted({*recorded, *got}):
            one, other = recorded.get(key, ABSENT), got.get(key, ABSENT)
            verdict.compare_unless(rules[ALL] | rules[key], "/".join(key) or "node", one, other)
    return verdict


def _text(given: dict[str, Any]) -> bytes:
    if given.get("body") is not None:
        text: str = given["body"]
        return text.encode()
    return base64.b64decode(given["body_base64"])


def _must_be_equal(tags: list[str], body: Body) -> bool:
    return (
        "kubelet" in tags and "dropped" not in tags and not any(map(_split, body.figures.values()))
    )


def _split(kinds: dict[str, Any]) -> bool:
    return len({kinds[kind].stamp for kind in ("cpu", "memory") if kind in kinds}) > 1


def _model(body: Body) -> dict[str, Any]:
    """In the shape of `product.reading`."""
    series = {}
    for key in body.figures:
        cpu, memory = body.cpu(key), body.memory(key)
        series["/".join(key)] = {
            "cpu": cpu and cpu.value,
            "cpu_stamp": cpu and cpu.stamp,
            "memory": memory and memory.value,
            "memory_stamp": memory and memory.stamp,
            "swap": body.swap(key),
            "start": body.start(key),
        }
    return {
        "series": series,
        "whole": body.whole,
        "bad_lines": len(body.bad) + body.cut,
        "scrape_error": body.scrape_error,
    }


def _recorded(expect: dict[str, Any]) -> Objects:
    objects: Objects = {
        (pod["namespace"], pod["name"]): pod["containers"] for pod in expect["pods"]
    }
    if expect["node"]:
        objects["",] = [{"name": "", **expect["node"]}]
    return objects


def _objects(body: Body) -> Objects:
    """In the shape of the recording."""
    objects: Objects = {}
    for series in sorted(body.figures):
        objects.setdefault(key_of(series), []).append(_container(series, body))
    return objects


def _container(series: Series, body: Body) -> dict[str, Any]:
    cpu, memory = body.cpu(series), body.memory(series)
    return {
        "name": series[2],
        "start_ns": None if series == NODE else body.start(series) or None,
        "timestamp_ms": cpu and cpu.stamp,
        "cpu_ns": cpu and cpu.value,
        "memory_bytes": memory and memory.value,
    }
