from django.apps import AppConfig


class OrganizationConfig(AppConfig):
    name = "organization"
    verbose_name = "Tổ chức"

    def ready(self) -> None:
        from organization import sign_in  # noqa: F401
