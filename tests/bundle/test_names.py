"""Names that anybody may have typed become paths that every file system takes and that never leave the folder."""

from __future__ import annotations

import itertools
import json
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migrate.bundle.names import safe_name, spec_path
from migrate.text import INVISIBLE

HOSTILE = [
    *json.loads((Path(__file__).parent / "cases" / "names.json").read_text("utf-8")),
    *["x" * 10_000, "é" * 10_000, "😀" * 500],
    *["\U000e0041\u3164\u115f", "a\xadb\u180e\ufff9c\uffff"],
]
ANY = st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE)


def is_one_safe_segment(segment):
    assert segment not in ("", ".", "..")
    assert PurePosixPath(segment).parts == (segment,)
    assert PureWindowsPath(segment).parts == (segment,)
    assert not PureWindowsPath(segment).is_reserved()
    assert len(segment.encode()) <= 255
    assert segment == segment.strip(" ").rstrip(".")
    assert not INVISIBLE.search(segment)
    assert not set(segment) & set('<>:"/\\|?*\x00\n\r\t')


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:24])
def test_hostile_names_become_one_safe_segment(name):
    is_one_safe_segment(safe_name(name))


@given(ANY)
@example("nul \n.x")
def test_any_name_becomes_one_safe_segment(name):
    is_one_safe_segment(safe_name(name))


@given(ANY)
def test_a_safe_name_stays_itself(name):
    assert safe_name(safe_name(name)) == safe_name(name)


def test_good_names_stay_as_they_are():
    for name in ("Sales", "FY25 Margin (AU)", "Müller & Söhne", "売上", "a.b", "1 + 1 = 2", "100 %"):
        assert safe_name(name) == name


@given(folders=st.lists(ANY, max_size=30), name=ANY, document_id=ANY)
def test_no_path_leaves_its_kind_of_folder(folders, name, document_id):
    document_id = document_id.encode(errors="replace").decode()
    path = spec_path("workbook", folders, name, document_id, "json")
    assert path.parts[0] == "workbooks"
    assert not path.is_absolute()
    for segment in path.parts:
        is_one_safe_segment(segment)
    assert len(path.parts) <= 14


def test_files_of_two_documents_never_meet_not_even_where_case_does_not_count():
    ids = ["a", "A", "a/b", "a_b", "a:b", "x" * 500, "x" * 501, "é", "e\u0301", "..", "_"]
    paths = [str(spec_path("workbook", ["Sales"], "Same", one, "json")).casefold() for one in ids]
    for one, other in itertools.combinations(paths, 2):
        assert one != other


def test_a_uuid_stands_in_the_name_as_it_is():
    document_id = "07b52947-2f01-41ff-b3f4-331938ed3823"
    path = spec_path("data-model", ["Shared", "Finance/AU"], "Orders", document_id, "yaml")
    assert str(path) == f"data-models/Shared/Finance_AU/Orders--{document_id}.yaml"
