"""The page for a client: the numbers of the report in few words, in any language, and nothing that runs or loads."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from importlib.resources import files

import pytest
from lxml import html

from migrate.errors import Usage
from migrate.reasons import REASONS
from migrate.report.client import Look, headline, read_logo, state, to_client_html, untold
from migrate.report.language import english, read_language
from migrate.report.render import render
from migrate.report.wording import KINDS, LEVELS, NOT_CARRIED, NOT_COMPARED, OTHER_ROWS, ROWS
from migrate.text import named
from migrate.version import __version__
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


def greek(value):
    """A text in letters of another alphabet, but for what is filled in: what stays Latin is not of the language."""
    parts = re.findall(r"\{\w+\}|[^{]+", value)
    return "".join(
        part if part[0] == "{" else re.sub("[A-Za-z]", lambda at: chr(ord(at[0]) + 0x370), part) for part in parts
    )


def other_language(tmp_path, **by_code):
    """A language of which every word is foreign."""
    tree = {name: texts for name, texts in tomllib.loads(ENGLISH).items() if isinstance(texts, dict)} | by_code
    lines = ['lang = "el"', 'direction = "rtl"']
    for name, texts in tree.items():
        lines += [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(greek(value))}" for key, value in texts.items())]
    return read_language(written(tmp_path, "\n".join(lines)))


def everything(make):
    """A run with every outcome and verdict, and one document that is blocked for each reason there is."""
    blocked = [
        make.row(
            1000 + n, outcome="blocked", reason_code=code, reason="our own words", next_action="ours too", thing="T"
        )
        for n, code in enumerate(REASONS)
    ]
    left = [
        make.row(5000 + n, residuals=[{**make.residual(), "code": code, "message": "our own words", "thing": "T"}])
        for n, code in enumerate(REASONS)
    ]
    return make.reconciliation([*make.mixed(targets=("group", "branch")).rows, *blocked, *left])


def test_no_english_word_of_ours_is_left_in_another_language(make, tmp_path):
    told = {name: {code: getattr(one, of) for code, one in REASONS.items()} for name, of in WORDS_BY_CODE}
    found = everything(make)
    look = Look(language=other_language(tmp_path, **told))
    tree = html.document_fromstring(to_client_html(found, look).decode())
    assert (tree.xpath("/html/@lang"), tree.xpath("/html/@dir")) == (["el"], ["rtl"])
    assert untold(found, look) == ()
    for style in tree.xpath("//style"):
        style.getparent().remove(style)
    shown = tree.text_content()
    for name in sorted(names_of(found), key=len, reverse=True):
        shown = shown.replace(name, " ")
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"\b[0-9a-zA-Z]*UTC\b", "", shown)) == []


WORDS_BY_CODE = (("reasons", "sentence"), ("fixes", "fix"))


def names_of(found):
    """Everything on the page that has a name of its own: documents, folders, organizations, things, the run."""
    names = {
        "sigma-migrate",
        __version__,
        found.run["id"],
        found.run["plan"],
        *(str(org["alias"]) for org in found.orgs),
    }
    for one in found.rows:
        names |= {one.source_name, one.source_path, one.target, one.target_name, one.target_path, one.thing}
        names |= {str(left["thing"]) for left in one.residuals}
    return names - {None, ""}


def test_a_reason_without_words_in_a_language_stays_english_and_is_told(make, tmp_path):
    found = make.mixed()
    look = Look(language=other_language(tmp_path))
    codes = {cause.code for cause in found.causes} | {one["code"] for one in found.residuals}
    assert untold(found, look) == tuple(sorted(code for code in codes if code in REASONS))
    assert (
        REASONS["blocked_by" if "blocked_by" in codes else "input_table_rows"].fix
        in page(found, language=look.language).text_content()
    )
    assert untold(found, Look()) == untold(found, Look(language=english())) == ()


def test_every_word_is_said():
    room = files("migrate.report")
    said = "".join(room.joinpath(name).read_text("utf-8") for name in ("client.html.jinja", "client.py", "language.py"))
    assert [key for key in english().words if not re.search(rf'\bw\.{key}\b|"{key}"', said)] == []


def test_the_english_one_names_everything_that_the_program_can_say(make):
    speech = english()
    assert set(speech.kinds) == set(KINDS)
    assert set(speech.levels) == set(LEVELS)
    assert set(speech.phrases) == {*NOT_CARRIED, NOT_COMPARED, OTHER_ROWS, ROWS}
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
