"""Scrapes in sequence: bodies in, what is served out, step by step."""

from typing import Any

from tests.reference import Model
from tests.vectors import steady_departures as departures
from tests.vectors.product import Product
from tests.vectors.verdict import ABSENT, Verdict

Items = list[dict[str, Any]]


def check(vector: dict[str, Any]) -> Verdict:
    """Product equals model at every step. Where all is plain both equal the recording; elsewhere
    the model does for each object whose input shows no rule of ours at work.
    """
    verdict = Verdict()
    given, plain = vector["input"], "plain" in vector["tags"]
    period = given["resolution_ms"] / 1000
    product, model = Product(period), Model(period)
    past = departures.Past(given["resolution_ms"])
    for k, (step, expect) in enumerate(zip(given["steps"], vector["expect"]["steps"], strict=True)):
        request_ms, now = step["request_time_ms"], step["request_time_ms"] / 1000
        texts = {n: None if text is None else text.encode() for n, text in step["bodies"].items()}
        past.add(request_ms, texts)
        product.set_clock(now)
        for node, text in texts.items():
            if text is None:
                model.failed(node)
            else:
                model.take(node, past.body(node), now, now)
                product.answer(node, text, request_ms)
        modelled = {"nodes": model.nodes(now), "pods": model.pods(now)}
        served = {"nodes": product.nodes(texts), "pods": product.pods(past.pods())}
        verdict.compare(f"steps[{k}]", modelled, served)
        for kind in ("nodes", "pods"):
            path, recorded = f"steps[{k}].{kind}", expect[kind]
            if plain:
                verdict.compare(path, recorded, comparable(served[kind]))
                verdict.compare(f"{path}(model)", recorded, comparable(modelled[kind]))
            else:
                _compare_objects(verdict, path, past, expect, kind, comparable(modelled[kind]))
    return verdict


def comparable(items: Items) -> Items:
    """Items without what the recording has not: the time of creation and swap."""
    return [_without(_without(item, "creationTimestamp"), "swap") for item in items]


def _without(item: Any, key: str) -> Any:
    if isinstance(item, dict):
        return {k: _without(v, key) for k, v in item.items() if k != key}
    if isinstance(item, list):
        return [_without(v, key) for v in item]
    return item


def _compare_objects(
    verdict: Verdict,
    path: str,
    past: departures.Past,
    expect: dict[str, Any],
    kind: str,
    modelled: Items,
) -> None:
    recorded = {_key(item): item for item in expect[kind]}
    got = {_key(item): item for item in modelled}
    for key in sorted({*recorded, *got}):
        rules = past.rules(key)
        one, other = recorded.get(key, ABSENT), got.get(key, ABSENT)
        where = f"{path}[{'/'.join(key)}]"
        if rules == {departures.TIE} and isinstance(one, dict) and isinstance(other, dict):
            one = {**one, "window": _window(expect, key, other["window"], one["window"])}
            verdict.compare(where, one, other)
        verdict.compare_unless(rules, where, recorded.get(key, ABSENT), other)


def _window(expect: dict[str, Any], key: tuple[str, ...], got: str, recorded: str) -> str:
    """Upstream's window at random: any of these is right."""
    for ambiguous in expect.get("ambiguous", []):
        if (ambiguous["namespace"], ambiguous["name"]) == key and got in ambiguous["windows"]:
            return got
    return recorded


def _key(item: dict[str, Any]) -> tuple[str, ...]:
    metadata = item["metadata"]
    return (
        (metadata["namespace"], metadata["name"])
        if "namespace" in metadata
        else (metadata["name"],)
    )
