"""Which workers meet which criteria, kept right as workers change.

Workers are grouped by :class:`~.eligibility.Criteria`: queues with the same TargetWorkers share a group, and
so do tasks whose routing step asks for the same. A group is made when it is first asked for, and from then on
each change of a worker looks only at the groups that read what has changed.

The groups are a cache of the store. They are brought up to date by :meth:`Membership.refresh`, worker by
worker, from what the store holds then; so a transaction that was undone needs no undoing here.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ..expressions import Compiled, compile_target_workers
from ..state.model import Activity, Worker
from ..state.store import Store
from .eligibility import ANYBODY, NO_WORKER, Criteria, StepExpression, decoded, split_step

if TYPE_CHECKING:
    from .candidates import Pool

__all__ = ["MAX_GROUPS", "Group", "Member", "Membership"]

MAX_GROUPS: Final = 4_096
"""Groups kept for steps beyond those somebody waits in; the one not asked for longest goes first [I]."""
_EVICTIONS: Final = 16


class Member:
    """A worker as expressions see them, and the groups they are in."""

    __slots__ = ("attributes", "fields", "groups", "roots", "sid", "text", "workspace_sid")

    def __init__(self, worker: Worker, fields: dict[str, Any]) -> None:
        self.sid = worker.sid
        self.workspace_sid = worker.workspace_sid
        self.groups: set[Group] = set()
        self.look(worker, fields)

    def look(self, worker: Worker, fields: dict[str, Any]) -> None:
        """Note how a worker is now."""
        self.text = worker.attributes
        self.attributes = decoded(worker.attributes)
        self.fields = fields
        self.roots: dict[str, Any] = {"worker": self.attributes, "fields": fields}


class Group:
    """The workers that meet the same criteria.

    Attributes:
        criteria: What they meet.
        step: The step's expression, split; :data:`~.eligibility.ANYBODY` without one.
        members: SIDs of the workers.
        pools: Task channel's SID to who waits for whom on it (see :mod:`.candidates`).
    """

    __slots__ = ("_activities", "_target", "_task", "criteria", "members", "pools", "step")

    def __init__(self, criteria: Criteria, task: dict[str, Any]) -> None:
        self.criteria = criteria
        self.step: StepExpression = ANYBODY if criteria.step is None else split_step(criteria.step)
        self.members: set[str] = set()
        self.pools: dict[str, Pool] = {}
        self._target: Compiled | None = (
            None if criteria.target_workers is None else compile_target_workers(criteria.target_workers)
        )
        self._task = task if self.step.task_paths else {}
        self._activities: Counter[str] | None = None

    def admits(self, member: Member) -> bool:
        """Tell whether a worker meets the criteria."""
        pin = self.criteria.pin
        if pin is not None and pin != member.sid:
            return False
        if self._target is not None and not self._target.match(member.roots):
            return False
        return self.step.fixed is None or self.step.fixed({**member.roots, "task": self._task})

    @property
    def task_root(self) -> dict[str, Any]:
        """The attributes of a task that asked for this group; those the step reads are the same for all."""
        return self._task

    @property
    def keys(self) -> frozenset[str]:
        """Top-level attributes that decide who is in."""
        read = () if self._target is None else self._target.references
        return self.step.worker_keys | {str(path[0]) for _, path in read}

    def activities(self, members: dict[str, Member]) -> Counter[str]:
        """How many members are in each activity, by its SID. Counted once, then kept right."""
        if self._activities is None:
            self._activities = Counter(members[sid].fields["activity_sid"] for sid in self.members)
        return self._activities

    def count(self, activity_sid: str, difference: int) -> None:
        """Note that a member came into an activity or went out of it."""
        if self._activities is not None:
            self._activities[activity_sid] += difference


class Membership:
    """All groups of an emulator.

    Args:
        store: Where the workers are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.members: dict[str, Member] = {}
        self._of_workspace: defaultdict[str, dict[str, Member]] = defaultdict(dict)
        self._groups: OrderedDict[Criteria, Group] = OrderedDict()
        self._by_workspace: defaultdict[str, set[Group]] = defaultdict(set)
        self._by_key: defaultdict[tuple[str, str], set[Group]] = defaultdict(set)
        self._by_fields: defaultdict[str, set[Group]] = defaultdict(set)
        self._by_pin: defaultdict[str, set[Group]] = defaultdict(set)

    def group(self, criteria: Criteria, task: dict[str, Any] | None = None) -> Group:
        """The group that meets some criteria, made if there is none yet.

        Args:
            criteria: The criteria.
            task: Attributes of the task that asks; needed when the criteria have a step that reads them.
        """
        group = self._groups.get(criteria)
        if group is None:
            group = Group(criteria, task or {})
            self._register(group)
            for member in self._candidates(criteria):
                if group.admits(member):
                    self._join(group, member)
            self._evict()
        self._groups.move_to_end(criteria)
        return group

    def of_queue(self, workspace_sid: str, target_workers: str) -> Group:
        """The workers of a queue, whatever their activity."""
        return self.group(Criteria(workspace_sid, target_workers.strip()))

    def refresh(self, sid: str) -> bool:
        """Bring one worker up to date with the store. Tells whether anything that expressions read changed."""
        worker = self._store.workers.get(sid)
        member = self.members.get(sid)
        if worker is None:
            if member is not None:
                for group in list(member.groups):
                    self._leave(group, member)
                del self.members[sid], self._of_workspace[member.workspace_sid][sid]
            return member is not None
        fields = self._fields(worker)
        if member is None:
            member = self.members[sid] = self._of_workspace[worker.workspace_sid][sid] = Member(worker, fields)
            self._sort(member, self._by_workspace[worker.workspace_sid] | self._by_pin[sid])
            return True
        if member.text == worker.attributes and member.fields == fields:
            return False
        affected = self._affected(member, worker, fields)
        before, after = member.fields["activity_sid"], fields["activity_sid"]
        if before != after:
            for group in member.groups:
                group.count(before, -1)
                group.count(after, 1)
        member.look(worker, fields)
        self._sort(member, affected)
        return True

    def _fields(self, worker: Worker) -> dict[str, Any]:
        activity = self._store.get(Activity, worker.activity_sid)
        return {
            "sid": worker.sid,
            "friendly_name": worker.friendly_name,
            "activity_sid": worker.activity_sid,
            "activity_name": None if activity is None else activity.friendly_name,
        }

    def _affected(self, member: Member, worker: Worker, fields: dict[str, Any]) -> set[Group]:
        workspace, groups = worker.workspace_sid, set[Group]()
        if member.fields != fields:
            groups |= self._by_fields[workspace]
        if member.text != worker.attributes:
            old, new = member.attributes, decoded(worker.attributes)
            for key in old.keys() | new.keys():
                # As text: 1 and True are equal to Python, but not to an expression.
                if repr(old.get(key)) != repr(new.get(key)):
                    groups |= self._by_key.get((workspace, key), set())
        return groups | self._by_pin.get(member.sid, set())

    def _sort(self, member: Member, groups: Iterable[Group]) -> None:
        for group in groups:
            admitted = group.admits(member)
            if admitted is not (group in member.groups):
                (self._join if admitted else self._leave)(group, member)

    def _join(self, group: Group, member: Member) -> None:
        group.members.add(member.sid)
        member.groups.add(group)
        group.count(member.fields["activity_sid"], 1)

    def _leave(self, group: Group, member: Member) -> None:
        group.members.discard(member.sid)
        member.groups.discard(group)
        group.count(member.fields["activity_sid"], -1)
        for pool in group.pools.values():
            pool.forget(member.sid)

    def _candidates(self, criteria: Criteria) -> list[Member]:
        if criteria.pin is not None:
            pinned = self.members.get(criteria.pin)
            return [pinned] if pinned is not None and pinned.workspace_sid == criteria.workspace_sid else []
        if criteria.step is not None:
            queue = self.of_queue(criteria.workspace_sid, criteria.target_workers or "")
            return [self.members[sid] for sid in queue.members]
        return list(self._of_workspace[criteria.workspace_sid].values())

    def _registers(self, group: Group) -> list[set[Group]]:
        criteria = group.criteria
        if criteria.pin is not None:
            return [] if criteria.pin == NO_WORKER else [self._by_pin[criteria.pin]]
        workspace = criteria.workspace_sid
        registers = [self._by_key[workspace, key] for key in group.keys]
        if group.step.reads_fields:
            registers.append(self._by_fields[workspace])
        return [*registers, self._by_workspace[workspace]]

    def _register(self, group: Group) -> None:
        self._groups[group.criteria] = group
        for register in self._registers(group):
            register.add(group)

    def _evict(self) -> None:
        excess = len(self._groups) - MAX_GROUPS
        for criteria in list(islice(self._groups, min(_EVICTIONS, excess))) if excess > 0 else ():
            if any(pool.waiting for pool in self._groups[criteria].pools.values()):
                self._groups.move_to_end(criteria)
            else:
                self._drop(criteria)

    def forget_workspace(self, workspace_sid: str) -> None:
        """Drop the groups of a workspace that is gone."""
        for criteria in [each for each in self._groups if each.workspace_sid == workspace_sid]:
            self._drop(criteria)
        self._of_workspace.pop(workspace_sid, None)
        self._by_workspace.pop(workspace_sid, None)
        self._by_fields.pop(workspace_sid, None)

    def _drop(self, criteria: Criteria) -> None:
        group = self._groups.pop(criteria)
        for register in self._registers(group):
            register.discard(group)
        for sid in group.members:
            self.members[sid].groups.discard(group)
