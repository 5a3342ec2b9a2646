"""Compiling runs in a worker. The row says what is owed; a message only says "look now"."""

from celery import shared_task

from reports.services import compile_version, unfinished


@shared_task
def compile_report(compilation_id: int) -> None:
    compile_version(compilation_id)


@shared_task
def resume_unfinished() -> None:
    """Every minute: versions that no worker holds are compiled."""
    for compilation_id in unfinished():
        compile_version(compilation_id)
