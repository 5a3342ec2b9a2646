"""PostgreSQL and Redis for a machine that has neither: started here, reached by unix socket only."""

from embedded.problem import SetupError
from embedded.services import Services, services

__all__ = ["Services", "SetupError", "services"]
