"""From flags to the certificate we serve with, and the work that keeps it valid and believed."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tidegauge.cluster.apiservices import ServiceReference
from tidegauge.cluster.client import Client
from tidegauge.console.certificates import SharedCertificate, keep
from tidegauge.console.options import Options
from tidegauge.console.registrations import Registrations
from tidegauge.security.certificates import service_names
from tidegauge.security.files import FileError, Report, WatchedFile
from tidegauge.security.selfmade import SelfMadePair
from tidegauge.security.serving_context import PairFiles, PairSource
from tidegauge.serving.health import Problem, nothing
from tidegauge.units.clock import Clock

Work = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True)
class ServingCertificate:
    """`work` is to be run until cancelled; `problem` says why nobody can verify us yet."""

    pair: PairSource
    work: Sequence[Work] = ()
    problem: Problem = nothing

    @classmethod
    def of(
        cls, options: Options, client: Client, clock: Clock, report: Report
    ) -> "ServingCertificate":
        """Given files, a pair shared in a Secret, or one of our own. Raises FileError."""
        registrations = _registrations(options, client, clock)
        if options.cert_secret:
            return _shared(options, client, clock, registrations)
        pair: PairSource
        if options.tls_cert_file:
            files = Path(options.tls_cert_file), Path(options.tls_private_key_file)
            pair = PairFiles(*files, clock, report)
        else:
            pair = SelfMadePair(Path(options.cert_dir), _names(options), clock)
        if registrations is None:
            return cls(pair)
        bundle = _bundle(options, pair, clock, report)
        return cls(pair, (_publishing(registrations, bundle, clock),))


def _names(options: Options) -> tuple[str, ...]:
    return service_names(options.service_name, options.service_namespace)


def _registrations(options: Options, client: Client, clock: Clock) -> Registrations | None:
    if not options.inject_ca_bundle:
        return None
    service = ServiceReference(options.service_namespace, options.service_name)
    return Registrations(client, options.inject_ca_bundle, service, clock)


def _shared(
    options: Options, client: Client, clock: Clock, registrations: Registrations | None
) -> ServingCertificate:
    secret = options.service_namespace, options.cert_secret
    shared = SharedCertificate(client, secret, _names(options), clock, registrations)
    return ServingCertificate(
        shared, (keep("sharing the certificate", shared.look, clock),), shared.problem
    )


def _bundle(
    options: Options, pair: PairSource, clock: Clock, report: Report
) -> Callable[[], bytes]:
    """The authority as it is at the moment. Raises FileError where nobody can say what it is."""
    if options.inject_ca_bundle_file:
        file = WatchedFile(Path(options.inject_ca_bundle_file), clock, report=report)
        return lambda: file.content
    assert isinstance(pair, SelfMadePair), "validation.py refuses given files without their bundle"
    if pair.authority is None:
        raise FileError(
            f"--inject-ca-bundle: the pair in {options.cert_dir} is not of our making and comes "
            "without its authority; give that by --inject-ca-bundle-file, or another --cert-dir"
        )
    return partial(_authority, pair)


def _authority(pair: SelfMadePair) -> bytes:
    return pair.authority or b""


async def _publishing(
    registrations: Registrations, bundle: Callable[[], bytes], clock: Clock
) -> None:
    await keep("publishing the authority", lambda: registrations.publish(bundle()), clock)
