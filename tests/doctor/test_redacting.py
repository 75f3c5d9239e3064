"""What may be secret in a container's words is kept out of the evidence."""

import pytest

from tidegauge.doctor.redacting import REDACTED, harmless

WORDS = {
    "a flag's value": (["--db-password=hunter2"], [f"--db-password={REDACTED}"]),
    "a flag's next word": (["--api-key", "hunter2", "-v"], ["--api-key", REDACTED, "-v"]),
    "a switch named so": (["--use-token-webhook", "--v=2"], ["--use-token-webhook", "--v=2"]),
    "in a shell's line": (
        ["sh", "-c", "export TOKEN=hunter2; serve"],
        ["sh", "-c", f"export TOKEN={REDACTED} serve"],
    ),
    "in a header": (["-H", "X-Secret: hunter2"], ["-H", f"X-Secret: {REDACTED}"]),
    "in a URL": (["--db=pg://me:hunter2@db/x"], [f"--db=pg://{REDACTED}@db/x"]),
    "nothing": (
        ["--secure-port=4443", "--kubelet-insecure-tls"],
        ["--secure-port=4443", "--kubelet-insecure-tls"],
    ),
}


@pytest.mark.parametrize(("words", "harmless_words"), WORDS.values(), ids=WORDS)
def test_harmless(words: list[str], harmless_words: list[str]) -> None:
    """Values of what is named like a secret are replaced, all else stays."""
    assert harmless(words) == tuple(harmless_words)
