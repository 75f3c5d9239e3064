"""Whether those who scale by metrics get any."""

import re
from collections.abc import Iterator

from tidegauge.autoscale.lint.findings import Severity
from tidegauge.doctor.evidence import Evidence, known
from tidegauge.doctor.findings import Check, Found, Rule, rule
from tidegauge.doctor.objects import Pod

_OUR_LEASE = "tidegauge-controller"

_LEASE_SECONDS = 15.0
"""How long it lasts by default; whoever holds it renews it every 2 s."""

_OFF = re.compile("-horizontal-?pod-?autoscal(er-controller|ing|er)")
"""By the name it has had since 1.29, or before."""


@rule(
    "TG701",
    Severity.ERROR,
    "An HPA is not active",
    why="It gets no usable metrics, or its selector is not usable: it does not scale; with several "
    "metrics, one that fails keeps it from scaling down.",
    remedy="tidegauge hpa explain NAME -n NAMESPACE",
)
def inactive(evidence: Evidence) -> Iterator[Found]:
    yield from _failing(evidence, "ScalingActive")


@rule(
    "TG702",
    Severity.ERROR,
    "An HPA cannot scale its target",
    why="It knows no size, or its new size is refused.",
    remedy="tidegauge hpa explain NAME -n NAMESPACE",
)
def unable(evidence: Evidence) -> Iterator[Found]:
    yield from _failing(evidence, "AbleToScale")


def _failing(evidence: Evidence, type_: str) -> Iterator[Found]:
    for hpa in known(evidence.autoscalers):
        for one in hpa.status.conditions:
            if one.type == type_ and one.status == "False" and one.reason != "ScalingDisabled":
                meta = hpa.metadata
                yield Found(
                    subject=f"hpa {hpa.key}",
                    what=one.reason or "no reason given",
                    evidence=f"{hpa.key}: {one.message or ''}",
                    remedy=f"tidegauge hpa explain {meta.name} -n {meta.namespace}",
                )


@rule(
    "TG703",
    Severity.WARNING,
    "Nobody looks after an HPA",
    why="It has no conditions, so no controller has ever looked at it.",
    remedy="See whether kube-controller-manager runs with its horizontalpodautoscaler controller, "
    "or `tidegauge controller` instead.",
)
def unattended(evidence: Evidence) -> Iterator[Found]:
    for hpa in known(evidence.autoscalers):
        made = hpa.metadata.creation_timestamp
        old = made is not None and evidence.now - made.timestamp() > 60
        if old and not hpa.status.conditions:
            yield Found(subject=f"hpa {hpa.key}", what="no controller has looked at it")


def _linted(severity: Severity) -> Check:
    def check(evidence: Evidence) -> Iterator[Found]:
        for one in known(evidence.lint):
            if one.severity is severity:
                place = one.autoscaler
                yield Found(
                    subject=f"hpa {place.namespace}/{place.name}",
                    what=f"{one.rule}: {one.message}",
                    evidence=f"{one.place.object}: {one.place.path}".removesuffix(": "),
                    remedy=one.remedy,
                )

    return check


_LINT_REMEDY = "tidegauge hpa lint -A; tidegauge hpa lint --explain HPA301 tells of a rule"

_LINTED = tuple(
    Rule(id_, severity, title, why, _LINT_REMEDY, _linted(severity))
    for id_, severity, title, why in (
        (
            "TG704",
            Severity.ERROR,
            "An HPA's manifest is wrong",
            "It is refused, never scales, or works against something else: see docs/lint.md.",
        ),
        (
            "TG705",
            Severity.WARNING,
            "An HPA's manifest is doubtful",
            "It works, but hardly as meant: see docs/lint.md.",
        ),
    )
)
"""What is merely good to know, `tidegauge hpa lint` tells."""


@rule(
    "TG706",
    Severity.ERROR,
    "Two controllers look after the same HPAs",
    why="Each remembers its own recommendations and takes the other's sizes for changes by hand, "
    "so workloads go up and down without need.",
    remedy="Give kube-controller-manager --controllers=*,-horizontal-pod-autoscaler-controller "
    "(before 1.29: -horizontalpodautoscaling), or stop `tidegauge controller`; docs/controller.md "
    "has both ways.",
)
def two_controllers(evidence: Evidence) -> Iterator[Found]:
    ours = [one for one in known(evidence.leases) if one.metadata.name == _OUR_LEASE]
    if not any(one.age(evidence.now) <= _LEASE_SECONDS for one in ours):
        return
    for pod in known(evidence.members):
        if pod.metadata.labels.get("component") == "kube-controller-manager" and _scales(pod):
            yield Found(subject=f"pod {pod.key}", what="its own is on, and so is Tidegauge's")


def _scales(pod: Pod) -> bool:
    words = [word for one in pod.spec.containers for word in one.words]
    return not any(word.startswith("--controllers=") and _OFF.search(word) for word in words)


RULES = (inactive, unable, unattended, *_LINTED, two_controllers)
