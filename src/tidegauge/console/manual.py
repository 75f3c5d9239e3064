"""The flags in words: `--help`, and the table in docs/flags.md.

`python -m tidegauge.console.manual > docs/flags.md` writes the latter anew.
"""

import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby

from tidegauge.console import retired
from tidegauge.console.options import FLAGS, Declared

_WIDTH = 88
"""Narrow enough for most windows, wide enough that few meanings take three lines."""

_USAGE = """\
Serve what containers and nodes use as metrics.k8s.io, for kubectl top and autoscalers.

Usage:
  tidegauge serve [flags]

Examples:
  tidegauge serve
        In a pod: asks every node each 15s and serves on port 10250.
  tidegauge serve --metric-resolution=30s --node-selector='!node.kubernetes.io/exclude'
        Asks less often, and only some nodes.
  tidegauge serve --kubelet-verify-node-name --kubelet-certificate-authority=/etc/kubelets/ca.crt
        Trusts kubelets whose certificates a CA of their own signed for the node's name.
  tidegauge serve --kubeconfig=$HOME/.kube/config --secure-port=8443 --cert-dir=/tmp/tidegauge
        Outside of the cluster, for trying it.

Durations are written as 15s, 1m30s or 500ms. A switch is turned off by --flag=false.
Lists are separated by commas, and a list flag that is repeated adds to the list.
"""


def usage() -> str:
    """The text of `--help`."""
    parts = [_USAGE]
    for section, flags in _sections():
        parts.append(f"\n{section}:\n")
        parts.extend(f"{_spelling(declared)}\n{_indented(declared)}\n" for declared in flags)
    parts.append(
        "\nFurther flags of metrics-server are accepted without effect, or refused because they\n"
        "would promise protection that is not there; docs/flags.md lists them.\n"
    )
    return "".join(parts)


def _sections() -> Iterator[tuple[str, Iterator[Declared]]]:
    return groupby(FLAGS.values(), key=lambda declared: declared.section)


def _spelling(declared: Declared) -> str:
    flag = declared.flag
    letter = f"-{flag.short}, " if flag.short else "    "
    return f"  {letter}--{declared.name} {flag.kind.placeholder}".rstrip()


def _indented(declared: Declared) -> str:
    default = _default(declared)
    text = declared.flag.meaning + (f" (default {default})" if default else "")
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=" " * 10,
        subsequent_indent=" " * 10,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _default(declared: Declared) -> str:
    shown = declared.flag.default or declared.show(declared.default)
    return "" if shown == "false" else shown


_PREFACE = """\
# Flags of `tidegauge serve`

Written by `python -m tidegauge.console.manual > docs/flags.md` from the declarations in
`src/tidegauge/console/options.py`; do not edit it by hand.

Names, forms and meanings are those of metrics-server.
The defaults are the arguments of its manifests, so its `args:` work as they stand.
All problems of a command line are listed at once, and the exit code is 2."""


def reference() -> str:
    """The text of docs/flags.md."""
    lines = [_PREFACE]
    for section, flags in _sections():
        lines += ["", f"## {section}", "", "| flag | default | meaning |", "|---|---|---|"]
        lines += [_row(declared) for declared in flags]
    lines += ["", "## Accepted without effect", "", "Each gives one warning.", ""]
    lines += _retired_rows(retired.DEAD)
    lines += ["", "## Refused", "", "They would promise protection that is not there.", ""]
    lines += _retired_rows(retired.REFUSED)
    return "\n".join(lines) + "\n"


def _row(declared: Declared) -> str:
    flag = declared.flag
    letter = f"`-{flag.short}`, " if flag.short else ""
    name = f"{letter}`{f'--{declared.name} {flag.kind.placeholder}'.rstrip()}`"
    shown = declared.show(declared.default)
    default = flag.default or (f"`{shown}`" if shown else "")
    return f"| {name} | {default} | {flag.meaning} |"


def _retired_rows(groups: tuple[retired.Retired, ...]) -> list[str]:
    rows = ["| flags | why |", "|---|---|"]
    for group in groups:
        names = ", ".join(f"`--{name}`" for name in (*group.names, *group.switches))
        rows.append(f"| {names} | {group.why} |")
    return rows


if __name__ == "__main__":
    sys.stdout.write(reference())
