"""The tar of an archive: the same bytes for the same files, and nothing but plain files with plain names is read."""

import io
import tarfile

import pytest
from scalefront.archive import tar
from scalefront.archive.tar import File, extract, require_same_bytes, write_tar
from scalefront.errors import StudyError

TIME = 1_700_000_000
FILES = {"b/two.txt": File(b"two" * 300), "a.txt": File(b"one"), "run": File(b"#!", executable=True)}


def packed(path, files=None, time=TIME):
    with path.open("wb") as stream:
        write_tar(stream, files or FILES, time)
    return path


def test_the_same_files_give_the_same_bytes_whatever_their_order_times_and_owners(tmp_path):
    first = packed(tmp_path / "1.tar").read_bytes()
    source = tmp_path / "two.txt"
    source.write_bytes(b"two" * 300)
    other = dict(reversed((FILES | {"b/two.txt": File(source)}).items()))
    assert packed(tmp_path / "2.tar", other).read_bytes() == first
    with tarfile.open(tmp_path / "1.tar") as opened:
        members = opened.getmembers()
    assert [member.name for member in members] == ["a.txt", "b/two.txt", "run"]
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {(0, 0, "", TIME)}
    assert [oct(member.mode) for member in members] == ["0o644", "0o644", "0o755"]


def test_what_is_packed_is_extracted(tmp_path):
    long = "results/" + "x" * 200 + ".parquet"
    path = packed(tmp_path / "a.tar", FILES | {long: File(b"")})
    (tmp_path / "out").mkdir()
    found = extract(path, tmp_path / "out")
    assert set(found) == {*FILES, long} and found["run"].executable and not found["a.txt"].executable
    assert (tmp_path / "out" / "b" / "two.txt").read_bytes() == b"two" * 300
    require_same_bytes(path, tmp_path / "out", found, TIME)


def test_a_byte_flipped_anywhere_is_seen(tmp_path):
    path = packed(tmp_path / "a.tar")
    whole = path.read_bytes()
    (tmp_path / "out").mkdir()
    original = extract(path, tmp_path / "out")
    for place in range(0, len(whole), 7):
        broken = tmp_path / "broken.tar"
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        folder = tmp_path / f"out{place}"
        folder.mkdir()
        try:
            found = extract(broken, folder)
            if found == original:
                with pytest.raises(StudyError, match="altered"):
                    require_same_bytes(broken, folder, found, TIME)
        except StudyError as problem:
            assert "\n" not in str(problem)


def test_bytes_after_the_end_are_seen(tmp_path):
    path = packed(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes() + b"more")
    (tmp_path / "out").mkdir()
    with pytest.raises(StudyError, match="bytes follow"):
        require_same_bytes(path, tmp_path / "out", extract(path, tmp_path / "out"), TIME)


def member(name="a.txt", kind=tarfile.REGTYPE, size=0, link="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mode = kind, size, link, mode
    return info


ESCAPES = ["../evil", "a/../../evil", "/etc/evil", "a//b", "./a", "a/.", "C:\\evil", "a\nb", "a b", "", "é", "a" * 300]
KINDS = {
    "link": member(kind=tarfile.SYMTYPE, link="/etc/passwd"),
    "hard link": member(kind=tarfile.LNKTYPE, link="b"),
    "character device": member(kind=tarfile.CHRTYPE),
    "block device": member(kind=tarfile.BLKTYPE),
    "fifo": member(kind=tarfile.FIFOTYPE),
    "folder": member("a/", kind=tarfile.DIRTYPE),
    "sparse file": member(kind=tarfile.GNUTYPE_SPARSE),
    "old long name": member(kind=tarfile.GNUTYPE_LONGNAME, size=5),
    "old plain file": member(kind=tarfile.AREGTYPE),
    "contiguous file": member(kind=tarfile.CONTTYPE),
    "plain file with a link": member(link="b"),
    "set-uid file": member(mode=0o4755),
    "unreadable file": member(mode=0),
}


def raw(path, *headers):
    """A tar of hand-made headers, each followed by the bytes given with it."""
    blocks = []
    for header, content in headers:
        block = header if isinstance(header, bytes) else header.tobuf(tarfile.GNU_FORMAT)
        blocks.append(block + content + bytes(-len(content) % 512))
    path.write_bytes(b"".join(blocks) + bytes(10240))
    return path


def refused(path, tmp_path):
    folder = tmp_path / "inside" / "out"
    folder.mkdir(parents=True)
    with pytest.raises(StudyError) as caught:
        extract(path, folder)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    return str(caught.value)


def outside(tmp_path):
    return sorted(str(path) for path in tmp_path.rglob("*") if "out" not in path.relative_to(tmp_path).parts)


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    path = raw(tmp_path / "a.tar", (member(name).tobuf(tarfile.PAX_FORMAT, "utf-8", "strict"), b""))
    assert "path" in refused(path, tmp_path)
    assert outside(tmp_path) == [str(tmp_path / "a.tar"), str(tmp_path / "inside")]


@pytest.mark.parametrize("kind", KINDS)
def test_anything_but_a_plain_file_is_refused(tmp_path, kind):
    said = refused(raw(tmp_path / "a.tar", (KINDS[kind], b"")), tmp_path)
    assert "not a plain file" in said or "mode" in said
    assert outside(tmp_path) == [str(tmp_path / "a.tar"), str(tmp_path / "inside")]


@pytest.mark.parametrize("size", [2000, 2**33, 2**60])
def test_a_member_larger_than_the_archive_is_refused_before_it_is_written(tmp_path, size):
    path = raw(tmp_path / "a.tar", (member(size=size), b"little"))
    path.write_bytes(path.read_bytes()[:2000])
    assert "larger than the archive" in refused(path, tmp_path)
    assert not (tmp_path / "inside" / "out" / "a.txt").exists()


def test_a_member_larger_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tar, "MOST_BYTES", 100)
    assert "larger than the archive itself, or than 100 bytes" in refused(packed(tmp_path / "a.tar"), tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"27 linkpath=/etc/passwd\n", b"20 GNU.sparse.size=9\n", b"12 size=-5\n", b"9 path\n", b"18 size=" + b"9" * 9],
)
def test_an_extended_header_with_more_than_a_path_or_a_size_is_refused(tmp_path, text):
    extended = member("x", kind=tarfile.XHDTYPE, size=len(text))
    said = refused(raw(tmp_path / "a.tar", (extended, text), (member(), b"")), tmp_path)
    assert "extended header" in said or "larger than" in said


def test_a_large_extended_header_is_refused(tmp_path):
    extended = member("x", kind=tarfile.XHDTYPE, size=10_000)
    assert "at most 4096 bytes" in refused(raw(tmp_path / "a.tar", (extended, b"y" * 10_000)), tmp_path)


def test_an_extended_header_cannot_lead_elsewhere(tmp_path):
    text = b"19 path=../../evil\n"
    extended = member("x", kind=tarfile.XHDTYPE, size=len(text))
    said = refused(raw(tmp_path / "a.tar", (extended, text), (member(), b"")), tmp_path)
    assert "../../evil" in said and outside(tmp_path) == [str(tmp_path / "a.tar"), str(tmp_path / "inside")]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "A"), ("a", "a/b")])
def test_names_that_meet_are_refused(tmp_path, names):
    refused(raw(tmp_path / "a.tar", *((member(name), b"") for name in names)), tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", b"\x1f\x8b" + bytes(600), bytes(100), b"x" * 2048])
def test_what_is_no_tar_is_refused(tmp_path, content):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    assert "not a whole" in refused(path, tmp_path)


@pytest.mark.parametrize("kept", [100, 512, 700, 1400])
def test_a_truncated_tar_is_refused(tmp_path, kept):
    path = packed(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[:kept])
    said = refused(path, tmp_path)
    assert "not a whole" in said or "larger than" in said


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tar, "MOST_MEMBERS", 2)
    assert "at most 2 members" in refused(packed(tmp_path / "a.tar"), tmp_path)


def test_a_stream_that_needs_no_seeking_can_be_written():
    stream = io.BytesIO()
    write_tar(stream, FILES, TIME)
    assert stream.getvalue()[:5] == b"a.txt"
