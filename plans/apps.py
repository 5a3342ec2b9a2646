from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = "Kế hoạch"

    def ready(self) -> None:
        from plans.selfscoring.notices import register_kinds

        register_kinds()
