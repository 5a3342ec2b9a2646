from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Công việc"

    def ready(self) -> None:
        from workflow import delegating, transferring
        from workflow.inputs import saying
        from workflow.notices import register_kinds
        from workflow.plan_actions import register_actions

        register_kinds()
        delegating.register_kinds()
        transferring.register_kinds()
        saying.register_kinds()
        register_actions()
