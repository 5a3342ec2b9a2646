from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = "Kế hoạch"

    def ready(self) -> None:
        from plans import commenting
        from plans.selfscoring import notices as of_scoring

        of_scoring.register_kinds()
        commenting.register_kinds()
