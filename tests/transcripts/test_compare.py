"""The comparison of answers with records finds what differs, and only that."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.transcripts.compare import asks_for_v1, differences
from tests.transcripts.records import Asked, Record, Reply, resolve_placeholders

JSON = [("content-type", "application/json")]
LIST = '{"items":[{"metadata":{"name":"a","creationTimestamp":"2001-09-09T01:46:40Z"}}]}'


def record(path: str = "/apis", **response: Any) -> Record:
    asked = Asked("GET", path, {"Accept": "application/json"}, "admin")
    whole = {"status": 200, "headers": {"Content-Type": "application/json"}} | response
    return Record("x-1", "x", asked, whole)


def reply(body: str, status: int = 200, *more: tuple[str, str]) -> Reply:
    return Reply(status, [*JSON, *more], body.encode())


def test_only_the_time_of_creation_may_differ():
    """Another second is put aside, another name is found."""
    recorded = record(body=LIST)
    later = LIST.replace("2001-09-09T01:46:40Z", "2026-11-23T12:00:01Z")

    assert differences(recorded, reply(later)) == []
    assert differences(recorded, reply(later.replace('"a"', '"b"')))


@pytest.mark.parametrize(
    "answer",
    [
        reply("{}", 201),
        reply("{} "),
        reply("{}", 200, ("ETag", '"1"')),
        reply("{}", 200, ("Cache-Control", "no-cache"), ("Cache-Control", "no-cache")),
        Reply(200, [], b"{}"),
    ],
    ids=["status", "body", "surplus header", "repeated header", "missing header"],
)
def test_each_part_of_an_answer_counts(answer):
    """Status, kept headers and body are compared one by one."""
    assert len(differences(record(body="{}"), answer)) == 1


def test_headers_that_were_not_kept_are_free():
    """Headers that the recorder did not keep are free; of an ETag it counts that there is one."""
    recorded = record(body="{}", headers={"Content-Type": "application/json", "ETag": '"1"'})

    assert differences(recorded, reply("{}", 200, ("Date", "today"), ("ETag", '"2"'))) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_v1_is_taken_out_of_discovery(indent):
    """A group with v1 beside v1beta1 equals one without it, and nothing else is forgiven."""

    def group(*versions: str) -> str:
        entries = [{"groupVersion": f"metrics.k8s.io/{one}", "version": one} for one in versions]
        value: dict[str, Any] = {"kind": "APIGroup", "name": "metrics.k8s.io", "versions": entries}
        value["preferredVersion"] = entries[0]
        if indent:
            return json.dumps(value, indent=indent)
        return json.dumps(value, separators=(",", ":")) + "\n"

    recorded = record(body=group("v1beta1"))

    assert differences(recorded, reply(group("v1", "v1beta1"))) == []
    assert differences(recorded, reply(group("v1", "v1beta1").replace("metrics", "other")))
    assert differences(recorded, reply(group("v1", "v1beta1", "v2")))


def test_path_lists_are_compared_on_what_both_have():
    """A path that only one has is free, the order is not."""
    recorded = record(body='{\n  "paths": [\n    "/apis",\n    "/statusz",\n    "/version"\n  ]\n}')

    def paths(*names: str) -> Reply:
        return reply(json.dumps({"paths": names}, indent=2))

    assert differences(recorded, paths("/apis", "/livez", "/version")) == []
    assert differences(recorded, paths("/version", "/apis"))
    assert differences(recorded, paths("/livez"))


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/apis/metrics.k8s.io/v1", True),
        ("/apis/metrics.k8s.io/v1/nodes", True),
        ("/openapi/v3/apis/metrics.k8s.io/v1?hash=x", True),
        ("/apis/metrics.k8s.io/v1beta1/nodes", False),
        ("/apis/metrics.k8s.io/v1alpha1", False),
    ],
)
def test_requests_for_v1_are_known_by_their_path(path, asked):
    """The recorded server had no v1, so such requests cannot be compared."""
    assert asks_for_v1(record(path)) is asked


def test_metric_families_must_all_be_there():
    """The incumbent's own families are looked for with their types, its library's are free."""
    recorded = record(body_metric_types=["go_goroutines gauge", "metrics_server_x gauge"])

    assert differences(recorded, reply("# TYPE metrics_server_x gauge\nmetrics_server_x 1\n")) == []
    assert differences(recorded, reply("# TYPE metrics_server_x counter\n"))


def test_placeholders_are_filled_by_asking_first():
    """An ETag is that of the same path asked without a condition, the hash that of the index."""

    def ask(asked: Asked) -> Reply:
        assert "If-None-Match" not in asked.headers
        url = "/openapi/v3/apis/metrics.k8s.io/v1beta1?hash=ABC"
        index = {"paths": {"apis/metrics.k8s.io/v1beta1": {"serverRelativeURL": url}}}
        return reply(json.dumps(index), 200, ("ETag", '"TAG"'))

    plain = record("/openapi/v3?hash=<HASH>").asked
    quoted = replace(plain, headers={"If-None-Match": 'W/<ETAG>, "x"'})
    unquoted = replace(plain, headers={"If-None-Match": "<ETAG-UNQUOTED>"})

    assert resolve_placeholders(quoted, ask).headers == {"If-None-Match": 'W/"TAG", "x"'}
    assert resolve_placeholders(unquoted, ask).headers == {"If-None-Match": "TAG"}
    assert resolve_placeholders(plain, ask).path == "/openapi/v3?hash=ABC"
