"""The seam to AWS's APIs: a service's host, one signed call, reading, invoking, publishing.

boto3 is imported and its clients are built on first use, in `clients` alone: most probes sign
nothing, and boto3 is the largest part of a cold start. What an answer means is decided elsewhere.
"""

from probe.aws.clients import SetupError, settled
from probe.aws.hosts import UnknownService, host_for
from probe.aws.invoking import InvokeFailed, invoker
from probe.aws.publishing import PublishFailed, publisher
from probe.aws.reading import reader
from probe.aws.signed import SignedAnswer, prober, signed_call

__all__ = [
    "InvokeFailed",
    "PublishFailed",
    "SetupError",
    "SignedAnswer",
    "UnknownService",
    "host_for",
    "invoker",
    "prober",
    "publisher",
    "reader",
    "settled",
    "signed_call",
]
