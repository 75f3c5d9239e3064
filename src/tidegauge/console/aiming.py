"""Keeps the scraper's targets as the API server's nodes are."""

from typing import Protocol

from tidegauge.cluster.labels import decode_labels
from tidegauge.cluster.records import Node
from tidegauge.console.intake import Intake
from tidegauge.console.scrapes import Scrapes
from tidegauge.kubelet.addressing import AddressRules, BadTargetError, Skipped, target_for
from tidegauge.kubelet.target import Target
from tidegauge.units.selectors import LabelSelector


class Targets(Protocol):
    """Whom to ask: the scraper."""

    def update(self, target: Target) -> None: ...

    def remove(self, name: str) -> None: ...


class Aim:
    """Keeps the scraper's targets as the API server's nodes are: a listener of the node cache."""

    def __init__(
        self,
        targets: Targets,
        intake: Intake,
        scrapes: Scrapes,
        rules: AddressRules,
        selector: LabelSelector,
    ) -> None:
        self._targets = targets
        self._intake = intake
        self._scrapes = scrapes
        self._rules = rules
        self._selector = selector

    def changed(self, before: Node | None, after: Node | None) -> None:
        node = after or before
        assert node is not None, "a change has at least one side"
        try:
            target = self._target(after) if after else None
        except BadTargetError as error:
            self._stop(node.name)
            self._scrapes.unasked(node.name, error.cause, str(error))
            return
        if target:
            self._targets.update(target)
        else:
            self._stop(node.name)
            self._scrapes.forget(node.name)

    def _stop(self, name: str) -> None:
        self._targets.remove(name)
        self._intake.forget(name)

    def _target(self, node: Node) -> Target | None:
        """How to ask it; None for one that is left out on purpose. Raises BadTargetError."""
        if not self._wanted(node):
            return None
        target = target_for(
            node.name, node.addresses, node.kubelet_port, dict(node.annotations), self._rules
        )
        return None if isinstance(target, Skipped) else target

    def _wanted(self, node: Node) -> bool:
        return self._selector.empty or self._selector.matches(decode_labels(node.labels))
