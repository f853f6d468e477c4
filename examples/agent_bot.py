"""An agent: skills decide what it gets, it writes attributes, wraps up, and its day is in the statistics."""

from __future__ import annotations

import asyncio

from somewhere import activities_of, somewhere

from trbridge import Workspace
from trbridge.bot import Bot
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance


async def prepare(workspace: Workspace) -> str:
    """A queue per language, and a workflow that sends each task to the one it needs; returns the workflow's SID."""
    queues = {}
    for language in ("en", "fr"):
        queue = await workspace.taskqueues.create(
            friendly_name=f"Language {language}", target_workers=f"languages HAS '{language}'"
        )
        queues[language] = queue.sid
    filters = [
        {"expression": f"language == '{language}'", "targets": [{"queue": sid}]} for language, sid in queues.items()
    ]
    workflow = await workspace.workflows.create(
        friendly_name="By language",
        configuration={"task_routing": {"filters": filters, "default_filter": {"queue": queues["en"]}}},
    )
    return workflow.sid


async def main() -> None:
    """Chloé speaks French: two of the three tasks are hers."""
    async with somewhere() as (place, workspace):
        workflow_sid = await prepare(workspace)
        activities = await activities_of(workspace)
        chloe = await workspace.workers.create(friendly_name="Chloé", attributes={"languages": ["fr"]})
        bot = Bot(
            lambda: place.worker_token(chloe.sid),
            connect_activity_sid=activities["Available"],
            disconnect_activity_sid=activities["Offline"],
            on_error="complete",
        )
        ended: list[str] = []

        @bot.task(where={"language": "fr"}, deadline=30)
        async def answer(task: TaskInstance, reservation: ReservationInstance) -> str:
            print("talking about", task.attributes["about"])
            await task.patch_attributes({"answered_by": "Chloé", "mood": "better"})
            await reservation.wrap()  # the conversation is over, its paperwork is not
            print("  wrapping up:", reservation.reservation_status)
            if task.attributes["about"] == "rain":
                raise RuntimeError("nothing to be done about rain")
            return "solved"

        @bot.worker.on("reservation.completed")
        async def next_one(reservation: ReservationInstance) -> None:
            print("  completed:", reservation.task.reason if reservation.task else None)
            ended.append(reservation.sid)
            if len(ended) == 2:
                await bot.drain()

        for language, about in (("fr", "cheese"), ("fr", "rain"), ("en", "tea")):
            attributes = {"language": language, "about": about}
            await workspace.tasks.create(workflow_sid=workflow_sid, attributes=attributes)
        await bot.run()
        day = (await chloe.statistics.fetch(minutes=60)).cumulative
        print(f"Chloé was offered {day.reservations_created} and accepted {day.reservations_accepted}")
        waiting = await workspace.tasks.fetch(assignment_status="pending")
        print("still waiting for somebody:", [task.attributes["about"] for task in waiting])


if __name__ == "__main__":
    asyncio.run(main())
