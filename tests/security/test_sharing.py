"""The pair that replicas share: made, published before it is used, replaced in time."""

import datetime as dt

import pytest
import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import ManualClock
from tidegauge.security.certificates import (
    RENEW_WHEN_LEFT,
    Pair,
    certificate_builder,
    encode_pair,
    service_names,
    usable,
)
from tidegauge.security.sharing import (
    LAST_CALL,
    MOST_AUTHORITIES,
    PUBLISHED_FOR,
    Shared,
    advanced,
    from_secret,
    make_pair,
    stranger,
    to_secret,
)

NAMES = service_names("tidegauge", "kube-system")
DAY = 86_400.0
YEAR = 365 * DAY


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def step(shared: Shared, clock: ManualClock, *, published: bool = True) -> Shared:
    return advanced(shared, NAMES, clock.now(), published=published)


def believed(shared: Shared) -> bool:
    """Whether who trusts the bundle trusts the pair: its leaf's issuer is in there."""
    assert shared.pair
    leaf, _ = x509.load_pem_x509_certificates(shared.pair.certificate)
    authorities = x509.load_pem_x509_certificates(shared.bundle)
    return any(signed_by(leaf, authority) for authority in authorities)


def signed_by(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    return True


def end_of(pair: Pair | None) -> dt.datetime:
    leaf = usable(pair) if pair else None
    assert leaf
    return leaf.not_valid_after_utc


def authorities(shared: Shared) -> int:
    return shared.bundle.count(b"BEGIN CERTIFICATE")


def test_the_first_pair(clock: ManualClock) -> None:
    """It is served at once: there is none of before to prefer."""
    made = step(Shared(), clock)

    assert believed(made)
    assert made.coming is None
    assert authorities(made) == 1


def test_nothing_is_to_be_done(clock: ManualClock) -> None:
    """For three quarters of a year, however often it is looked at."""
    made = step(Shared(), clock)
    for _ in range(9):
        clock.advance(30 * DAY)
        assert step(made, clock) == made


def test_a_renewal_overlaps(clock: ManualClock) -> None:
    """The new authority is published while the old pair is served, and only then used."""
    made = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)

    staged = step(made, clock)
    assert (staged.pair, authorities(staged)) == (made.pair, 2)
    assert step(staged, clock) == staged
    clock.advance(PUBLISHED_FOR)
    renewed = step(staged, clock)

    assert (renewed.pair, renewed.coming) == (staged.coming, None)
    assert renewed.bundle == staged.bundle
    assert believed(renewed)
    assert end_of(renewed.pair) > end_of(made.pair)
    assert step(renewed, clock) == renewed


def test_it_waits_until_all_have_the_authority(clock: ManualClock) -> None:
    """An APIService that could not be written holds the renewal back: it would be refused."""
    clock_of_before = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)
    staged = step(clock_of_before, clock)
    clock.advance(30 * DAY)

    assert step(staged, clock, published=False) == staged
    assert step(staged, clock).pair == staged.coming


def test_it_waits_for_nobody_in_the_last_hour(clock: ManualClock) -> None:
    """One APIService that nobody may write must not make all others meet an expired pair."""
    made = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)
    staged = step(made, clock, published=False)
    clock.advance(RENEW_WHEN_LEFT - LAST_CALL)

    assert step(staged, clock, published=False).pair == staged.coming


@pytest.mark.parametrize("skew", [-270 * DAY, -2 * 3600, 2 * 3600, 100 * DAY, 270 * DAY], ids=str)
def test_replicas_whose_clocks_differ(clock: ManualClock, skew: float) -> None:
    """Whoever begins, they come to one pair that is valid by the right clock, and stay with it."""
    other = ManualClock(wall=clock.now() + skew)
    shared = Shared()
    for _ in range(2):
        shared = step(step(shared, other), clock)
        for each in (clock, other):
            each.advance(PUBLISHED_FOR)

    assert shared.pair
    leaf = usable(shared.pair)
    assert leaf
    assert leaf.not_valid_before_utc.timestamp() <= clock.now()
    assert believed(shared)
    assert step(step(shared, other), clock) == shared


def test_the_old_authority_stays_until_it_expires(clock: ManualClock) -> None:
    """A replica that has not heard of the renewal is believed as long as its certificate lasts."""
    made = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)
    staged = step(made, clock)
    clock.advance(PUBLISHED_FOR)
    renewed = step(staged, clock)
    clock.advance(RENEW_WHEN_LEFT - PUBLISHED_FOR - 1)
    assert authorities(step(renewed, clock)) == 2

    clock.advance(2)
    after = step(renewed, clock)

    assert authorities(after) == 1
    assert after.pair == renewed.pair
    assert believed(after)


@pytest.mark.parametrize("away", [YEAR - 1, YEAR + 1, 5 * YEAR], ids=["before", "after", "years"])
def test_a_cluster_that_was_switched_off(clock: ManualClock, away: float) -> None:
    """Whenever it comes back, it comes to a pair that is valid and believed."""
    shared = step(Shared(), clock)
    clock.advance(away)
    for _ in range(3):
        shared = step(shared, clock)
        clock.advance(PUBLISHED_FOR)

    assert end_of(shared.pair).timestamp() > clock.now() + RENEW_WHEN_LEFT
    assert believed(shared)


def test_a_coming_pair_serves_when_the_old_one_ended(clock: ManualClock) -> None:
    """Also one that was not published: nothing is lost by it."""
    made = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)
    staged = step(made, clock, published=False)
    clock.advance(RENEW_WHEN_LEFT + 1)

    assert step(staged, clock, published=False).pair == staged.coming


@pytest.mark.parametrize(
    "damaged",
    [
        {"tls.crt": b"no certificate"},
        {"tls.key": b"no key"},
        {"tls.crt": b""},
        {"tls.key": None},
        {"ca.crt": b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"},
        {"ca.crt": None},
        {"next.crt": b"no", "next.key": b"no"},
    ],
    ids="+".join,
)
def test_what_somebody_damaged_is_mended(clock: ManualClock, damaged: dict[str, bytes]) -> None:
    """Whatever stands in the Secret, one step later it can be served and is believed."""
    data = {**to_secret(step(Shared(), clock)), **damaged}
    there = from_secret({key: value for key, value in data.items() if value is not None})

    mended = step(there, clock)

    assert end_of(mended.pair).timestamp() > clock.now()
    assert believed(mended)
    assert step(mended, clock) == mended


def test_a_key_of_another_certificate(clock: ManualClock) -> None:
    """As after two halves were restored from different backups: a new pair is made."""
    one, other = make_pair(NAMES, clock.now()), make_pair(NAMES, clock.now())

    mended = step(Shared(Pair(one.certificate, other.key)), clock)

    assert mended.pair not in (one, other)
    assert believed(mended)


def test_another_service(clock: ManualClock) -> None:
    """A pair for other names is replaced at once, and stays believed for those who serve it."""
    made = step(Shared(), clock)
    moved = advanced(made, service_names("other", "kube-system"), clock.now(), published=True)

    assert moved.pair != made.pair
    assert believed(moved)
    assert authorities(moved) == 2


def test_a_fight_over_the_secret(clock: ManualClock) -> None:
    """Two releases that share it by mistake don't fill it."""
    shared = Shared()
    for turn in range(2 * MOST_AUTHORITIES):
        names = service_names(f"release-{turn % 2}", "kube-system")
        shared = advanced(shared, names, clock.now(), published=True)
        assert believed(shared)
        clock.advance(60)

    assert authorities(shared) == MOST_AUTHORITIES


def test_through_a_secret(clock: ManualClock) -> None:
    """What is written is read back, with and without a coming pair; others' data is not ours."""
    made = step(Shared(), clock)
    clock.advance(YEAR - RENEW_WHEN_LEFT)
    for shared in (Shared(), made, step(made, clock)):
        data = {key: value for key, value in to_secret(shared).items() if value is not None}
        assert from_secret({**data, "note": b"somebody's"}) == shared


def _odd(san: bytes, curve: ec.EllipticCurve) -> Pair:
    """A pair of ours but for its names, which nobody can read, or its kind of key."""
    key = ec.generate_private_key(curve)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x-ca@1")])
    garbage = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, san)
    builder = certificate_builder(name, name, key, key, ManualClock().now(), YEAR)
    certificate = builder.add_extension(garbage, critical=False).sign(key, hashes.SHA256())
    return encode_pair([certificate], key)


@pytest.mark.parametrize(
    "odd",
    [
        _odd(b"garbage", ec.SECP256R1()),
        _odd(b"\x30\x03\xa0\x01\x00", ec.SECP256R1()),
        _odd(b"\x30\x00", ec.BrainpoolP256R1()),
    ],
    ids=["unreadable-names", "unknown-kind-of-name", "rare-curve"],
)
def test_an_odd_certificate_ends_no_replica(clock: ManualClock, odd: Pair) -> None:
    """What can be read but not be served is replaced like any other damage."""
    mended = step(Shared(odd, odd, odd.certificate), clock)

    assert mended.pair != odd
    assert believed(mended)


_MADE = to_secret(step(Shared(), ManualClock()))
_PIECES = st.sampled_from([value for value in _MADE.values() if value] + [b""]) | st.binary()


@given(
    data=st.dictionaries(st.sampled_from(sorted(_MADE)), _PIECES),
    cut=st.integers(0, 2000),
    field=st.sampled_from(sorted(_MADE)),
)
def test_whatever_is_in_the_secret(data: dict[str, bytes], cut: int, field: str) -> None:
    """Cut, swapped or made up: one step later it can be served, is believed, and stays."""
    clock = ManualClock()
    data[field] = data.get(field, b"")[:cut]

    mended = step(from_secret(data), clock)

    assert believed(mended)
    assert step(mended, clock) == mended


def test_whose_it_is(clock: ManualClock) -> None:
    """Of an authority of somebody's it is his, with or without its key; damage is nobody's."""
    theirs = trustme.CA(organization_name="Acme").issue_cert(NAMES[0])
    own = make_pair(NAMES, clock.now())

    assert "Acme" in (stranger({"tls.crt": theirs.cert_chain_pems[0].bytes()}) or "")
    assert stranger({"tls.crt": own.certificate, "tls.key": own.key}) is None
    assert stranger({"tls.crt": b"damaged"}) is None
    assert stranger({}) is None


def test_a_pair_does_not_show_its_key(clock: ManualClock) -> None:
    """Not in a traceback or a log line, by itself or in what holds it."""
    assert "PRIVATE KEY" not in repr(step(Shared(), clock))
