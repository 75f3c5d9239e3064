"""The flags in words: `--help`, and the table in docs/flags.md.

`python -m tidegauge.console.manual > docs/flags.md` writes the latter anew.
"""

import sys

from tidegauge.console import retired
from tidegauge.console.options import FLAGS
from tidegauge.console.wording import explained, tables

_USAGE = """\
Serve what containers and nodes use as metrics.k8s.io, for kubectl top and
autoscalers.

Usage:
  tidegauge serve [flags]

Examples:
  tidegauge serve
        In a pod: asks every node each 15s and serves on port 10250.
  tidegauge serve --metric-resolution=30s --node-selector='!node.kubernetes.io/exclude'
        Asks less often, and only some nodes.
  tidegauge serve --kubelet-verify-node-name --kubelet-certificate-authority=/etc/kubelets/ca.crt
        Trusts kubelets whose certificates a CA of their own signed for the
        node's name.
  tidegauge serve --kubeconfig=$HOME/.kube/config --secure-port=8443 --cert-dir=/tmp/tidegauge
        Outside of the cluster, for trying it.

Durations are written as 15s, 1m30s or 500ms. A switch is turned off by
--flag=false. Lists are separated by commas, and a list flag that is repeated
adds to the list.
"""


_FURTHER = """
Further flags of metrics-server are accepted without effect, or refused because
they would promise protection that is not there; docs/flags.md lists them.
"""


def usage() -> str:
    """The text of `--help`."""
    return _USAGE + explained(FLAGS) + _FURTHER


_PREFACE = """\
# Flags of `tidegauge serve`

Written by `python -m tidegauge.console.manual > docs/flags.md` from the declarations in
`src/tidegauge/console/options.py`; do not edit it by hand.

Names, forms and meanings are those of metrics-server.
The defaults are the arguments of its manifests, so its `args:` work as they stand.
All problems of a command line are listed at once, and the exit code is 2."""


def reference() -> str:
    """The text of docs/flags.md."""
    lines = [_PREFACE, *tables(FLAGS)]
    lines += ["", "## Accepted without effect", "", "Each gives one warning.", ""]
    lines += _retired_rows(retired.DEAD)
    lines += ["", "## Refused", "", "They would promise protection that is not there.", ""]
    lines += _retired_rows(retired.REFUSED)
    return "\n".join(lines) + "\n"


def _retired_rows(groups: tuple[retired.Retired, ...]) -> list[str]:
    rows = ["| flags | why |", "|---|---|"]
    for group in groups:
        names = ", ".join(f"`--{name}`" for name in (*group.names, *group.switches))
        rows.append(f"| {names} | {group.why} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write(reference())
