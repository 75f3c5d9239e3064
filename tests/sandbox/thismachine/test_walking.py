"""Reading files that the kernel makes while they are read."""

import os
import threading
import time
from pathlib import Path

from tidegauge.sandbox.thismachine.walking import read


def test_a_file_that_comes_in_pieces_is_read_to_its_end(tmp_path: Path) -> None:
    """As long files of /proc do, a page at a time."""
    pipe = tmp_path / "mountinfo"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b"first ")
            time.sleep(0.05)  # so that they are two pieces for the reader
            file.write(b"second")

    writer = threading.Thread(target=write)
    writer.start()
    content = read(pipe)
    writer.join()

    assert content == b"first second"


def test_what_is_gone_is_empty(tmp_path: Path) -> None:
    """A group may vanish between its name and its files."""
    assert read(tmp_path / "gone") == b""
    assert read(tmp_path) == b""
