"""The page for a client: the numbers of the report in few words, in any language, and nothing that runs or loads."""

from __future__ import annotations

import base64
import re
import tomllib
from importlib.resources import files

import pytest
from lxml import html

from migrate.errors import Usage
from migrate.report.client import Look, headline, read_logo, state, to_client_html
from migrate.report.language import english, read_language
from migrate.report.render import render
from migrate.report.wording import KINDS, LEVELS, NOT_CARRIED, NOT_COMPARED
from migrate.text import named
from migrate.words import LANDED, OUTCOMES, VERDICTS

ENGLISH = files("migrate.report").joinpath("languages/en.toml").read_text("utf-8")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def page(found, **look):
    return html.document_fromstring(to_client_html(found, Look(**look)).decode())


def text(node):
    return " ".join(" ".join(node.itertext()).split())


def table(tree, section):
    """The lines of the first table of a section: the cells as text."""
    return [[text(cell) for cell in line] for line in tree.xpath(f"//section[@id='{section}']//table[1]//tr")[1:]]


def written(tmp_path, text):
    path = tmp_path / "other.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_its_numbers_are_those_of_the_report(make):
    found = make.mixed(copies=3, targets=("group", "branch"))
    tree = page(found)
    *lines, whole = table(tree, "numbers")
    assert int(whole[1]) == len(found.rows) == sum(int(count) for _, count in lines)
    assert {name for name, _ in lines} == {english().states[state(row)] for row in found.rows}
    folders = table(tree, "where")
    assert sum(int(count) for _, count, _, _ in folders) == len(found.rows)
    assert sum(int(count) for *_, count in folders) == sum(not row.good for row in found.rows)
    assert len(table(tree, "documents")) == len(found.rows)
    assert len(tree.xpath("//li[starts-with(@class, 'cause ')]")) == len(found.causes)
    landed = sum(row.landed for row in found.rows)
    for _, *counts in table(tree, "proof"):
        assert sum(map(int, counts)) == landed


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_it_never_says_more_than_the_report(make, outcome, verdict):
    given = verdict if outcome in LANDED else None
    found = make.reconciliation([make.row(outcome=outcome, verdict=given)])
    tone, says = headline(found, english())
    good = state(found.rows[0])
    assert (good in ("proven", "as_in_source", "unchanged", "skipped")) == found.rows[0].good
    assert (tone == "good") == found.rows[0].good
    assert ("attention" in says) == (not found.rows[0].good)
    assert ("was read back and compared" in says) == (good in ("proven", "as_in_source"))


def test_what_ended_badly_as_a_whole_is_said(make):
    assert "do not add up" in headline(make.reconciliation(consistent=False), english())[1]
    stopped = make.reconciliation([make.row()], run={**make.reconciliation().run, "status": "interrupted"})
    assert headline(stopped, english()) == ("warn", english().words["not_finished"])


def test_names_are_shown_and_nothing_runs_or_loads(make):
    tree = page(make.hostile(), title="<script>x</script>", logo="data:image/png;base64,AA")
    assert tree.xpath("//title")[0].text == "<script>x</script>"
    shown = {node.text_content() for node in tree.xpath("//bdi")}
    assert {named(name) for name in make.hostile_names} <= shown
    assert not tree.xpath("//script | //link | //iframe | //object | //base | //form | //@style")
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")
    assert tree.xpath("//@src") == ["data:image/png;base64,AA"]
    assert "script-src" not in tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_it_lies_beside_the_reports_and_is_bound_to_them(make, tmp_path):
    made = render(make.mixed(), tmp_path, ("json",), client=Look(title="Willkommen"))
    assert made["client"] == tmp_path / "client.html"
    assert "client.html" in (tmp_path / "SHA256SUMS").read_text()
    assert "client" not in render(make.mixed(), tmp_path / "other", ("json",))


def loud(value):
    """The text in capitals, but for what is filled in."""
    return re.sub(r"\{\w+\}|[^{]+", lambda part: part[0] if part[0].startswith("{") else part[0].upper(), value)


def test_every_word_can_be_in_another_language(make, tmp_path):
    """Each text in capitals: what stays small was not asked of the language."""
    lines = ['lang = "de"', 'direction = "rtl"']
    for name, texts in tomllib.loads(ENGLISH).items():
        if isinstance(texts, dict):
            lines += [f"[{name}]", *(f'"{key}" = "{loud(value)}"' for key, value in texts.items())]
    found = make.mixed()
    lines.append(f'{found.causes[0].code} = "DIE VERBINDUNG FEHLT"')
    tree = page(found, language=read_language(written(tmp_path, "\n".join(lines))))
    assert tree.xpath("/html/@lang") == ["de"]
    assert tree.xpath("/html/@dir") == ["rtl"]
    assert all(text(head).isupper() for head in tree.xpath("//h1 | //h2 | //thead//th | //*[@class='sign']/div"))
    assert all(text(head).isupper() for head in tree.xpath("//section[@id='numbers' or @id='proof']//tbody//th"))
    assert "DIE VERBINDUNG FEHLT" in tree.text_content()
    assert not [one for one in (*NOT_CARRIED, *NOT_COMPARED) if one in tree.text_content()]


def test_every_word_is_said():
    room = files("migrate.report")
    said = "".join(room.joinpath(name).read_text("utf-8") for name in ("client.html.jinja", "client.py", "language.py"))
    assert [key for key in english().words if not re.search(rf'\bw\.{key}\b|"{key}"', said)] == []


def test_the_english_one_names_everything_that_the_program_can_say(make):
    speech = english()
    assert set(speech.kinds) == set(KINDS)
    assert set(speech.levels) == set(LEVELS)
    assert set(speech.phrases) == {*NOT_CARRIED, *NOT_COMPARED}
    assert speech.reason("blocked_by")
    assert speech.reason("no_such_code") == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "Your content has moved"\n', "", "words.title has no text"),
        ('title = "Your content has moved"', "title = 7", "words.title has no text"),
        ('subtitle = "', 'titel = "x"\nsubtitle = "', "nothing reads words.titel"),
        ("{source} to {target}", "{source.__class__} to {target}", "words.subtitle may have {source}, {target}"),
        ("{source} to {target}", "{source!r} to {target:>9}", "words.subtitle may have {source}, {target}"),
        ("{source} to", "{source to", "words.subtitle may have"),
        ('all = "All"', 'all = "All {count}"', "words.all may have nothing in braces"),
        ("[levels]", "[niveaus]", "the table levels is missing"),
        ("[levels]", "[niveaus]", "nothing reads niveaus"),
        ('lang = "en"', 'lang = "<en>"', "lang is no such word"),
        ('direction = "ltr"', 'direction = "down"', "direction is neither"),
        ("[reasons]", '[reasons]\nno_such = "x"', "nothing reads reasons.no_such"),
        ("[reasons]", '[reasons]\nblocked_by = ""', "reasons.blocked_by has no text"),
        ("[reasons]", "[[reasons]]", "reasons is no table"),
        ("[words]", "[words", "is no TOML in UTF-8"),
    ],
)
def test_a_language_that_lacks_or_adds_something_is_told(tmp_path, old, new, told):
    assert old in ENGLISH
    with pytest.raises(Usage) as caught:
        read_language(written(tmp_path, ENGLISH.replace(old, new)))
    assert told in caught.value.message
    assert "other.toml" in caught.value.message


def test_a_copy_of_the_english_one_is_a_language(tmp_path):
    assert read_language(written(tmp_path, ENGLISH)) == english()


def test_a_logo_is_a_small_picture(tmp_path):
    path = tmp_path / "logo"
    path.write_bytes(PNG)
    assert read_logo(path) == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(20))
    assert read_logo(path).startswith("data:image/jpeg;")
    path.write_bytes(b"<svg onload='x'/>")
    with pytest.raises(Usage, match="neither PNG nor JPEG"):
        read_logo(path)
