"""The checks, one small module each: where to go, and what to say there.

The policy of every check, in one place:

- One attempt on every address that the name resolves to, in every repetition. No retries, no happy
  eyeballs, no redirects followed: half up must not look like working. A repetition comes from a
  fresh source port. An address of a family that this machine has no way for is skipped where
  another family exists.
- A check states what it saw; why is not its business. No body of an answer is ever returned.
- A database (`Target.gentle`) is connected to once at a time and left politely: MySQL counts
  handshakes that break off, and blocks the client's address in the end. The function shares that
  address with the application beside it.
- Everything particular to a check is in its module. The walk, its clock, its deadlines and the
  classification of what went wrong are in `probe.runner`.

To add a check: one module, and one line in CHECKS, whose order is that of the documentation.
"""

from __future__ import annotations

from probe.checks import aws, cache, dns, dynamodb, http, logs, rds, tcp

CHECKS = (
    http.CHECK,
    dynamodb.CHECK,
    rds.CHECK,
    logs.CHECK,
    tcp.CHECK,
    dns.CHECK,
    aws.CHECK,
    cache.CHECK,
)
