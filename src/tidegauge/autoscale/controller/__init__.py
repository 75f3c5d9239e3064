"""The HPA controller: acts on what the engine decides.

    async with controlling(client, Options(sync_period=15.0), clock, told=callback) as controller:
        ...

runs it beside other work. `told` is called after each reconcile with a `Reconciled`: the situation
that was seen and the decision, with its reason. `controller.leads()`, `.synced` and `.measures`
tell how it is.

In reading order:

- what it may be told: `options`; whom it looks after: `watched`, `labelled`, `selectors`, `scope`
- whose turn it is: `queue`, and with waiting `feeding`
- one reconcile: `targets`, `asking` the metric APIs (`fading`), `acting`, `statuses`, and events by
  `correlating` and `recording`
- who may act: `electing`, and with I/O `leading`; `writing` closes the way to all others,
  `patience` tries again what was turned away for now
- what outlives it: `remembering`, `keeping`, `memories`
- all of it together: `shift`, `controller`; what it says on /metrics: `measures`
"""

from tidegauge.autoscale.controller.acting import Reconciled
from tidegauge.autoscale.controller.controller import Controller, controlling
from tidegauge.autoscale.controller.options import ConfigMapPlace, LeasePlace, Options

__all__ = ["ConfigMapPlace", "Controller", "LeasePlace", "Options", "Reconciled", "controlling"]
