"""A scenario's resources in moto, made over the real API with boto3.

`create` is the way in. What AWS would let nobody create (a failed NAT gateway, an endpoint that was
rejected) is created healthy and then set to its state in moto's own model.
"""

from tests.lab.cloud.base import Cloud
from tests.lab.cloud.build import create

__all__ = ["Cloud", "create"]
