"""Where one document is rewritten: what is known, and what has been found, edited and noted so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from migrate.bundle.spec import Spec
from migrate.errors import Problem
from migrate.plan.maps import Pair, PathMap
from migrate.plan.match import map_table, map_url
from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.context import MappedConnection, NamedKind, Resolved, TargetContext
from migrate.rewrite.edits import Edits
from migrate.rewrite.model import Change, Hole, Reference, Residual, Resolution
from migrate.rewrite.text.formula import Span
from migrate.tree import Json, Path, json_path


@dataclass(slots=True)
class Drafting:
    """One document on its way to one target.

    ``body`` is the document as the fix-ups left it; all paths speak of it. ``used`` are the places of
    the plan's map that were applied. From the plan's rules come ``set_paths`` and ``urls``, each with the name of its
    rule, which go before the maps, ``raw_rule``, the rule that exchanges ``#raw`` in SQL, and ``overridden``,
    values that a rule has set.
    ``accounted`` are the paths of references that are accounted for as a whole (texts are only in part),
    ``tables`` the answers of ``table`` so far.
    """

    spec: Spec
    context: TargetContext
    body: Json
    edits: Edits = field(default_factory=Edits)
    references: list[Reference] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    residuals: list[Residual] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)
    set_paths: tuple[tuple[PathMap, str], ...] = ()
    urls: tuple[tuple[str, str, str], ...] = ()
    raw_rule: str = ""
    overridden: Mapping[Path, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    accounted: set[Path] = field(default_factory=set)
    tables: dict[tuple[str, tuple[str, ...]], tuple[str, ...] | None] = field(default_factory=dict)

    def note(
        self,
        site: ReferenceSite,
        resolution: Resolution,
        *,
        after: str | None = None,
        note: str = "",
        row: str = "",
        before: str = "",
    ) -> None:
        """Account for a reference."""
        if site.path not in self.overridden and site.row.keys:
            self.accounted.add(site.path)
        self.references.append(
            Reference(
                path=site.path,
                row=row or site.row.code,
                before=before or text_of(site.value),
                resolution=resolution,
                after=after,
                note=note,
            )
        )

    def mapped(self, site: ReferenceSite, after: Json, *, by_name: bool = False) -> None:
        """Exchange the value of a site."""
        if after != site.value:
            self.edits.set(site.path, after)
        self.note(site, "by_name" if by_name else "mapped", after=text_of(after))

    def named(self, site: ReferenceSite, kind: NamedKind) -> str:
        """Exchange an id for that of the thing with the same name in the target; gives why there is none."""
        resolved = self.context.named.get(kind, Resolved())
        after = resolved.ids.get(site.value)
        if after is None:
            return resolved.gaps.get(site.value, f"{kind} {site.value!r} is not in the source organization")
        self.mapped(site, after, by_name=True)
        return ""

    def called(self, identity: Json) -> str:
        """What the source calls what has an id; the id itself where it does not show it."""
        return self.context.source.name_of(str(identity)) or str(identity)

    def hole(self, site: ReferenceSite, hole: Hole, *, row: str = "", before: str = "") -> None:
        """Leave a hole at a site."""
        self.edits.hole(hole)
        self.note(site, "mapped", note=f"the copy of {hole.key.kind} {hole.key.id}", row=row, before=before)

    def part(self, site: ReferenceSite, span: Span, after: str, *, row: str = "") -> None:
        """Exchange a part of a text."""
        before = site.value[slice(*span)]
        if after != before and not self.edits.part(site.path, span, after):
            return
        self.note(site, "mapped", after=after, row=row, before=before)

    def refuse(self, site: ReferenceSite, code: str, message: str, fix: str, thing: str) -> None:
        """The document cannot be sent, whatever the policy: Sigma would refuse it. ``thing`` as in ``Problem``."""
        self.note(site, "not_portable" if code == "not_portable" else "unknown", note=message)
        self.refuse_at(site.path, code, message, fix, thing)

    def residual(self, code: str, message: str, next_action: str, path: Path = (), thing: str = "") -> None:
        """Something the reader must look at; it stops nothing."""
        self.residuals.append(Residual(code=code, message=message, next_action=next_action, path=path, thing=thing))

    def unsupported(
        self,
        site: ReferenceSite,
        code: str,
        message: str,
        fix: str,
        thing: str = "",
        *,
        row: str = "",
        before: str = "",
    ) -> bool:
        """Something cannot travel: a refusal, or under ``unsupported: report`` a residual (then True)."""
        resolution: Resolution = "unknown" if code == "unknown_reference" else "not_portable"
        self.note(site, resolution, note=message, row=row, before=before)
        return self.unsupported_at(site.path, code, message, fix, thing)

    def unsupported_at(self, path: Path, code: str, message: str, fix: str, thing: str = "") -> bool:
        """The same for something that is no reference."""
        if self.context.policy.unsupported == "report":
            self.residual(code, message, fix, path, thing)
            return True
        self.refuse_at(path, code, message, fix, thing)
        return False

    def insecure(self, site: ReferenceSite, message: str, thing: str, *, row: str = "", before: str = "") -> bool:
        """A security rule cannot be mapped: a refusal, or under ``security: waive`` a residual (then True)."""
        self.note(site, "unknown", note=message, row=row, before=before)
        policy = self.context.policy
        if policy.security == "waive":
            waived = f"{message}; waived by {policy.waived_by or 'nobody named'}"
            self.residual("security_unmapped", waived, "check who may see it", site.path, thing)
            return True
        fix = "create it in the target, map it to one that exists, or have a named person waive the rule"
        self.refuse_at(site.path, "security_unmapped", message, fix, thing)
        return False

    def dangling(self, path: Path, message: str, entry: Path | None, cut: Span | None = None) -> None:
        """Something leads nowhere in the source already; ``entry`` or ``cut`` can be left out, where anything can."""
        fix = "mend the document in the source, or say in policy.dangling what is to be done"
        policy = self.context.policy.dangling
        if policy == "drop" and (entry is not None or cut is not None):
            if entry is not None:
                self.edits.drop(entry)
            if cut is not None:
                self.edits.part(path, cut, "")
            self.residual("dangling_reference", f"{message}; left out", "check what it did in the source", path)
        elif policy == "report":
            self.residual("dangling_reference", f"{message}; Sigma may refuse the document", fix, path)
        else:
            self.refuse_at(path, "dangling_reference", message, fix)

    def refuse_at(self, path: Path, code: str, message: str, fix: str, thing: str = "") -> None:
        """The same as ``refuse`` for something that is no site."""
        name = self.spec.name[:200]
        self.refusals.append(
            Problem(code=code, message=message, fix=fix, path=json_path(path), value=name, thing=thing)
        )

    def ruled(self, rule: str, path: Path, before: str, after: str) -> None:
        """Note that a rule of the plan did something."""
        self.changes.append(Change(code=f"rule:{rule}", path=path, before=before, after=after))

    def table(self, path: Path, names: tuple[str, ...], to: MappedConnection) -> tuple[str, ...] | None:
        """What a table is called in the target, by rule or map; None where nothing speaks of it."""
        now, spoken = names, False
        for map_, rule in self.set_paths:
            new, by = map_table([map_], now)
            if by is not None:
                self.ruled(rule, path, ".".join(now), ".".join(new))
                now, spoken = new, True
        if spoken:
            return now
        place = (to.where, names)
        if place not in self.tables:
            new, by = to.tables.find(names)
            self.tables[place] = new if by is not None else None
            if by is not None:
                self.used.add(f"{to.where}.paths.{to.paths.index(by)}")
        return self.tables[place]

    def address(self, path: Path, text: str) -> Pair | None:
        """What stands at the beginning of an address and what in its place: by all rules in order, else by the map."""
        now, read = "", 0  # what the rules wrote so far, and how much of the text that stands for
        for old, new, rule in self.urls:
            if (now + text[read:]).startswith(old):
                self.ruled(rule, path, old, new)
                read += max(0, len(old) - len(now))
                now = new + now[len(old) :]
        if read:
            return Pair(source=text[:read], target=now)
        _, by = map_url(self.context.urls, text)
        if by is not None:
            self.used.add(f"map.urls.{self.context.urls.index(by)}")
        return by


Resolver = Callable[[ReferenceSite, Drafting], None]
"""What finds the target's counterpart of one site and notes it at the drafting."""


def text_of(value: Json) -> str:
    """A reference as text: names of a path joined by dots, everything else as it is."""
    if isinstance(value, list):
        return ".".join(str(item) for item in value)
    return value if isinstance(value, str) else repr(value)
