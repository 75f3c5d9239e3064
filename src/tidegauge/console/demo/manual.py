"""The faults as docs/faults.md tells of them.

`python -m tidegauge.console.demo.manual > docs/faults.md` writes it anew.
"""

import sys
from collections.abc import Iterator

from tidegauge.sandbox.faults.declared import FAULTS, Fault
from tidegauge.sandbox.faults.playing import DEFAULT_NODE

_PREFACE = f"""\
# Faults of the demo

Written by `python -m tidegauge.console.demo.manual > docs/faults.md` from the declarations in
`src/tidegauge/sandbox/faults/declared.py`; do not edit it by hand.

A fault is begun with `tidegauge demo --fault NAME`, while a demo runs with
`tidegauge demo fault NAME` from another terminal, or on its screen: `f`, then a letter.
It is cleared with `tidegauge demo fault --clear NAME`, all of them with `--clear` alone or the key
`c`; `--list` tells which there are.
A fault of a node takes the node's name, as in `node-down=worker-4`; without one it is
`{DEFAULT_NODE}`. The control plane is `control-a` to `control-c`, the workers are `worker-1` to
`worker-6`, and the machine that the demo runs on is `this-machine`.

A period is how often the metrics server asks each node: in the demo 1 s, in a cluster 15 s.
Every fault is played in `tests/console/test_demo_faults.py` or
`tests/console/demo/test_scaling.py`, which hold it to what stands here.

| fault | what happens | what is missing meanwhile |
|---|---|---|"""


def reference() -> str:
    """The text of docs/faults.md."""
    rows = [
        f"| [`{each.name}`](#{each.name}) | {each.happens} | {_cost(each)} |" for each in FAULTS
    ]
    sections = [line for each in FAULTS for line in _section(each)]
    return "\n".join([_PREFACE, *rows, *sections]) + "\n"


def _cost(fault: Fault) -> str:
    return f"{fault.cost.value}, for a moment" if fault.momentary else fault.cost.value


def _section(fault: Fault) -> Iterator[str]:
    name = f"{fault.name}={DEFAULT_NODE}" if fault.of_node else fault.name
    yield from ("", f"## {fault.name}", "", fault.happens, "")
    yield f"- Begin it: `tidegauge demo fault {name}`"
    yield f"- Watch: {_commands(fault.watch)}"
    yield f"- You should see: {fault.see}"


def _commands(watch: str) -> str:
    parts = (part.strip() for part in watch.split(";"))
    return ", ".join(f"`{part}`" if part.startswith("kubectl") else part for part in parts)


if __name__ == "__main__":
    sys.stdout.write(reference())
