"""The table of behaviours names tests and cases that exist."""

from __future__ import annotations

import re
from pathlib import Path

from kit.places import REPOSITORY

HERE = Path(__file__).parent
DOCS = REPOSITORY / "docs"


def documents() -> str:
    """The section on documents, in whichever file on the sandbox it stands."""
    texts = [file.read_text("utf-8") for file in sorted(DOCS.glob("**/sandbox*.md"))]
    section = next(text for text in texts if "\n## Documents\n" in text).split("\n## Documents\n")[1]
    return section.split("\n## ")[0]


def test_every_test_the_table_names_exists() -> None:
    code = "\n".join(file.read_text("utf-8") for file in HERE.glob("test_*.py"))
    named = set(re.findall(r"\btest_\w+", documents()))
    assert len(named) > 40
    assert {name for name in named if f"def {name}(" not in code} == set()


def test_every_refusal_the_table_names_is_a_case() -> None:
    code = (HERE / "test_refusals.py").read_text("utf-8")
    cases = set(re.findall(r'^ +\(?"([^"]+)",\s+(?:DM|FLAT|DOC|NEW),', code, re.MULTILINE))
    named = {
        name for row in re.findall(r"refusals(\[[^|]*)\|", documents()) for name in re.findall(r"\[([^\]]+)\]", row)
    }
    assert len(named) > 60
    assert named <= cases
