"""`python -m tests.transcripts FILE…`: replay recorded transcripts against a real server of ours.

Files may be of any of the recorded sets, in any number; `fixture.json.gz` and `bodies/` lie beside
them. Exits with 1 when less came out the same than must.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.transcripts.records import load_all, load_fixture
from tests.transcripts.replay import replay


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument) for argument in arguments]
    folders = {path.resolve().parent for path in paths}
    if not paths or any(not path.is_file() for path in paths):
        print("usage: python -m tests.transcripts FILE…, each an existing file", file=sys.stderr)
        return 2
    fixtures = [load_fixture(folder) for folder in folders]
    if any(fixture != fixtures[0] for fixture in fixtures):
        print("the files' fixtures differ: replay them one by one", file=sys.stderr)
        return 2
    records = [record for path in paths for record in load_all(path)]
    tally = replay(records, fixtures[0], say=lambda line: print(line, file=sys.stderr, flush=True))
    print(tally.report())
    return 1 if tally.short() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
