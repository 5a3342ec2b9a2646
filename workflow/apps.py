from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "Công việc"

    def ready(self) -> None:
        from workflow import closing, delegating, documents, recalculating, transferring, urging_updates
        from workflow.inputs import saying as of_inputs
        from workflow.notices import register_kinds
        from workflow.plan_actions import register_actions
        from workflow.requests import saying as of_requests
        from workflow.slips import saying as of_slips

        register_kinds()
        closing.register_kinds()
        delegating.register_kinds()
        transferring.register_kinds()
        recalculating.register_kinds()
        urging_updates.register_kinds()
        of_inputs.register_kinds()
        of_requests.register_kinds()
        of_slips.register_kinds()
        documents.register_sight()
        register_actions()
