import pytest

from tests.clock import ManualClock
from tidegauge.security.files import (
    CHECK_SECONDS,
    MAX_BYTES,
    FileError,
    Inline,
    TokenBearer,
    WatchedFile,
    parse_token,
)


class Reports(list[tuple[str, str | None]]):
    def __call__(self, name, problem):
        self.append((name, problem))


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "token"
    path.write_bytes(b"one")
    return path


def replace_in_place(path):
    path.write_bytes(b"two")


def replace_by_rename(path):
    new = path.with_suffix(".new")
    new.write_bytes(b"two")
    new.rename(path)


@pytest.mark.parametrize("replace", [replace_in_place, replace_by_rename])
def test_a_replaced_file_is_noticed_at_the_next_check(path, clock, replace):
    """Not before that, so that asking for it is cheap; and then whatever way it changed."""
    file = WatchedFile(path, clock)
    replace(path)

    assert file.content == b"one"
    clock.advance(CHECK_SECONDS)
    assert file.content == b"two"


def test_a_mounted_secret_whose_symlink_turns_is_noticed(tmp_path, clock):
    """The kubelet puts the new files into a new folder and turns the symlink `..data` to it."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "token").symlink_to("..data/token")
    file = WatchedFile(tmp_path / "token", clock)

    (tmp_path / "..new").symlink_to("two")
    (tmp_path / "..new").rename(tmp_path / "..data")
    clock.advance(CHECK_SECONDS)

    assert file.content == b"two"


def test_a_file_is_looked_at_at_once_on_demand(path, clock):
    """As after a 401: the token may just have been renewed."""
    file = WatchedFile(path, clock)
    replace_in_place(path)

    file.check()

    assert file.content == b"two"


def test_the_content_is_the_same_object_while_it_is_equal(path, clock):
    """Who derives something from it compares by identity first."""
    file = WatchedFile(path, clock)
    before = file.content
    path.write_bytes(b"one")
    clock.advance(CHECK_SECONDS)

    assert file.content is before


BROKEN = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n"),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "huge": lambda path: path.write_bytes(b"x" * (MAX_BYTES + 1)),
}


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN)
def test_an_unusable_file_keeps_its_last_good_content(path, clock, reports, breaks):
    """It is reported once when it breaks and once when it is mended, however often it is asked."""
    file = WatchedFile(path, clock, report=reports)
    breaks(path)
    for _ in range(3):
        clock.advance(CHECK_SECONDS)
        assert file.content == b"one"
    assert [name for name, _ in reports] == [str(path)]
    assert reports[0][1].startswith(f"{path}: ")

    if path.is_dir():
        path.rmdir()
    path.write_bytes(b"two")
    for _ in range(3):
        clock.advance(CHECK_SECONDS)
        assert file.content == b"two"

    assert reports[1:] == [(str(path), None)]


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN)
def test_a_file_that_never_was_usable_is_an_error(path, clock, breaks):
    """At the start there is no last good content to go on with."""
    breaks(path)

    with pytest.raises(FileError, match=f"^{path}: "):
        WatchedFile(path, clock)


def test_a_token_is_what_stands_between_blanks(path, clock):
    """Editors end files with a line feed; a header must not."""
    path.write_bytes(b" abc.def\r\n")

    assert TokenBearer(WatchedFile(path, clock)).current() == "abc.def"


@pytest.mark.parametrize("content", [b"a b", b"a\r\nX: y", b"a\0", "ü".encode(), b"\xff"])
def test_what_can_not_stand_in_a_header_is_no_token(content):
    """A token that could end its header line never gets near one."""
    with pytest.raises(FileError, match=r"^the file: .*give the file"):
        parse_token(content, "the file")


def test_a_renewed_token_is_used_without_restart(path, clock, reports):
    """After the usual check, or at once when the old one was refused."""
    bearer = TokenBearer(WatchedFile(path, clock), reports)
    path.write_bytes(b"two")
    assert bearer.current() == "one"

    bearer.refused()
    assert bearer.current() == "two"

    path.write_bytes(b"three")
    clock.advance(CHECK_SECONDS)
    assert bearer.current() == "three"


def test_an_unusable_token_keeps_the_last_good_one(path, clock, reports):
    """And it is reported once."""
    bearer = TokenBearer(WatchedFile(path, clock), reports)
    path.write_bytes(b"not a token")
    clock.advance(CHECK_SECONDS)

    assert [bearer.current(), bearer.current()] == ["one", "one"]
    assert len(reports) == 1
    assert reports[0][0] == str(path)


def test_an_inline_token_stays():
    """It is what the kubeconfig says, refused or not."""
    bearer = TokenBearer(Inline("users[0].user.token", b"abc"))

    bearer.refused()

    assert bearer.current() == "abc"
