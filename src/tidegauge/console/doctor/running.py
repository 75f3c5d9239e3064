"""From options to evidence: the only place where the doctor meets the network."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from tidegauge.autoscale.lint.judging import findings
from tidegauge.cluster.access import SERVICE_ACCOUNT
from tidegauge.cluster.client import Client
from tidegauge.cluster.errors import ClusterError
from tidegauge.console import goflags
from tidegauge.console.access import address_rules, kubelet_transport
from tidegauge.console.clusterflags import access_of
from tidegauge.console.commandline import values, vocabulary
from tidegauge.console.doctor.options import DoctorOptions
from tidegauge.console.hpa.lint.reading import read_with
from tidegauge.console.options import FLAGS, Options
from tidegauge.doctor.asking import Asking, aim, shown
from tidegauge.doctor.evidence import Evidence, Unread, known
from tidegauge.doctor.gathering import gather
from tidegauge.doctor.proxying import ProxyTransport
from tidegauge.doctor.reading import Reading
from tidegauge.security.files import unreported
from tidegauge.units.clock import SystemClock

Say = Callable[[str], None]


async def look(options: DoctorOptions, environ: Mapping[str, str], say: Say) -> Evidence:
    """Raises ClusterError where no API server answers, FileError for the server's own files."""
    clock = SystemClock()
    access = access_of(options, environ)
    inside = access.token_file == SERVICE_ACCOUNT / "token"
    how = options.kubelets or ("direct" if inside else "proxy")
    async with Client(access, clock, environ=environ) as client:
        reading = Reading(client, say)
        skew = await reading.skew(clock)
        evidence = await gather(reading, now=clock.now() + skew, skew=skew, server=access.server)
        evidence = await _with_lint(evidence, client, say)
        served = _as_served(evidence)
        aimed = aim(known(evidence.nodes), address_rules(served), served.node_selector)
        evidence = replace(evidence, skipped=aimed.skipped, direct=how == "direct")
        if how == "none":
            return evidence
        say(f"ask {len(aimed.targets)} kubelets twice, {options.wait:g} s apart")
        if how == "proxy":
            asking = Asking(ProxyTransport(client, clock), clock, apart=options.wait)
            return replace(evidence, looks=await asking.looks(aimed.targets))
        transport = kubelet_transport(served, client.credentials, clock, unreported)
        asking = Asking(transport, clock, show=shown, apart=options.wait)
        try:
            return replace(evidence, looks=await asking.looks(aimed.targets))
        finally:
            transport.close()


async def _with_lint(evidence: Evidence, client: Client, say: Say) -> Evidence:
    """Of HPAs that may not be read nothing is judged."""
    if not known(evidence.autoscalers):
        return evidence
    try:
        read = await read_with(client, "", None, say)
    except ClusterError as error:
        unread = Unread(what="hpa lint", cause=error.cause, detail=str(error))
        return replace(evidence, lint=unread)
    lint = findings(read.objects, read.knowledge)
    return replace(evidence, lint=lint, unjudged=tuple(read.notes))


def _as_served(evidence: Evidence) -> Options:
    """The flags of the metrics server that runs, as far as they can be seen."""
    pods = evidence.provider.running if evidence.provider else ()
    words = [word for pod in pods[:1] for one in pod.spec.containers[:1] for word in one.words]
    given = goflags.read(words, vocabulary(FLAGS))
    return Options(**values(given.texts, FLAGS)[0])
