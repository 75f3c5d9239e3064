"""What the doctor finds, as docs/troubleshooting.md tells it.

`python -m tidegauge.console.doctor.manual > docs/troubleshooting.md` writes it anew.
"""

import sys
from collections.abc import Iterator

from tidegauge.doctor.diagnosis import STAGES
from tidegauge.doctor.findings import Rule

_PREFACE = """\
# Troubleshooting

Written by `python -m tidegauge.console.doctor.manual > docs/troubleshooting.md` from the rules in
`src/tidegauge/doctor/checks/`; do not edit it by hand.

`tidegauge doctor` looks for all of this and shows what it saw, with names, in the order in which
the data flows: what stands first may be the cause of what follows.

```console
$ tidegauge doctor                                    # with your kubeconfig
$ kubectl -n kube-system exec deploy/tidegauge -- tidegauge doctor   # from where the server is
$ tidegauge doctor --bundle=doctor.tar.gz             # with an archive for whoever helps you
```

It changes nothing and reads no Secret.
The exit code is 1 when it found something of the severity of `--fail-on` (`warning` by default),
else 0; `-o json` gives the same to programs."""


def reference() -> str:
    """The text of docs/troubleshooting.md."""
    lines = [_PREFACE]
    for title, rules in STAGES.items():
        lines += ["", f"## {title}"]
        lines += (line for rule in rules for line in _section(rule))
    return "\n".join(lines) + "\n"


def _section(rule: Rule) -> Iterator[str]:
    yield ""
    yield f"### {rule.id} {rule.title}"
    yield ""
    yield f"{rule.severity.capitalize()}. {rule.why}"
    yield ""
    yield f"What to do: {rule.remedy}"
    if rule.cases:
        yield ""
        yield from (f"- Where {what}: {remedy}." for what, remedy in rule.cases.items())


if __name__ == "__main__":
    sys.stdout.write(reference())
