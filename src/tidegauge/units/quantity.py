"""Usage as Kubernetes quantities in canonical form: the biggest suffix that keeps an integer."""

_INT64_MAX = 2**63 - 1

_KIBI, _MEBI = 1 << 10, 1 << 20

_NANO_SUFFIXES = ("n", "u", "m", "", "k", "M", "G")
"""Steps of 1000 from one nanocore up; 64 bits of nanocores end in the tens of G."""

_BINARY_SUFFIXES = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def format_cpu(nanocores: int) -> str:
    """Nanocores as a decimal quantity: `123456789n`, `12300u`, `50m`, `2`, `1k`."""
    if nanocores % 1000 and nanocores <= _INT64_MAX:
        return f"{nanocores}n"  # as nearly all are: 4 % of a list
    return _shorten(_as_stored(nanocores), 1000, _NANO_SUFFIXES)


def format_memory(num_bytes: int) -> str:
    """Bytes as a binary quantity: `12240Ki`, `5Mi`, `1500`.

    Below 1024 Kubernetes changes to decimal suffixes, which only 1000 has: `1k`.
    """
    if num_bytes % _MEBI and not num_bytes % _KIBI and num_bytes <= _INT64_MAX:
        return f"{num_bytes // _KIBI}Ki"  # whole pages, as nearly all are: 5 % of a list
    if num_bytes in (1000, -1000):
        return f"{num_bytes // 1000}k"
    return _shorten(_as_stored(num_bytes), 1024, _BINARY_SUFFIXES)


def _as_stored(value: int) -> int:
    """Beyond int64 a quantity counts in tens, as the Go server has it: the last digit is lost."""
    return value if value <= _INT64_MAX else value // 10 * 10


def _shorten(value: int, step: int, suffixes: tuple[str, ...]) -> str:
    if value == 0:
        return "0"
    power = 0
    while value % step == 0 and power < len(suffixes) - 1:
        value //= step
        power += 1
    return f"{value}{suffixes[power]}"
