import hashlib
import json
import pickle
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from twinfold.errors import ModelFileError, OutputError
from twinfold.synthesis.model_file import read_model_file, reading, write_model_file
from twinfold.synthesis.model_file.container import FORMAT, VERSION, npy_header

MANIFEST = {"schema": {"name": "kundé", "columns": ["age", "income"]}, "rows": 1000, "share": 0.1, "big": 2**63}
ARRAYS = {
    "tree.splits": np.arange(300, dtype=np.uint16).reshape(3, 100),
    "means": np.array([0.5, np.nan, -1e300]),
    "flags": np.array([True, False]),
    "nothing": np.zeros((0, 4), dtype=np.int8),
    "one": np.array(7, dtype=np.int64),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "customers.twin"
    write_model_file(path, MANIFEST, ARRAYS)
    return path


def refused(path: Path, content: bytes | None = None) -> str:
    """The one line with which a file is refused."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_model_file(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_what_is_written_is_read(model: Path) -> None:
    manifest, arrays = read_model_file(model)
    assert manifest == MANIFEST
    assert list(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].flags.writeable
        np.testing.assert_array_equal(arrays[name], array, strict=True)


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.twin"
    write_model_file(again, MANIFEST, dict(reversed(ARRAYS.items())))
    assert again.read_bytes() == model.read_bytes()


def test_any_zip_tool_and_numpy_can_open_it(model: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(model) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        assert (manifest["format"], manifest["version"]) == (FORMAT, VERSION)
    for name, array in ARRAYS.items():
        file = tmp_path / "arrays" / f"{name}.npy"
        np.testing.assert_array_equal(np.load(file, allow_pickle=False), array, strict=True)
        assert manifest["arrays"][name]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_arrays_in_other_layouts_arrive_as_they_look(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "sliced": np.arange(20)[::3],
        "big_endian": np.arange(5, dtype=">i4"),
    }
    write_model_file(tmp_path / "m.twin", {}, arrays)
    for name, array in read_model_file(tmp_path / "m.twin")[1].items():
        np.testing.assert_array_equal(array, arrays[name])


def test_arrays_that_pack_like_a_bomb_or_not_at_all_are_stored(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    nearly_empty = np.zeros(3_000_000, dtype=np.uint8)
    nearly_empty[: 2**17] = rng.integers(0, 4, 2**17)  # the first block that is tried says little of the rest
    arrays: dict[str, Any] = {
        "zeros": np.zeros(300_000),
        "noise": rng.random(50_000),
        "codes": rng.integers(0, 9, 500_000),
        "e": nearly_empty,
    }
    write_model_file(tmp_path / "m.twin", {}, arrays)
    with zipfile.ZipFile(tmp_path / "m.twin") as archive:
        method = {member.filename[7:-4]: member.compress_type for member in archive.infolist()}
    assert (method["zeros"], method["noise"], method["codes"]) == (
        zipfile.ZIP_STORED,
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    )
    for name, array in read_model_file(tmp_path / "m.twin")[1].items():
        np.testing.assert_array_equal(array, arrays[name])


@settings(max_examples=25, deadline=None)
@given(
    arrays=st.dictionaries(
        st.from_regex(r"[a-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True),
        npst.arrays(
            st.one_of(
                npst.boolean_dtypes(),
                npst.integer_dtypes(),
                npst.unsigned_integer_dtypes(),
                npst.floating_dtypes(sizes=(16, 32, 64)),
            ),
            npst.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=4,
    ),
    manifest=st.dictionaries(
        st.text(st.characters(codec="utf-8")).filter(lambda key: key not in ("format", "version", "arrays")),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**63)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(codec="utf-8")),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
            max_leaves=8,
        ),
        max_size=3,
    ),
)
def test_anything_plain_survives(
    arrays: dict[str, Any], manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "m.twin"
    write_model_file(path, manifest, arrays)
    found, read = read_model_file(path)
    assert found == manifest
    assert sorted(read) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


# Writing


@pytest.mark.parametrize(
    ("manifest", "arrays", "says"),
    [
        ({"version": 3}, {}, "file's own"),
        ({"share": float("nan")}, {}, "Out of range"),
        ({"n": 2**70}, {}, "whole number"),
        ({}, {"../climb": np.zeros(1)}, "array name"),
        ({}, {"objects": np.array([{}], dtype=object)}, "holds object"),
        ({}, {"text": np.array(["a"])}, "holds <U1"),
        ({}, {"complex": np.zeros(1, dtype=complex)}, "holds complex"),
    ],
)
def test_what_could_not_be_read_is_not_written(
    manifest: dict[str, Any], arrays: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=says):
        write_model_file(tmp_path / "m.twin", manifest, arrays)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "m.twin"
    path.write_text("precious")
    with pytest.raises(OutputError, match="--force"):
        write_model_file(path, {}, {})
    assert path.read_text() == "precious"
    write_model_file(path, {"a": 1}, {}, force=True)
    assert read_model_file(path)[0] == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["m.twin"]


def test_places_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make it first"):
        write_model_file(tmp_path / "no" / "m.twin", {}, {})
    with pytest.raises(OutputError, match="is a folder"):
        write_model_file(tmp_path, {}, {}, force=True)
    with pytest.raises(OutputError, match="can't be written"):
        write_model_file(tmp_path / ("x" * 300), {}, {})


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_write_that_stops_leaves_nothing_and_spares_the_old_file(
    stopped_by: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.twin"
    write_model_file(path, {"old": True}, {})

    def stop(*_: object, **__: object) -> None:
        raise stopped_by

    monkeypatch.setattr(zipfile.ZipFile, "writestr", stop)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        write_model_file(path, {"new": True}, {}, force=True)
    assert [file.name for file in tmp_path.iterdir()] == ["m.twin"]
    assert read_model_file(path)[0] == {"old": True}


# Reading what is no model


class _Bomb:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return eval, ("1/0",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (pickle.dumps(_Bomb()), "a pickle"),
        (b"age,income\n1,2\n", "text"),
        (b'{"format": "twinfold model"}', "JSON"),
        (b"PAR1....", "a Parquet table"),
        (bytes(range(256)), "something else"),
    ],
)
def test_other_files_are_named_for_what_they_are(content: bytes, says: str, tmp_path: Path) -> None:
    assert says in refused(tmp_path / "m.twin", content)


def test_no_file_a_folder_and_other_zips_are_refused(tmp_path: Path) -> None:
    assert "there is no file" in refused(tmp_path / "no.twin")
    assert "is a folder" in refused(tmp_path)
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "some other zip" in refused(tmp_path / "docs.zip")


def test_every_flipped_bit_is_found(model: Path, tmp_path: Path) -> None:
    content = model.read_bytes()
    path = tmp_path / "m.twin"
    rng = np.random.default_rng(0)
    places = {*range(0, len(content), 17), *range(60), *range(len(content) - 250, len(content))}
    for place in sorted(places):
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(rng.integers(8))
        refused(path, bytes(flipped))


def test_every_cut_is_found(model: Path, tmp_path: Path) -> None:
    content = model.read_bytes()
    for length in [*range(0, len(content), 37), len(content) - 1]:
        refused(tmp_path / "m.twin", content[:length])
    refused(tmp_path / "m.twin", content + b"x")


# Attacks: files that are sealed with a good checksum of their own


def sealed(zipped: bytes) -> bytes:
    """A zip without a comment, given the checksum that the reader asks for first."""
    body = zipped[:-2] + struct.pack("<H", 64)
    return body + hashlib.sha256(body).hexdigest().encode()


Member = tuple[str | zipfile.ZipInfo, bytes]


def packed(path: Path, members: list[Member], method: int = zipfile.ZIP_STORED) -> bytes:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sealed(path.read_bytes())


def described(data: bytes, type_: str = "<f8", shape: Any = (2,)) -> dict[str, Any]:
    return {"type": type_, "shape": shape, "sha256": hashlib.sha256(data).hexdigest()}


GOOD = npy_header("<f8", (2,)) + bytes(16)


def manifest_of(arrays: Any, **more: Any) -> bytes:
    return json.dumps({"format": FORMAT, "version": VERSION, **more, "arrays": arrays}).encode()


PLAIN: list[Member] = [("manifest.json", manifest_of({"a": described(GOOD)})), ("arrays/a.npy", GOOD)]


def test_the_crafted_files_differ_from_a_good_one_only_in_the_attack(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        (tmp_path / "m.twin").write_bytes(packed(tmp_path / "z", PLAIN, method))
        assert list(read_model_file(tmp_path / "m.twin")[1]) == ["a"]


def test_a_newer_version_is_named(tmp_path: Path) -> None:
    content = packed(tmp_path / "z", [("manifest.json", manifest_of({}, version=7))])
    text = refused(tmp_path / "m.twin", content)
    assert "version 7" in text
    assert "newer Twinfold" in text


@pytest.mark.parametrize("version", ["1", 0, True, None, 1.0, [1]])
def test_a_version_that_is_none_is_refused(version: Any, tmp_path: Path) -> None:
    refused(tmp_path / "m.twin", packed(tmp_path / "z", [("manifest.json", manifest_of({}, version=version))]))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"format": "other", "version": 1, "arrays": {}}',
        b'{"format": "twinfold model", "version": 1, "version": 2, "arrays": {}}',
        b'{"format": "twinfold model", "version": 1}',
        b'{"format": "twinfold model", "version": 1, "arrays": []}',
        *(
            b'{"format": "twinfold model", "version": 1, "arrays": {}, "x": %s}' % value
            for value in (
                b"NaN",
                b"-Infinity",
                b"1e999",
                b"9" * 21,
                b"9" * 5000,
                b"[" * 70 + b"]" * 70,
                b"[" * 10**5,
                b'"\\ud800"',
            )
        ),
        b'{"a":' * 100_000,
    ],
)
def test_a_manifest_that_is_not_plain_is_refused(text: bytes, tmp_path: Path) -> None:
    refused(tmp_path / "m.twin", packed(tmp_path / "z", [("manifest.json", text)]))


@pytest.mark.parametrize(
    "name",
    [
        "../a.npy",
        "/etc/passwd",
        "arrays/../../a.npy",
        "arrays/.npy",
        "arrays/a/b.npy",
        "arrays\\a.npy",
        "b.npy",
        "arrays/ä.npy",
    ],
)
def test_names_that_climb_or_wander_are_refused(name: str, tmp_path: Path) -> None:
    refused(tmp_path / "m.twin", packed(tmp_path / "z", [PLAIN[0], (name, GOOD)]))


def test_a_name_that_ends_early_is_refused(tmp_path: Path) -> None:
    content = packed(tmp_path / "z", [*PLAIN[:1], ("arrays/a.npyX", GOOD)])[:-66].replace(b"a.npyX", b"a.npy\0")
    assert "where only" in refused(tmp_path / "m.twin", sealed(content + b"\0\0"))


def test_members_must_be_those_of_the_manifest(tmp_path: Path) -> None:
    path, z = tmp_path / "m.twin", tmp_path / "z"
    assert "not those" in refused(path, packed(z, [*PLAIN, ("arrays/b.npy", GOOD)]))
    assert "not those" in refused(path, packed(z, PLAIN[:1]))
    assert "first member" in refused(path, packed(z, PLAIN[1:]))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed(z, [*PLAIN, PLAIN[1]])
    assert "one name" in refused(path, twice)


def special(kind: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("arrays/a.npy")
    member.create_system = 3
    member.external_attr = (kind | 0o777) << 16
    return member


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    assert "no plain file" in refused(tmp_path / "m.twin", packed(tmp_path / "z", [PLAIN[0], (special(kind), GOOD)]))


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    content = bytearray(packed(tmp_path / "z", PLAIN)[:-64])
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    content[-2:] = b"\0\0"
    assert "encrypted" in refused(tmp_path / "m.twin", sealed(bytes(content)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(method: int, tmp_path: Path) -> None:
    refused(tmp_path / "m.twin", packed(tmp_path / "z", PLAIN, method))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    big = npy_header("|u1", (2**24,)) + bytes(2**24)
    members: list[Member] = [
        ("manifest.json", manifest_of({"a": described(big, "|u1", [2**24])})),
        ("arrays/a.npy", big),
    ]
    assert "out of proportion" in refused(tmp_path / "m.twin", packed(tmp_path / "z", members, zipfile.ZIP_DEFLATED))


def lying_sizes(tmp_path: Path, says: int) -> bytes:
    """A bomb whose directory says that it is small."""
    big = npy_header("|u1", (2**22,)) + bytes(2**22)
    members: list[Member] = [
        ("manifest.json", manifest_of({"a": described(big, "|u1", [2**22])})),
        ("arrays/a.npy", big),
    ]
    content = bytearray(packed(tmp_path / "z", members, zipfile.ZIP_DEFLATED)[:-64])
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<L", says)
    content[-2:] = b"\0\0"
    return sealed(bytes(content))


@pytest.mark.parametrize("says", [0, 100, 60_000, 2**22 + 127, 2**22 + 129])
def test_a_bomb_that_lies_about_its_size_is_refused(says: int, tmp_path: Path) -> None:
    refused(tmp_path / "m.twin", lying_sizes(tmp_path, says))


def test_totals_are_bounded(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TOTAL", 1000)
    assert "at most 1,000" in refused(model)
    monkeypatch.setattr(reading, "MAX_TOTAL", model.stat().st_size)
    packed_well: list[Member] = [("manifest.json", manifest_of({}, note="a" * 50_000))]
    content = packed(tmp_path / "z", packed_well, zipfile.ZIP_DEFLATED)
    assert "unpacks to" in refused(tmp_path / "m.twin", content)


def test_the_number_of_members_and_the_manifest_are_bounded(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_MEMBERS", 3)
    assert "members" in refused(model)
    monkeypatch.undo()
    monkeypatch.setattr(reading, "MAX_MANIFEST", 10)
    assert "manifest has" in refused(model)


def test_a_directory_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    plain = packed(tmp_path / "z", PLAIN)[:-64]
    for offset, value in ((4, 1), (8, 9), (10, 60_000), (12, 5), (16, 0), (16, 2**32 - 1)):
        content = bytearray(plain)
        content[len(content) - 22 + offset : len(content) - 20 + offset] = struct.pack("<L", value)[:2]
        content[-2:] = b"\0\0"
        refused(tmp_path / "m.twin", sealed(bytes(content)))
    refused(tmp_path / "m.twin", sealed(b"PK\x03\x04" + plain[-22:]))
    locator = plain[:-22] + b"PK\x06\x07" + bytes(16) + plain[-22:-2] + b"\0\0"
    refused(tmp_path / "m.twin", sealed(locator))


@pytest.mark.parametrize(
    ("data", "entry"),
    [
        (GOOD, {"type": "|O", "shape": [2]}),
        (GOOD, {"type": "<U4", "shape": [2]}),
        (GOOD, {"type": ">f8", "shape": [2]}),
        (GOOD, {"type": "<f4", "shape": [2]}),
        (GOOD, {"type": "<f8", "shape": [3]}),
        (GOOD, {"type": "<f8", "shape": [-2]}),
        (GOOD, {"type": "<f8", "shape": [True, 2]}),
        (GOOD, {"type": "<f8", "shape": [2**62]}),
        (GOOD, {"type": "<f8", "shape": [1] * 40}),
        (GOOD, {"type": "<f8", "shape": 2}),
        (GOOD, {"type": "<f8", "shape": [2], "more": 1}),
        (GOOD, {"type": "<f8", "shape": [2], "sha256": "0" * 64}),
        (npy_header("<f8", (0, 2**31, 2**31, 2**31)), {"type": "<f8", "shape": [0, 2**31, 2**31, 2**31]}),
        (GOOD.replace(b"False", b"True "), {"type": "<f8", "shape": [2]}),
        (GOOD.replace(b"<f8", b"|O8"), {"type": "<f8", "shape": [2]}),
        (GOOD + b"more", {"type": "<f8", "shape": [2]}),
        (pickle.dumps(_Bomb()), {"type": "|u1", "shape": [20]}),
        (npy_header("|b1", (2,)) + b"\1\2", {"type": "|b1", "shape": [2]}),
    ],
)
def test_arrays_that_are_not_what_is_said_are_refused(data: bytes, entry: dict[str, Any], tmp_path: Path) -> None:
    entry = {"sha256": hashlib.sha256(data).hexdigest(), **entry}
    refused(
        tmp_path / "m.twin",
        packed(tmp_path / "z", [("manifest.json", manifest_of({"a": entry})), ("arrays/a.npy", data)]),
    )


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_mutated_files_are_read_right_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    content = bytearray(packed(folder / "z", PLAIN, data.draw(st.sampled_from([0, 8])))[:-64])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        if len(content) < 30:
            break
    content[-2:] = b"\0\0"
    path = folder / "m.twin"
    path.write_bytes(sealed(bytes(content)))
    try:
        _, arrays = read_model_file(path)
    except ModelFileError:
        return
    np.testing.assert_array_equal(arrays["a"], np.zeros(2))
