"""The flags of verbs that decide as a controller would."""

from dataclasses import dataclass
from typing import ClassVar

from tidegauge.autoscale.replay.runs import Controller
from tidegauge.console.decidingflags import Deciding


@dataclass(frozen=True, kw_only=True)
class Controlling(Deciding):
    title: ClassVar = "The controller"

    @property
    def controller(self) -> Controller:
        return Controller(
            profile=self.profile,
            period=self.horizontal_pod_autoscaler_sync_period,
            settings=self.settings,
        )
