from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Công việc"

    def ready(self) -> None:
        from workflow.notices import register_kinds

        register_kinds()
