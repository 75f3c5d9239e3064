"""The flags of `tidegauge serve`."""

import pytest

from tidegauge.console import retired
from tidegauge.console.commandline import FlagError
from tidegauge.console.flags import parse
from tidegauge.console.kinds import HostPort, SniPair
from tidegauge.console.options import FLAGS, Options
from tidegauge.units.selectors import parse_label_selector


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.pem"
    path.write_text("")
    return str(path)


def problems_of(*arguments):
    try:
        parse(arguments)
    except FlagError as error:
        return error.problems
    return ()


MANIFEST = [
    "--cert-dir=/tmp",
    "--secure-port=10250",
    "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
    "--kubelet-use-node-status-port",
    "--metric-resolution=15s",
]


def test_the_incumbents_manifest_gives_the_defaults():
    """The arguments of the incumbent's Deployment change nothing and warn of nothing."""
    parsed = parse(MANIFEST)

    assert parsed.options == Options() == parse([]).options
    assert parsed.warnings == ()


def test_defaults():
    """What is not given is as in the incumbent's manifests."""
    options = parse([]).options

    assert options.metric_resolution == 15
    assert options.secure_port == options.kubelet_port == 10250
    assert options.kubelet_preferred_address_types == ("InternalIP", "ExternalIP", "Hostname")
    assert options.kubelet_use_node_status_port
    assert options.cert_dir == "/tmp"
    assert (options.stale_after_periods, options.stale_unmoved) == (3, 600)
    assert options.ready_without_data_after == 300
    assert options.authorization_always_allow_paths == ("/healthz", "/readyz", "/livez")
    assert options.node_selector.empty
    assert not options.kubelet_gzip
    assert options.metrics_bind_address is None


VALUES = [
    (["--metric-resolution=1m30s"], "metric_resolution", 90),
    (["--metric-resolution", "20s", "--metric-resolution=30s"], "metric_resolution", 30),
    (["--kubelet-use-node-status-port=false"], "kubelet_use_node_status_port", False),
    *(
        ([f"--kubelet-insecure-tls={text}"], "kubelet_insecure_tls", value)
        for value, texts in {True: "1 t T true TRUE True", False: "0 f F false FALSE False"}.items()
        for text in texts.split()
    ),
    (["--kubelet-insecure-tls"], "kubelet_insecure_tls", True),
    (["--kubelet-insecure-tls", "--kubelet-insecure-tls=false"], "kubelet_insecure_tls", False),
    (
        ["--kubelet-preferred-address-types=Hostname"],
        "kubelet_preferred_address_types",
        ("Hostname",),
    ),
    (
        [
            "--kubelet-preferred-address-types=InternalDNS,InternalIP",
            "--kubelet-preferred-address-types=ExternalIP",
        ],
        "kubelet_preferred_address_types",
        ("InternalDNS", "InternalIP", "ExternalIP"),
    ),
    (['--requestheader-allowed-names="a,b",c'], "requestheader_allowed_names", ("a,b", "c")),
    (["--requestheader-allowed-names="], "requestheader_allowed_names", ()),
    (
        ["--authorization-always-allow-paths=/metrics"],
        "authorization_always_allow_paths",
        ("/metrics",),
    ),
    (["-l", "a in (b,c)"], "node_selector", parse_label_selector("a in (b,c)")),
    (["--node-selector=  "], "node_selector", parse_label_selector("")),
    (["--bind-address=::"], "bind_address", "::"),
    (["--bind-address="], "bind_address", ""),
    (["--metrics-bind-address=:8080"], "metrics_bind_address", HostPort("", 8080)),
    (["--metrics-bind-address=[::1]:8080"], "metrics_bind_address", HostPort("::1", 8080)),
    (["--metrics-bind-address="], "metrics_bind_address", None),
    (["-v", "4"], "v", 4),
    (["--v=4"], "v", 4),
    (["-v4"], "v", 4),
    (["--logging-format=text"], "logging_format", "text"),
    (["--max-requests-inflight=0"], "max_requests_inflight", 0),
    (["--tls-min-version=VersionTLS13"], "tls_min_version", "VersionTLS13"),
    (
        ["--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
        "tls_cipher_suites",
        ("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    ),
]


@pytest.mark.parametrize(("arguments", "field", "value"), VALUES, ids=repr)
def test_value(arguments, field, value):
    """Each form of a value reaches its option."""
    assert getattr(parse(arguments).options, field) == value


def test_files_may_be_repeated(file):
    """Several authorities for kubelets and several pairs for server names add up."""
    options = parse(
        [
            f"--kubelet-certificate-authority={file}",
            f"--kubelet-certificate-authority={file}",
            f"--tls-sni-cert-key={file},{file}",
            f"--tls-sni-cert-key={file}, {file}:a.example,*.b.example",
        ]
    ).options

    assert options.kubelet_certificate_authority == (file, file)
    assert options.tls_sni_cert_key == (
        SniPair(file, file),
        SniPair(file, file, ("a.example", "*.b.example")),
    )


TIMEOUTS = [
    ([], 10),
    (["--metric-resolution=60s"], 10),
    (["--metric-resolution=10s"], 9),
    (["--metric-resolution=1s"], 0.9),
    (["--metric-resolution=30s", "--kubelet-request-timeout=27s"], 27),
    (["--kubelet-request-timeout=5s"], 5),
]


@pytest.mark.parametrize(("arguments", "seconds"), TIMEOUTS, ids=repr)
def test_the_request_timeout_follows_the_period(arguments, seconds):
    """Unless given, a node has 10 s or 0.9 of the period to answer, whichever is less."""
    assert parse(arguments).options.scrape_timeout == pytest.approx(seconds)


CA = "--kubelet-certificate-authority={file}"
CERTIFICATE = "--kubelet-client-certificate={file}"
KEY = "--kubelet-client-key={file}"
INSECURE = "--deprecated-kubelet-completely-insecure"

INCUMBENT = {
    "defaults": ([], 0),
    "authority and no encryption": ([INSECURE, CA], 1),
    "authority and no verification": (["--kubelet-insecure-tls", CA], 1),
    "key and certificate": ([KEY, CERTIFICATE], 0),
    "certificate and no encryption": ([CERTIFICATE, INSECURE], 2),
    "key and no encryption": ([KEY, INSECURE], 2),
    "no verification and no encryption": (["--kubelet-insecure-tls", INSECURE], 1),
    "only a certificate": ([CERTIFICATE], 1),
    "only a key": ([KEY], 1),
    "timeout": (["--kubelet-request-timeout=1s"], 0),
    "timeout 0": (["--kubelet-request-timeout=0s"], 1),
    "timeout below 0": (["--kubelet-request-timeout=-10s"], 1),
}


@pytest.mark.parametrize("case", INCUMBENT)
def test_the_incumbents_kubelet_cases(case, file):
    """Its test of the kubelet flags: as many errors for the same combinations."""
    arguments, count = INCUMBENT[case]

    found = problems_of(*(argument.format(file=file) for argument in arguments))

    assert len(found) == count, found


REFUSED = [
    (["--metric-resolution=999ms"], "--metric-resolution: 999ms is too little: give at least 1s"),
    (["--metric-resolution=15"], "--metric-resolution: '15' is not a duration: write numbers"),
    (
        ["--metric-resolution=10s", "--kubelet-request-timeout=10s"],
        "--kubelet-request-timeout: 10s is more than 0.9 of --metric-resolution=10s: leave it out",
    ),
    (["--kubelet-request-timeout=14s"], "--kubelet-request-timeout: 14s is more than 0.9 of"),
    (["--stale-unmoved=10s"], "--stale-unmoved: 10s is less than --metric-resolution=15s"),
    (["--stale-after-periods=0"], "--stale-after-periods: 0 is too little: give at least 1"),
    (["--ready-without-data-after=-1s"], "--ready-without-data-after: -1s is too little"),
    (["--kubelet-insecure-tls=maybe"], "--kubelet-insecure-tls: 'maybe' is neither true nor false"),
    (["--secure-port=0"], "--secure-port: 0 is too little: give at least 1"),
    (["--secure-port=65536"], "--secure-port: 65536 is too much: give at most 65535"),
    (["--kubelet-port=0x10"], "--kubelet-port: '0x10' is not a whole number"),
    (["--kubelet-port=\u0661"], "--kubelet-port: '\u0661' is not a whole number"),
    (["--bind-address=localhost"], "--bind-address: 'localhost' is not an IP address"),
    (
        ["--metrics-bind-address=8080"],
        "--metrics-bind-address: '8080' is not an address with a port",
    ),
    (["--metrics-bind-address=:0"], "--metrics-bind-address: ':0' is not an address with a port"),
    (["--metrics-bind-address=a:80"], "--metrics-bind-address: 'a:80' is not an IP address"),
    (["--node-selector=a=="], None),
    (["-l", "a=b=c"], "--node-selector: 'a=b=c' is not a label selector: found '=', expected"),
    (
        ["--kubelet-preferred-address-types=IP"],
        "--kubelet-preferred-address-types: 'IP' is none of",
    ),
    (["--requestheader-allowed-names=a,,b"], "--requestheader-allowed-names: has an empty entry"),
    (['--requestheader-allowed-names="a'], "--requestheader-allowed-names: '\"a' is not a comma-"),
    (["--authorization-always-allow-paths=/a*b"], "--authorization-always-allow-paths: '/a*b' has"),
    (["--authorization-always-allow-paths=/a/*"], None),
    (
        ["--client-ca-file=/nowhere/ca.crt"],
        "--client-ca-file: cannot read /nowhere/ca.crt: No such",
    ),
    (["--kubeconfig=/"], "--kubeconfig: cannot read /: Is a directory"),
    (["--tls-cert-file=/dev/null"], "--tls-cert-file: needs --tls-private-key-file: give both"),
    (
        ["--cert-secret=kube-system/tls"],
        "--cert-secret: 'kube-system/tls' cannot be a Secret: give its name only",
    ),
    (
        ["--inject-ca-bundle=metrics"],
        "--inject-ca-bundle: 'metrics' cannot be an APIService: write version and group",
    ),
    (
        ["--cert-secret=tls", "--tls-cert-file=/dev/null", "--tls-private-key-file=/dev/null"],
        "--cert-secret: excludes --tls-cert-file",
    ),
    (
        [
            "--inject-ca-bundle=v1.metrics.k8s.io",
            "--tls-cert-file=/dev/null",
            "--tls-private-key-file=/dev/null",
        ],
        "--inject-ca-bundle: with --tls-cert-file it needs --inject-ca-bundle-file",
    ),
    (
        ["--inject-ca-bundle-file=/dev/null"],
        "--inject-ca-bundle-file: needs --inject-ca-bundle: say which APIServices get it",
    ),
    (["--tls-sni-cert-key=/dev/null"], "--tls-sni-cert-key: '/dev/null' is not a pair of files"),
    (["--tls-sni-cert-key=/dev/null,/no"], "--tls-sni-cert-key: cannot read /no: No such file"),
    (["--tls-min-version=TLS1.3"], "--tls-min-version: unknown TLS version 'TLS1.3'"),
    (["--tls-min-version=VersionTLS10"], "--tls-min-version: VersionTLS10 is broken"),
    (["--tls-cipher-suites=ROT13"], "--tls-cipher-suites: cipher suites not served: ROT13"),
    (["--service-name=Bad_Name"], "--service-name: 'Bad_Name' cannot be a name"),
    (["--service-namespace="], "--service-namespace: '' cannot be a name"),
    (["--logging-format=xml"], "--logging-format: 'xml' is none of json, text"),
    (["-v=-1"], "--v: -1 is too little: give at least 0"),
    (["--max-requests-inflight=-1"], "--max-requests-inflight: -1 is too little"),
    (["--request-timeout=-1m"], "--request-timeout: -1m0s is too little: give at least 1ms"),
    (["--shutdown-delay-duration=-1s"], "--shutdown-delay-duration: -1s is too little"),
    (
        ["--kubelet-verify-node-name", "--kubelet-insecure-tls"],
        "--kubelet-verify-node-name: excludes",
    ),
    (["--kubelet-verify-node-name", INSECURE], f"{INSECURE}: excludes --kubelet-verify-node-name"),
    (["--audit-log-path=-"], "--audit-log-path: no audit log is written: let kube-apiserver"),
    (["--audit-policy-file", "/x"], "--audit-policy-file: no audit log is written"),
    (["--audit-log-compress"], "--audit-log-compress: no audit log is written"),
    (["--cors-allowed-origins=.*"], "--cors-allowed-origins: no CORS headers are sent"),
    (
        ["--strict-transport-security-directives=max-age=1"],
        "--strict-transport-security-directives: ",
    ),
    (["--tls-curve-preferences=29"], "--tls-curve-preferences: key exchange cannot be chosen"),
    (["--metric-resolutions=1s"], "--metric-resolutions: no such flag; did you mean --metric-reso"),
]


@pytest.mark.parametrize(("arguments", "beginning"), REFUSED, ids=repr)
def test_one_mistake_gives_one_message(arguments, beginning):
    """Each message names the flag and the remedy; None stands for no mistake at all."""
    found = problems_of(*arguments)

    if beginning is None:
        assert found == ()
    else:
        assert len(found) == 1, found
        assert found[0].startswith(beginning)


def test_all_mistakes_are_listed_at_once():
    """Unknown, unreadable and contradictory flags come in one error."""
    found = problems_of(
        "stray",
        "--unheard-of",
        "--secure-port=0",
        "--metric-resolution=soon",
        "--kubelet-insecure-tls",
        INSECURE,
        "--audit-log-path=-",
    )

    assert len(found) == 6


@pytest.mark.parametrize("name", sorted(retired.WHY_DEAD))
def test_a_dead_flag_warns_once(name):
    """A flag about what does not exist here is accepted, with one warning however often given."""
    argument = f"--{name}=1" if retired.TAKES_VALUE[name] else f"--{name}"

    parsed = parse([argument, argument, "--metric-resolution=20s"])

    assert parsed.options.metric_resolution == 20
    assert len(parsed.warnings) == 1
    assert parsed.warnings[0].startswith(f"--{name} has no effect: ")


@pytest.mark.parametrize("name", sorted(retired.WHY_REFUSED))
def test_a_refused_flag_is_an_error(name):
    """A flag that promises protection which is not there is never accepted."""
    argument = f"--{name}=1" if retired.TAKES_VALUE[name] else f"--{name}"

    (problem,) = problems_of(argument)

    assert problem.startswith(f"--{name}: ")


def test_no_flag_is_declared_twice():
    """A flag lives, is dead or is refused."""
    kinds = [set(FLAGS), set(retired.WHY_DEAD), set(retired.WHY_REFUSED)]

    assert sum(map(len, kinds)) == len(set().union(*kinds))


@pytest.mark.parametrize("argument", ["--help", "-h", "--version"])
def test_help_and_version_win_over_mistakes(argument):
    """Whoever asks for help gets it, whatever else is wrong."""
    options = parse(["--nonsense", argument, "--secure-port=0"]).options

    assert options.help or options.version
