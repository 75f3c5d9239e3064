"""Wires the right half: from a request to who may have what."""

from collections.abc import Callable

from tidegauge.console import checks
from tidegauge.console.access import Clients
from tidegauge.console.collecting import Collection
from tidegauge.console.meters import Meters
from tidegauge.console.options import Options
from tidegauge.serving.api import Api
from tidegauge.serving.authentication import Authenticator, TokenCache
from tidegauge.serving.authorization import OpenPaths, ReviewingAuthorizer
from tidegauge.serving.health import Health, Problem
from tidegauge.serving.limits import InFlight
from tidegauge.serving.metricspage import PATH, MetricsPage
from tidegauge.serving.pipeline import Pipeline
from tidegauge.serving.reviews import Reviews
from tidegauge.serving.trust import LiveTrust
from tidegauge.telemetry.changes import OnChange
from tidegauge.telemetry.logs import get_logger
from tidegauge.telemetry.metrics import Metrics
from tidegauge.units.clock import Clock

SETTLING_PERIODS = 2
"""Nodes are asked once in each, and a rate takes two measurements."""


class Answers:
    """What the two ports answer with."""

    def __init__(
        self,
        options: Options,
        collection: Collection,
        trust: LiveTrust,
        certificate: Problem,
        clients: Clients,
        metrics: Metrics,
        clock: Clock,
        stopping: Callable[[], bool],
    ) -> None:
        """`certificate` says why nobody can verify us."""
        meters = Meters(metrics, collection)
        page = MetricsPage(meters.render)
        in_flight = InFlight(options.max_requests_inflight)
        metrics.requests_in_flight.set_function(lambda: in_flight.count)
        health = _health(options, collection, trust, certificate, metrics, clock, stopping)
        api = Api(
            collection.view,
            clock,
            node_selector=options.node_selector,
            observe_freshness=metrics.freshness.observe_since,
            server_address=f":{options.secure_port}",
            other_paths=[*health.paths, PATH],
        )
        pipeline = Pipeline(
            authenticator=_authenticator(options, trust, clients, clock),
            authorizer=_authorizer(options, clients, clock),
            handlers=[health.respond, page.respond, api.respond],
            in_flight=in_flight,
            clock=clock,
            seconds=options.request_timeout,
            observe=meters.answered,
        )
        self.everything = pipeline.answer
        self.metrics_only = page.answer


def _authenticator(
    options: Options, trust: LiveTrust, clients: Clients, clock: Clock
) -> Authenticator:
    review = Reviews(clients.authentication, _reviewing(clock)).token
    seconds = options.authentication_token_webhook_cache_ttl
    return Authenticator(trust.current, TokenCache(review, clock, seconds), clock)


def _authorizer(options: Options, clients: Clients, clock: Clock) -> ReviewingAuthorizer:
    return ReviewingAuthorizer(
        Reviews(clients.authorization, _reviewing(clock)).access,
        clock,
        open_paths=OpenPaths(options.authorization_always_allow_paths),
        allowed_seconds=options.authorization_webhook_cache_authorized_ttl,
        denied_seconds=options.authorization_webhook_cache_unauthorized_ttl,
    )


def _reviewing(clock: Clock) -> OnChange:
    return OnChange(get_logger("serving"), "review", clock)


def _health(
    options: Options,
    collection: Collection,
    trust: LiveTrust,
    certificate: Problem,
    metrics: Metrics,
    clock: Clock,
    stopping: Callable[[], bool],
) -> Health:
    first_data = checks.FirstData(
        clock,
        has_data=collection.has_data,
        has_most=collection.has_most,
        synced=collection.synced,
        trouble=collection.trouble,
        patience=options.ready_without_data_after,
        settling=SETTLING_PERIODS * options.metric_resolution,
    )
    tolerant = options.authentication_tolerate_lookup_failure
    endpoints = checks.endpoints(
        first_data=first_data.problem,
        informers=lambda: None if collection.synced() else "nodes and pods were not listed yet",
        collecting=collection.problem,
        authorities=(lambda: None) if tolerant else trust.problem,
        certificate=certificate,
        shutdown=lambda: "process is shutting down" if stopping() else None,
    )
    for check in endpoints["readyz"]:
        metrics.readiness_failing.labels(check.name).set_function(check.failing)
    return Health(endpoints, OnChange(get_logger("health"), "check", clock))
