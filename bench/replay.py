"""How many hours of an HPA are simulated in a second.

    python -m bench.replay [HOURS]

One HPA by CPU utilisation, reconciled every 15 seconds, with 20 pods on average, under a day's load
of a row each minute. Measured is all but reading files: the pods, their metrics, the decisions,
and the record of each step with its reasons.
"""

import sys
import time

from tidegauge.autoscale.engine.situation import Autoscaler
from tidegauge.autoscale.engine.spec import decode_spec
from tidegauge.autoscale.replay.generators import Shape, generate
from tidegauge.autoscale.replay.simulation import Setup, Simulation
from tidegauge.autoscale.replay.workload import Container, Workload

_HOUR = 3600.0
_SPEC = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "minReplicas": 2,
    "maxReplicas": 50,
    "metrics": [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 60},
            },
        }
    ],
}


def main() -> None:
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 24.0
    shape = Shape(
        base=300, peak=2100, period=24 * _HOUR, lasting=hours * _HOUR, every=60, noise=0.03, seed=1
    )
    setup = Setup(
        autoscaler=Autoscaler(namespace="default", name="web", spec=decode_spec(_SPEC)),
        load=generate("daily", shape),
        workload=Workload(
            containers=(Container(name="web", work=0.005, request=0.5, limit=1.0),), replicas=5
        ),
    )
    began = time.process_time()
    steps = list(Simulation(setup).steps())
    taken = time.process_time() - began
    pods = sum(step.pods for step in steps) / len(steps)
    print(f"{hours:g} h, {len(steps)} reconciles, {pods:.1f} pods on average: {taken:.2f} s")
    each = taken / len(steps) * 1e6
    print(f"{hours / taken:.0f} simulated hours per second of one core, {each:.0f} µs a reconcile")


if __name__ == "__main__":
    main()
