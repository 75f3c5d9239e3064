"""What is wrong with options that could be read: every fault at once, each with its remedy."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tidegauge.console.commandline import faults
from tidegauge.console.declaring import Declared
from tidegauge.console.options import FLAGS, TIMEOUT_SHARE, Options
from tidegauge.security.serving_context import parse_ciphers, parse_minimum_version
from tidegauge.units.duration import format_duration

_INSECURE = "deprecated-kubelet-completely-insecure"

_EXCLUSIVE = (
    ("kubelet-certificate-authority", "kubelet-insecure-tls"),
    ("kubelet-verify-node-name", "kubelet-insecure-tls"),
    (_INSECURE, "kubelet-certificate-authority"),
    (_INSECURE, "kubelet-insecure-tls"),
    (_INSECURE, "kubelet-client-certificate"),
    (_INSECURE, "kubelet-client-key"),
    (_INSECURE, "kubelet-verify-node-name"),
    ("cert-secret", "tls-cert-file"),
    ("cert-secret", "inject-ca-bundle-file"),
)

_TOGETHER = (
    ("kubelet-client-certificate", "kubelet-client-key"),
    ("tls-cert-file", "tls-private-key-file"),
)

_DNS_LABEL = re.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_DNS_LABEL.pattern}([.]{_DNS_LABEL.pattern})*")


def problems(options: Options) -> Iterator[str]:
    """Each begins with the flag it is about."""
    for declared in FLAGS.values():
        value = getattr(options, declared.field)
        for fault in _faults(declared, value):
            yield f"--{declared.name}: {fault}"
    yield from _pairs(options)
    yield from _times(options)


def _faults(declared: Declared, value: Any) -> Iterator[str]:
    """What is wrong with one value by itself."""
    yield from faults(declared, value)
    if check := _CHECKS.get(declared.name):
        yield from check(value)


def _service_part(name: str) -> Iterator[str]:
    if not _DNS_LABEL.fullmatch(name):
        yield f"{name!r} cannot be a name: use lower-case letters, digits and dashes, at most 63"


def _paths(paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        if "*" in path[:-1]:
            yield f"{path!r} has a * inside: it may only stand at the end"


def _refusal_of(parse: Callable[[Any], object]) -> Callable[[Any], Iterator[str]]:
    def check(value: Any) -> Iterator[str]:
        try:
            parse(value)
        except ValueError as error:
            yield str(error)

    return check


def _secret(name: str) -> Iterator[str]:
    if name and not _DNS_SUBDOMAIN.fullmatch(name):
        yield f"{name!r} cannot be a Secret: give its name only, its namespace is the Service's"


def _api_services(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        version, dot, group = name.partition(".")
        if not (dot and _DNS_LABEL.fullmatch(version) and _DNS_SUBDOMAIN.fullmatch(group)):
            yield f"{name!r} cannot be an APIService: write version and group, v1.metrics.k8s.io"


_CHECKS: dict[str, Callable[[Any], Iterator[str]]] = {
    "service-name": _service_part,
    "service-namespace": _service_part,
    "cert-secret": _secret,
    "inject-ca-bundle": _api_services,
    "authorization-always-allow-paths": _paths,
    "tls-min-version": _refusal_of(parse_minimum_version),
    "tls-cipher-suites": _refusal_of(parse_ciphers),
}


def _pairs(options: Options) -> Iterator[str]:
    def given(name: str) -> bool:
        return bool(getattr(options, FLAGS[name].field))

    for one, other in _EXCLUSIVE:
        if given(one) and given(other):
            yield f"--{one}: excludes --{other}: remove one of the two"
    if given("inject-ca-bundle") and given("tls-cert-file") and not given("inject-ca-bundle-file"):
        yield (
            "--inject-ca-bundle: with --tls-cert-file it needs --inject-ca-bundle-file: the "
            "authority that signed that certificate"
        )
    if given("inject-ca-bundle-file") and not given("inject-ca-bundle"):
        yield "--inject-ca-bundle-file: needs --inject-ca-bundle: say which APIServices get it"
    for one, other in _TOGETHER:
        if given(one) != given(other):
            there, lacking = (one, other) if given(one) else (other, one)
            yield f"--{there}: needs --{lacking}: give both or neither"


def _times(options: Options) -> Iterator[str]:
    resolution = options.metric_resolution
    if options.scrape_timeout > resolution * TIMEOUT_SHARE:
        yield (
            f"--kubelet-request-timeout: {_text(options.scrape_timeout)} is more than 0.9 of "
            f"--metric-resolution={_text(resolution)}: leave it out, or give "
            f"{_text(resolution * TIMEOUT_SHARE)} or less"
        )
    if options.stale_unmoved < resolution:
        yield (
            f"--stale-unmoved: {_text(options.stale_unmoved)} is less than "
            f"--metric-resolution={_text(resolution)}, so nothing would be served: give several "
            "periods"
        )


def _text(seconds: float) -> str:
    return format_duration(round(seconds * 1e9))
