"""Go's quoting, as it appears in messages."""

import pytest

from tidegauge.units.gotext import quote

CASES = [
    ("plain", '"plain"'),
    ('a"b\\', '"a\\"b\\\\"'),
    ("a\tb\n\0\x7f", '"a\\tb\\n\\x00\\x7f"'),
    ("\u00e9 \u65e5 \U0001f600", '"\u00e9 \u65e5 \U0001f600"'),
    ("\u200b\u2028\u00a0", '"\\u200b\\u2028\\u00a0"'),
    ("\U000e0001", '"\\U000e0001"'),
    (b"\xff!".decode(errors="surrogateescape"), '"\\xff!"'),
]


@pytest.mark.parametrize(("text", "quoted"), CASES, ids=[quoted for _, quoted in CASES])
def test_quote(text, quoted):
    """Printable text stays, the rest is escaped; bytes that were no UTF-8 too."""
    assert quote(text) == quoted
