"""What counts as the same output of kubectl."""

import datetime as dt

import pytest

from tests.transcripts.commands import differences
from tests.transcripts.records import Command, Output

SINCE = dt.datetime(2026, 11, 24, 7, 0, tzinfo=dt.UTC)

EXPLAINED = """GROUP:      metrics.k8s.io
KIND:       PodMetrics
VERSION:    v1beta1

FIELD: containers <[]ContainerMetrics>

DESCRIPTION:
    {}

FIELDS:
  name\t<string> -required-
    {}

  usage\t<{}> -required-
    {}

"""


def found(recorded, ours, args=("get", "podmetrics"), code=0):
    command = Command("kubectl-1", "1.37", args, Output(recorded[0], recorded[1], 0))
    return differences(command, Output(ours[0], ours[1], code), SINCE)


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ("at 2001-09-09T01:46:40Z", "at 2026-11-24T07:00:00Z"),
        ("at 2026-11-23T12:00:15Z", "at 2026-11-23T12:00:15Z"),
        ("name   <AGE>\n", "name   3m12s\n"),
        (
            "<LOG>reflector.go:561] failed to list\n",
            "W1124 07:01:02.123456   99 reflector.go:561] failed to list\n",
        ),
        ("<LOG> failed to list\n", "E1124 07:01:02.123456   99 memcache.go:265] failed to list\n"),
        ("see <SERVER>/api", "see https://127.0.0.1:28341/api"),
    ],
    ids=["created", "sampled", "age", "log", "log with its place", "server"],
)
def test_placeholders_stand_for_what_differs_each_time(recorded, ours):
    """Times of this run's objects, ages, log prefixes and addresses are as good as their names."""
    assert found((recorded, ""), (ours, "")) == []


@pytest.mark.parametrize(
    ("recorded", "ours", "code", "what"),
    [
        (("a", ""), ("a", ""), 1, "exit code 1, recorded 0"),
        (("a ", ""), ("a", ""), 0, "stdout: "),
        (("", "a"), ("", ""), 0, "stderr: "),
        (("at 2001-09-09T01:46:40Z", ""), ("at 2026-11-24T06:59:59Z", ""), 0, "stdout: "),
        (("<AGE>", ""), ("3m 12s", ""), 0, "stdout: "),
    ],
)
def test_the_rest_is_compared_to_the_last_blank(recorded, ours, code, what):
    """Output, errors and exit code are equal, or what differs is named."""
    (difference,) = found(recorded, ours, code=code)

    assert difference.startswith(what)


def test_explanations_are_free_but_for_names_and_types():
    """Of `explain` the words may differ; group, kind, version, fields and types may not."""
    theirs = EXPLAINED.format("a", "b", "map[string]Quantity", "c")

    def explained(text):
        return found((theirs, ""), (text, ""), args=("explain", "podmetrics.containers"))

    assert explained(EXPLAINED.format("x", "y", "map[string]Quantity", "z")) == []
    assert len(explained(EXPLAINED.format("a", "b", "map[string]string", "c"))) == 1
    assert len(explained(theirs.replace("v1beta1", "v1"))) == 1
    assert len(explained(theirs.replace("[]Cont", "Cont"))) == 1
