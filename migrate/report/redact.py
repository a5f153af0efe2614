"""A reconciliation for readers outside of the house: counts, codes and ids stay; every name is a digest. Pure.

What stays is named here, field by field, so that a text that nobody thought of does not slip through. A name becomes
the same digest wherever it stands, in every format and every run of one plan between the same organizations. SQL,
formulas, addresses, e-mail addresses, sentences of servers and paths, whose keys may be names, are left out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import Cause, Comparison, Difference, Mapped, Reconciliation, ReportRow, RowsCompared, Thing
from migrate.kinds import counted
from migrate.reasons import REASONS
from migrate.report.wording import points_to
from migrate.text import join_path, split_path
from migrate.tree import Json

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_CODE = re.compile(r"[a-z0-9_:@.-]{1,80}")
_REQUEST = re.compile(r"[0-9A-Za-z-]{1,80}")
_KEPT_OF_RUN = ("id", "kind", "carried", "change_set", "started_at", "finished_at", "status")
_KEPT_OF_ORG = ("requests", "throttled", "paused_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """Names to digests, by a key that only the house has."""

    key: bytes

    def name(self, text: str | None, kind: str = "name") -> str:
        """The digest of a name; empty for none. An id stays: it says nothing to who cannot look it up."""
        if not text or _ID.fullmatch(text):
            return text or ""
        return f"{kind}-{hmac.new(self.key, text.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:10]}"

    def path(self, text: str | None) -> str:
        """A path with the digest of each folder."""
        return join_path(tuple(self.name(part, "folder") for part in split_path(text))) if text else ""


def digests_of(found: Reconciliation | None) -> Digests:
    """The digests of every run of one plan between the same organizations; of no run, some that fit no other."""
    if found is None:
        return Digests(key=secrets.token_bytes(32))
    ids = sorted(str(org.get("organization_id", "")) for org in found.orgs)
    return Digests(key=hashlib.sha256("|".join([str(found.run.get("plan", "")), *ids]).encode()).digest())


def redacted(found: Reconciliation) -> Reconciliation:
    """The reconciliation without names, texts and addresses; counts, codes, ids, levels and times stay."""
    to = digests_of(found)
    rows = tuple(_row(row, to) for row in found.rows)
    warnings = (f"not part of a redacted report: {counted('warning', len(found.warnings))}",) if found.warnings else ()
    return Reconciliation(  # made anew, so that a part that is added one day stays out until somebody names it here
        run=_run(found.run, to),
        orgs=tuple(_org(org, to) for org in found.orgs),
        totals={to.name(target, "target"): total for target, total in found.totals.items()},
        rows=rows,
        residuals=tuple(
            {"target": row.target, "type": row.type, "source_id": row.source_id, "source_name": row.source_name, **left}
            for row in rows
            for left in row.residuals
        ),
        causes=tuple(_cause(cause, to) for cause in found.causes),
        things=tuple(_thing(thing, to) for thing in found.things),
        mappings=tuple(_mapping(one, to) for one in found.mappings),
        previous=_comparison(found.previous, to) if found.previous else None,
        trend=found.trend,
        scope_changes=tuple(_scope_change(one, to) for one in found.scope_changes),
        not_copied=tuple(_not_copied(one, to) for one in found.not_copied),
        rows_compared=tuple(_rows_compared(one, to) for one in found.rows_compared),
        consistent=found.consistent,
        exit_code=found.exit_code,
        coverage=found.coverage,
        left_out=found.left_out,
        warnings=warnings,
    )


def _scope_change(one: ScopeChange, to: Digests) -> ScopeChange:
    return replace(
        one,
        target=to.name(one.target, "target"),
        name=to.name(one.name, "document"),
        source_path=to.path(one.source_path),
        reason=_sentence(one.reason_code),
        next_action=_fix(one.reason_code),
    )


def _not_copied(one: NotCopied, to: Digests) -> NotCopied:
    return replace(one, name=to.name(one.name, "document"), source_path=to.path(one.source_path))


def _rows_compared(one: RowsCompared, to: Digests) -> RowsCompared:
    called = tuple(to.name(name, "element") for name in one.called)
    return replace(one, target=to.name(one.target, "target"), called=called)


def _run(run: Mapping[str, Json], to: Digests) -> Mapping[str, Json]:
    kept = {name: run[name] for name in _KEPT_OF_RUN if name in run}
    source = to.name(str(run.get("source", "")), "target")
    return {
        **kept,
        "plan": to.name(str(run.get("plan", "")), "plan"),
        "plan_sha256": to.name(str(run.get("plan_sha256", "")), "digest"),
        **({"source": source} if source else {}),
    }


def _org(org: Mapping[str, Json], to: Digests) -> Mapping[str, Json]:
    numbers = {name: org[name] for name in _KEPT_OF_ORG if isinstance(org.get(name), int | float)}
    alias = str(org.get("alias", ""))
    return {"alias": to.name(alias, "target"), "organization_id": "", "slug": "", **numbers}


def _row(row: ReportRow, to: Digests) -> ReportRow:
    return replace(
        row,
        target=to.name(row.target, "target"),
        source_name=to.name(row.source_name, "document"),
        source_path=to.path(row.source_path),
        target_name=to.name(row.target_name, "document") if row.target_name is not None else None,
        target_path=to.path(row.target_path) if row.target_path is not None else None,
        target_url=None,
        source_url=None,
        reason_code=_code(row.reason_code, to) if row.reason_code else None,
        reason=_sentence(row.reason_code) if row.reason else row.reason,
        next_action=_fix(row.reason_code) if row.next_action else row.next_action,
        detail=tuple(_difference(one, to) for one in row.detail),
        changes=tuple(_change(one, to) for one in row.changes),
        residuals=tuple(_problem(one, to, "next_action") for one in row.residuals),
        problems=tuple(_problem(one, to, "fix") for one in row.problems),
        request_id=row.request_id if row.request_id and _REQUEST.fullmatch(row.request_id) else None,
        replaced=tuple(replace(one, places=()) for one in row.replaced),
        sql=(),
        thing=to.name(row.thing, "thing"),
    )


def _sentence(code: str | None) -> str:
    reason = REASONS.get(code or "")
    return reason.sentence if reason else ""


def _fix(code: str | None) -> str:
    reason = REASONS.get(code or "")
    return reason.fix if reason else ""


def _code(code: Json, to: Digests) -> str:
    """A code; the name of a rule in it is one of the plan's."""
    kind, mark, name = str(code).partition(":")
    if mark and kind == "rule":
        return f"rule:{to.name(name, 'rule')}"
    return str(code) if _CODE.fullmatch(str(code)) else ""


def _difference(one: Difference, to: Digests) -> Difference:
    return replace(
        one,
        path="",
        expected=_length(one.expected),
        found=_length(one.found),
        page=to.name(one.page, "page"),
        element=to.name(one.element, "element"),
        column=to.name(one.column, "column"),
        what="",
    )


def _length(text: str) -> str:
    return f"({len(text):,} characters)" if text else ""


def _change(one: Mapping[str, Json], to: Digests) -> Mapping[str, Json]:
    return {"code": _code(one["code"], to), "path": "", "before": "", "after": ""}


def _problem(one: Mapping[str, Json], to: Digests, action: str) -> Mapping[str, Json]:
    code = _code(one["code"], to)
    thing = to.name(str(one.get("thing", "")), "thing")
    return {"code": code, "message": _sentence(code), action: _fix(code), "path": "", "thing": thing}


def _cause(cause: Cause, to: Digests) -> Cause:
    return replace(
        cause,
        code=_code(cause.code, to),
        thing=to.name(cause.thing, "thing"),
        told="",
        place="",
        sentence=_sentence(cause.code),
        fix=_fix(cause.code),
        command="",
        targets=tuple(to.name(target, "target") for target in cause.targets),
    )


def _thing(thing: Thing, to: Digests) -> Thing:
    return replace(
        thing,
        target=to.name(thing.target, "target"),
        code=_code(thing.code, to),
        points_to=points_to(_code(thing.code, to)),
        resolution=_code(thing.resolution, to),
        old=to.name(thing.old),
        old_name=to.name(thing.old_name),
        new=to.name(thing.new),
        new_name=to.name(thing.new_name),
        example="",
    )


def _mapping(one: Mapped, to: Digests) -> Mapped:
    return replace(
        one,
        target=to.name(one.target, "target"),
        kind=_code(one.kind, to),
        source=to.name(one.source),
        to=to.name(one.to),
        place=_code(one.place, to),
        example="",
    )


def _comparison(one: Comparison, to: Digests) -> Comparison:
    def places(found: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((to.name(target, "target"), document) for target, document in found)

    return replace(
        one,
        new=places(one.new),
        healed=places(one.healed),
        still=places(one.still),
        changed=places(one.changed),
        healed_causes=tuple(to.name(cause, "thing") for cause in one.healed_causes),
    )
