"""What is written for Docker fits together; no engine is needed to see that."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def services() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_services_are_the_product_its_servers_and_a_mail_catcher(services: dict[str, Any]) -> None:
    assert set(services) == {"web", "worker", "beat", "migrate", "db", "redis", "mail"}
    assert [name for name, one in services.items() if one.get("build")] == ["web", "worker", "beat", "migrate"]


def test_services_scale(services: dict[str, Any]) -> None:
    """No fixed container name, and a range of ports where there may be several."""
    assert not [name for name, one in services.items() if "container_name" in one]
    assert services["web"]["ports"] == ["127.0.0.1:8000-8009:8000"]
    assert "ports" not in services["worker"]


def test_every_service_has_a_health_check_or_says_why_not(services: dict[str, Any]) -> None:
    assert {name for name, one in services.items() if "healthcheck" not in one} == {"migrate", "mail"}


def test_programs_wait_for_their_servers_and_the_migrations(services: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == {
            "db": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }


def test_secret_key_has_no_default(services: dict[str, Any]) -> None:
    assert services["web"]["environment"]["PAR_SECRET_KEY"].startswith("${PAR_SECRET_KEY:?")


def test_settings_named_for_docker_exist(services: dict[str, Any]) -> None:
    known = (ROOT / "config" / "settings.py").read_text()
    assert [name for name in services["web"]["environment"] if f'"{name}"' not in known] == []


def test_image_runs_as_an_ordinary_user_with_hashed_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER par" in lines
    assert any("--require-hashes" in line for line in lines)


def test_every_setting_is_described() -> None:
    """docs/operations.md names each environment variable that settings.py or dev.py reads."""
    sources = [ROOT / "config" / "settings.py", *(ROOT / "development").glob("*.py"), *(ROOT / "embedded").glob("*.py")]
    read = re.compile(r'env\.\w+\("([A-Z_]+)"|"(PAR_[A-Z_]+)"|environ(?:\.get\(|\[)"([A-Z_]+)"')
    names = {name for source in sources for found in read.findall(source.read_text()) for name in found if name}
    assert {"PAR_SECRET_KEY", "PAR_DEMO", "PORT", "CHROMIUM", "EMAIL_URL"} <= names
    told = (ROOT / "docs" / "operations.md").read_text()
    assert sorted(name for name in names if f"`{name}`" not in told) == []


def test_nothing_private_is_in_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", "var"} <= set(ignored)
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "uv.lock" not in kept.split()
