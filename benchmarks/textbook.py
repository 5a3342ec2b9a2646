"""The same five steps as viewflow's own guide builds them: stock tables, View and If nodes, an artifact."""

from typing import Any

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process, Task


class TextbookFlow(flow.Flow):
    """Việc giao, cách viết trong tài liệu của thư viện"""

    process_class, task_class = Process, Task
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle(this.begin).Next(this.assign)
    assign = flow.View(None).Next(this.execute)
    execute = flow.View(None).Next(this.submit)
    submit = flow.View(None).Next(this.review)
    review = flow.View(None).Next(this.reviewed)
    reviewed = (
        flow.If(lambda activation: activation.process.data.get("accepted", False)).Then(this.approve).Else(this.execute)
    )
    approve = flow.View(None).Next(this.approved)
    approved = (
        flow.If(lambda activation: activation.process.data.get("approved", False)).Then(this.end).Else(this.execute)
    )
    end = flow.End()

    def begin(self, activation: Any) -> Any:
        return activation.process


def begin() -> int:
    """One process at its first task; its key."""
    activation = TextbookFlow.start.activation_class.create(TextbookFlow.instance.node("start"), None, None)
    activation.execute()
    return activation.process.pk


def act(process_id: int, user: Any, **data: Any) -> None:
    """Finish the open task of a process as the stock views do: assign, start, execute."""
    task = Task.objects.get(process_id=process_id, finished=None)
    with task.activation() as activation:
        activation.assign(user)
        activation.start(None)
        activation.process.data |= data
        activation.process.save()
        activation.execute()


def lifecycle(process_id: int, people: list[Any]) -> None:
    for person, data in zip(people, ({}, {}, {}, {"accepted": True}, {"approved": True}), strict=True):
        act(process_id, person, **data)
