from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

import leti.rows
from leti.errors import ConfigError, RunError
from leti.rows import Rows, read_json, refuse_unwritable, write, write_json

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Line:
    """The smallest row."""

    name: str
    value: int = 0


@pytest.fixture
def rows(tmp_path: Path) -> Rows[Line]:
    return Rows(tmp_path / "deep" / "rows.jsonl", TypeAdapter(Line), lambda row: row.name)


A, B, C = Line("a", 1), Line("b", 2), Line("ü\n\u2028", 3)


def test_rows_of_a_file_that_is_not_there_are_none(rows: Rows[Line]) -> None:
    assert list(rows) == []
    assert rows.keys() == set()


def test_rows_come_back_as_they_went_in(rows: Rows[Line]) -> None:
    rows.extend([A, B, C])
    assert list(rows) == [A, B, C]
    assert rows.path.read_bytes().count(b"\n") == 3


def test_a_row_that_is_there_is_not_written_again(rows: Rows[Line]) -> None:
    rows.extend([A, B])
    rows.extend([B, C, Line("a", 99)])
    assert list(rows) == [A, B, C]


def test_a_row_that_comes_twice_in_one_call_is_written_once(rows: Rows[Line]) -> None:
    rows.extend([A, A, B, Line("a", 99)])
    assert list(rows) == [A, B]


def test_each_row_is_on_disk_before_the_next_is_asked_for(rows: Rows[Line]) -> None:
    def source():  # noqa: ANN202
        for count, row in enumerate([A, B, C]):
            assert rows.path.read_bytes().count(b"\n") == count
            yield row

    rows.extend(source())
    assert len(list(rows)) == 3


def test_rows_that_were_made_before_a_failure_are_kept(rows: Rows[Line]) -> None:
    def source():  # noqa: ANN202
        yield A
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows.extend(source())
    assert list(rows) == [A]


def test_a_damaged_line_is_told_with_its_file_and_number_and_what_to_do(rows: Rows[Line]) -> None:
    rows.extend([A, B, C])
    lines = rows.path.read_bytes().splitlines(keepends=True)
    rows.path.write_bytes(lines[0] + b'{"name": "b", "val\n' + lines[2])
    with pytest.raises(RunError) as caught:
        list(rows)
    assert str(rows.path) in str(caught.value)
    assert "line 2" in str(caught.value)
    assert f"delete {rows.path}" in str(caught.value)


def test_a_line_of_another_shape_is_damage(rows: Rows[Line]) -> None:
    rows.path.parent.mkdir()
    rows.path.write_text('{"name": "a", "value": "many"}\n')
    with pytest.raises(RunError, match="line 1"):
        rows.keys()


def test_an_empty_line_in_the_middle_is_damage(rows: Rows[Line]) -> None:
    rows.extend([A])
    rows.path.write_bytes(b"\n" + rows.path.read_bytes())
    with pytest.raises(RunError, match="line 1"):
        list(rows)


def test_hidden_fields_are_not_stored(rows: Rows[Line]) -> None:
    hiding = Rows(rows.path, rows.adapter, rows.key, {"value"})
    hiding.extend([A])
    assert hiding.path.read_text() == '{"name":"a"}\n'
    assert list(hiding) == [Line("a", 0)]


def test_a_torn_line_longer_than_one_read_is_cut_off(rows: Rows[Line]) -> None:
    rows.extend([A])
    whole = rows.path.read_bytes()
    for length in (1, 65535, 65536, 65537, 200_000):
        rows.path.write_bytes(whole + b"x" * length)
        assert list(rows) == [A]
        rows.extend([])
        assert rows.path.read_bytes() == whole


def test_write_makes_the_whole_file_once(rows: Rows[Line]) -> None:
    rows.write([A, B])
    before = rows.path.read_bytes()
    rows.write([C])
    assert rows.path.read_bytes() == before
    assert list(rows) == [A, B]


def test_write_of_no_rows_still_says_that_it_was_done(rows: Rows[Line]) -> None:
    rows.write([])
    assert rows.path.read_bytes() == b""


def test_a_written_file_is_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write(path, b"old")

    def dies(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        write(path, b"new and longer")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    write(path, b"new")
    assert [child.name for child in tmp_path.iterdir()] == ["file"]


def test_json_comes_back_as_it_went_in_and_is_none_where_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    assert read_json(path) is None
    write_json(path, {"wörter": [1, 0.1, None, {"a": "b"}]})
    assert read_json(path) == {"wörter": [1, 0.1, None, {"a": "b"}]}
    assert "wörter" in path.read_text("utf-8")


def test_damaged_json_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"a": ')
    with pytest.raises(RunError, match=r"config\.json.*damaged"):
        read_json(path)


def test_rows_are_found_again_where_they_stand(rows: Rows[Line]) -> None:
    rows.extend([A, B, C])
    spans = [span for span, _ in rows.placed()]
    assert [row for _, row in rows.placed()] == [A, B, C]
    assert list(rows.at([spans[2], spans[0]])) == [C, A]
    assert [row for _, row in rows.placed(sum(spans[0]))] == [B, C]
    assert sum(spans[-1]) == rows.path.stat().st_size


def test_a_torn_last_line_has_no_place(rows: Rows[Line]) -> None:
    assert list(rows.placed()) == []
    rows.extend([A, B])
    rows.path.write_bytes(rows.path.read_bytes()[:-1])
    assert [row for _, row in rows.placed()] == [A]


def test_a_place_where_no_row_stands_is_told(rows: Rows[Line]) -> None:
    rows.extend([A, B])
    with pytest.raises(RunError, match=r"rows\.jsonl, at byte 3: damaged"):
        list(rows.at([(3, 10)]))


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    read = tmp_path / "rows.jsonl"
    read.write_text("{}")
    (tmp_path / "link.jsonl").symlink_to(read)
    for out in (read, tmp_path / "link.jsonl"):
        with pytest.raises(ConfigError, match="is what is read"):
            refuse_unwritable(out, read=read)
    refuse_unwritable(tmp_path / "other.jsonl", read=read)


def test_rows_are_on_the_disk_when_what_is_made_of_them_may_be_written(
    rows: Rows[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(rows.path.stat().st_size))
    rows.extend([A, B])
    assert synced == [rows.path.stat().st_size]
    lasting = replace(rows, lasting=True)
    for row in lasting.extending([C, Line("d")]):
        assert synced[-1] == rows.path.stat().st_size, f"{row} is not on the disk"


def test_what_comes_while_rows_are_counted_is_left_for_the_next_time(
    rows: Rows[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.extend([A, B])
    measure = vars(leti.rows)["_whole_bytes"]

    def measured(path: Path) -> int:
        end = int(measure(path))
        with path.open("ab") as file:
            file.write(b'{"name":"late","value":1}\n')
        return end

    monkeypatch.setattr(leti.rows, "_whole_bytes", measured)
    count, end = rows.size()
    monkeypatch.undo()
    assert count == 2
    assert rows.size(end)[0] == 1
