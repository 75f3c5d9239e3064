"""The rules of lint in words: `python -m tidegauge.console.hpa.lint.manual > docs/lint.md`."""

import sys
from collections.abc import Iterator

from tidegauge.autoscale.lint.catalogue import CATALOGUE
from tidegauge.autoscale.lint.findings import Rule

_PREFACE = """\
# Linting autoscalers

Written by `python -m tidegauge.console.hpa.lint.manual > docs/lint.md` from the rules in
`src/tidegauge/autoscale/lint/`; do not edit it by hand.

```sh
tidegauge hpa lint -f deploy/                         # files, directories, - for standard input
helm template . | tidegauge hpa lint -f - -o sarif    # for code scanners
tidegauge hpa lint -A --fail-on=warning               # the cluster, with your own rights
tidegauge hpa lint --explain HPA301                   # one rule
```

Every finding names a rule, the field, and the line if it is in a file; says why it matters, and what to do.
The exit code is 1 from `--fail-on` on (`error` unless said otherwise), 2 for files that cannot be read, 3 when the cluster says no.

## What is looked at

HPAs of `autoscaling/v2`, and of `autoscaling/v1` with the metrics and the behaviour in its annotations.
Objects beside them are taken into account: workloads, VPAs, ScaledObjects of KEDA, LimitRanges, ResourceQuotas, and in a cluster the pods.

- In files nobody knows what else there is, so only what is there is judged: a target that is not in the files is no finding.
- The same object twice in the files means that folders describe different clusters, so each folder is judged by itself; if it is twice in one folder, each file is.
- In a cluster a target that is not there is a finding. What you may not read is named at the end, and nothing is guessed in its place.
- Templates are no manifests: lint what `helm template` or `kustomize build` makes of them.

An HPA that the API server would refuse (HPA102, HPA104 to HPA108) is judged no further.

## The API server's validation

Fields, reasons, messages and their order are those of kube-apiserver; in each run of the tests 800 HPAs with seeded mistakes are sent to 1.37.2, 400 to 1.35.4 and 400 of `autoscaling/v1` to 1.37.2, as dry runs, and none may differ.
`--kubernetes-version` chooses whose validation is meant: 1.37 and later allow a minimum of zero and word the bounds differently.
Of the metadata only names, labels and annotations are looked at, and of `status` nothing.
What cannot be decoded is told in our own words, all of it at once, where the API server stops at the first.

## Silence

A rule that does not apply to an HPA is switched off on it:

```yaml
metadata:
  annotations:
    tidegauge.dev/lint-ignore: HPA204,HPA305
```

## What is no fault

- A policy of type Percent always lets at least one pod go: the controller rounds in favour of the change, so 1 % of two pods is one pod.
- A tolerance below 1 never keeps an HPA from scaling by itself; it does together with limits (HPA303).

## Rules

| rule | severity | what |
|---|---|---|"""  # noqa: E501  (documentation has a sentence a line)


def reference() -> str:
    """The text of docs/lint.md."""
    rules = CATALOGUE.values()
    lines = [_PREFACE]
    lines += [
        f"| [{each.id}](#{each.id.lower()}) | {each.severity} | {each.title} |" for each in rules
    ]
    return "\n".join((*lines, *(line for each in rules for line in _section(each)))) + "\n"


def _section(rule: Rule) -> Iterator[str]:
    yield from ("", f"### {rule.id}", "", f"{rule.title} ({rule.severity}).", "")
    yield from (rule.why, "", rule.remedy)


if __name__ == "__main__":
    sys.stdout.write(reference())
