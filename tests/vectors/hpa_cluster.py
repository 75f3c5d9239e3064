"""The target as a vector scripts it: each answer to a read or write of its scale in turn."""

from typing import Any

from tidegauge.autoscale.engine.decision import Decision
from tidegauge.autoscale.engine.reconciling import decide
from tidegauge.autoscale.engine.rescaling import Refused, Step, rescaling
from tidegauge.autoscale.engine.situation import Scale, ScaleFailure, Situation

_UNKNOWN_KIND = "unrecognized resource"


class ScriptedScale:
    """`updates` are the writes so far, as the recordings have them."""

    def __init__(self, script: dict[str, Any]) -> None:
        self._script = script
        self._reads = iter(script["get_errors"])
        self._writes = iter(script["update_results"])
        self.updates: list[dict[str, Any]] = []

    def find(self) -> Scale | ScaleFailure:
        """By each mapping of the kind in turn; where none succeeds the first error counts."""
        script = self._script
        if script["mapping_error"] is not None:
            return ScaleFailure(script["mapping_error"], unmapped=True)
        errors = []
        for _ in range(script["mapping_count"]):
            error = next(self._reads, None)
            if error is None:
                return Scale(script["spec_replicas"], script["status_replicas"], script["selector"])
            errors.append(error)
        return ScaleFailure(errors[0] if errors else _UNKNOWN_KIND)

    def follow(self, situation: Situation) -> tuple[Decision, int | None]:
        """Decide, and write the new size where there is one; with the size that was written."""
        decision = decide(situation)
        if not decision.rescale or decision.desired is None:
            return decision, None
        refusal = self._rescale(decision.desired)
        if refusal is None:
            return decision, decision.desired
        return decide(situation, refusal), None

    def _rescale(self, replicas: int) -> str | None:
        """None where the target has taken its new size, else the error."""
        steps = rescaling()
        step = next(steps)
        while True:
            refused = self._write(replicas) if step is Step.WRITE else self._read()
            try:
                step = steps.send(refused)
            except StopIteration as end:
                error: str | None = end.value
                return error

    def _read(self) -> Refused | None:
        error = next(self._reads, None)
        return None if error is None else Refused(error)

    def _write(self, replicas: int) -> Refused | None:
        answer = next(self._writes, {"result": "ok"})
        self.updates.append({"replicas": replicas, "result": answer["result"]})
        if answer["result"] == "ok":
            return None
        return Refused(answer["message"], conflict=answer["result"] == "conflict")
