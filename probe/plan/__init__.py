"""Placements that are only planned: read out of a template or a plan, before anything is deployed.

`cloudformation` reads CloudFormation and SAM templates, `terraform` the JSON of a plan; `intent` is
what both give. Whatever cannot be told before the deployment is Unknown, with its name.
"""
