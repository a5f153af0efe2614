"""Documents rewritten for one target, one after the other: mappings resolved, folded, drafted, put away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from migrate.bundle.fold import CannotFold, fold
from migrate.bundle.spec import Spec
from migrate.bundle.spool import Spool
from migrate.change.view import Sending, sending
from migrate.check.replaced import changed_sql
from migrate.errors import MigrateError, Problem, Refused
from migrate.inventory.model import Inventory, Key
from migrate.ledger.model import Snapshot
from migrate.rewrite.context import TargetContext
from migrate.rewrite.draft import draft, source_path
from migrate.rewrite.features import features_of
from migrate.rewrite.mapping import resolve
from migrate.rewrite.model import Change, Copied, Draft, Drafted, IdMap
from migrate.rewrite.oddities import oddities_of
from migrate.rewrite.python_rules import RuleContext, Transform, Transformed, transformed
from migrate.rewrite.resolvers.tables import Table
from migrate.rewrite.stowed import drafted, stowed, whole
from migrate.rewrite.ways import mentions
from migrate.run.material import Given, Material, models_in
from migrate.run.source import SourceSide
from migrate.survey.columns import raw_columns
from migrate.survey.tables import Catalog, Looked, Places, lacking, one_of_each, places
from migrate.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The drafts, put away; what would be sent of each now; where each names tables, and what it mentions."""

    drafts: dict[Key, Drafted] = field(default_factory=dict)
    sending: dict[Key, Sending] = field(default_factory=dict)
    places: dict[Key, Places] = field(default_factory=dict)
    mentions: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    sql: dict[Key, str] = field(default_factory=dict)
    features: dict[Key, tuple[str, ...]] = field(default_factory=dict)


class _Models(Mapping[Key, Spec]):
    """Specs of data models of the source, each read when it is asked for. They have one form at every target."""

    def __init__(self, side: SourceSide, keys: Iterable[Key]) -> None:
        self._specs = side.specs
        self._keys = {key: None for key in keys if key.about.feeds and key in side.specs}

    def __getitem__(self, key: Key) -> Spec:
        if key not in self._keys:
            raise KeyError(key)
        return self._specs[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def resolved_for(
    given: Given, side: SourceSide, dest: Inventory, material: Material, transforms: tuple[Transform, ...]
) -> TargetContext:
    """Every mapping of the plan as ids of the two organizations. Raises Refused with all that name no single thing."""
    models = (*given.scope.keys, *models_in(side, material.models))
    return context_of(given, side, dest, models, material.existing, transforms)


def context_of(
    given: Given,
    side: SourceSide,
    dest: Inventory,
    models: Iterable[Key],
    existing: Mapping[str, Spec],
    transforms: tuple[Transform, ...],
) -> TargetContext:
    """The mappings, resolved with the specs of these source models, and of the existing ones of the target."""
    context = resolve(
        given.plan,
        dest.org,
        side.inventory,
        dest,
        frozenset(key for key in given.scope.keys if key.id not in given.models),
        _Models(side, models),
        existing,
        transforms,
    )
    if context.problems:
        raise unresolved(dest.org, context.problems)
    return context


async def with_columns(context: TargetContext, material: Material, here: Catalog, there: Catalog) -> TargetContext:
    """The context with the raw names of columns that lose their friendly ones."""
    bodies = (material.specs[key].body for key in material.todo if key in material.specs)
    return replace(context, columns=await raw_columns(bodies, context.connections, here, there))


def draft_all(material: Material, context: TargetContext, ids: IdMap, snapshot: Snapshot, spool: Spool) -> Made:
    """Every draft, made, looked at and put away one after the other; what cannot be drafted is unreadable."""
    made = Made()
    types = {each.id: each.type for each in context.dest.connections.values()}
    here = {each.id: each.type for each in context.source.connections.values()}
    tables: dict[Table, Table] = {}
    for key in material.todo:
        if key in material.unreadable:
            continue
        spec = material.specs[key]
        try:
            folded, folds = fold(spec, material.dest.generation_of(key.kind) or spec.generation, material.date)
            if key.id in material.models:
                continue
            by_rules = transformed(folded, _rule_context(folded, context), context.transforms)
            one = _with_rules(_with_folds(draft(by_rules.spec, context, context.target), folds), by_rules)
            odd = oddities_of(one.body, key.kind, flat=one.generation == "flat")
            looked_at = (*features_of(one.body), *odd), places(one, by_rules.spec, types, here), mentions(one)
            statements = changed_sql(by_rules.spec.body, one)
            to_send = sending(one, ids, snapshot.copies.get((key.kind, key.id)))
        except CannotFold as error:
            material.unreadable[key] = "generation_too_old", str(error)
            continue
        except MigrateError:
            raise
        except Exception as error:  # noqa: BLE001 - a document of a shape that nobody foresaw is one row
            why = one_line(f"{type(error).__name__}: {error}")
            material.unreadable[key] = "unknown_shape", f"its spec has a shape that cannot be rewritten ({why})"
            continue
        made.drafts[key] = drafted(one, spool.put(stowed(one)))
        made.features[key], named, made.mentions[key] = looked_at
        made.places[key] = one_of_each(named, tables)
        made.sending[key] = to_send
        if statements:
            made.sql[key] = spool.put([asdict(statement) for statement in statements])
    return made


def lacking_in(looked: Looked, made: Made, dest: Inventory, spool: Spool) -> Mapping[Key, tuple[Problem, ...]]:
    """What documents need and the target does not hold; columns of another type are noted at the drafts.

    Only documents that name a table with a difference are opened.
    """
    found = dict(looked.problems)
    for key, each in made.places.items():
        if not any(table in looked.apart for _path, table, _origin, _ in each):
            continue
        known = made.drafts[key]
        problems, residuals = lacking(whole(known, spool.get(known.digest)).body, looked.apart, dest)
        made.drafts[key] = replace(known, residuals=(*known.residuals, *residuals))
        found |= {key: (*found.get(key, ()), *problems)} if problems else {}
    return found


def unresolved(target: str, problems: Sequence[Problem]) -> Refused:
    """The refusal that lists every name that does not resolve to exactly one thing."""
    count = len(problems)
    return Refused(
        f"{count} mapping{'' if count == 1 else 's'} for target {target} cannot be resolved.",
        code="unresolved_mapping",
        next_action="correct the plan as listed; nothing was written",
        problems=problems,
    )


def _rule_context(spec: Spec, context: TargetContext) -> RuleContext:
    return RuleContext(source=context.source.org, target=context.target, folder=source_path(spec, context))


def _with_rules(made: Draft, told: Transformed) -> Draft:
    """The draft with what rules in Python changed before it was made, and refused where one of them gave up."""
    if not (told.changes or told.refusals):
        return made
    return replace(made, changes=(*told.changes, *made.changes), refusals=(*told.refusals, *made.refusals))


def _with_folds(made: Draft, folds: Mapping[str, int]) -> Draft:
    """The draft with what folding its generation forward has changed."""
    changes = tuple(
        Change(code=f"fold:{name}", path=(), before="", after=f"{count} time{'' if count == 1 else 's'}")
        for name, count in sorted(folds.items())
        if count
    )
    return replace(made, changes=(*changes, *made.changes))


def mapped_to(context: TargetContext, keys: Iterable[Key]) -> dict[Key, Copied]:
    """The models in scope that the plan maps to existing ones."""
    return {
        key: Copied(id=to.id, url_id=to.url_id, elements=to.elements)
        for key in keys
        if key.about.feeds and (to := context.models.get(key.id)) is not None
    }


_FORETOLD = frozenset({"sql_raw_deprecated", "elements_overlap", "shared_control_id"})


def foretold(drafts: Iterable[Drafted]) -> list[str]:
    """A sentence for everything of a document that Sigma may refuse, or is about to switch off."""
    return [
        f"{draft.key.kind} {draft.name!r}: {residual.message}"
        for draft in drafts
        for residual in draft.residuals
        if residual.code in _FORETOLD
    ]
