"""Reads CloudFormation and SAM templates, in YAML or JSON.

Functions with a VpcConfig, security groups with their rules, and rules that stand apart. PyYAML
belongs to the command line's extra and is not shipped to Lambda.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from probe.model import Undetermined, Unknown
from probe.plan.intent import PLANNED, Draft, Function, Plan, PlanError, Rule, permission
from probe.plan.values import Open, Values

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
# Without any egress rule of its own a group lets everything out.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
ALLOW_ALL = permission("-1", None, None, cidrs=("0.0.0.0/0",))


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: !Ref, !GetAtt, !Sub and the rest."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - any value
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short)


def read(text: str, name: str, given: Mapping[str, str]) -> Plan:
    """Read a template; `given` are values of its parameters, imports and resources."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        template = loader.construct_document(root) if root else None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        at = f" at line {where.line + 1}" if where else ""
        raise PlanError(f"{name}: is neither YAML nor JSON{at}") from None
    finally:
        loader.dispose()
    if not isinstance(template, Mapping) or not isinstance(template.get("Resources"), Mapping):
        raise PlanError(f"{name}: is no template: it has no Resources")
    values = Values(template, given)
    _must_be_asked_for(values, name, text)
    draft = Draft()
    for logical, resource in values.resources.items():
        if isinstance(resource, Mapping) and isinstance(resource.get("Properties", {}), Mapping):
            _resource(str(logical), resource, values, draft, _shared(template))
    return replace(draft.plan(), lines=_lines(root))


def _must_be_asked_for(values: Values, name: str, text: str) -> None:
    """Refuse a value that nothing in the template asks for: most likely its name is misspelt."""
    if "ImportValue" in text:  # the name of an import may be put together
        return
    known = [*map(str, values.parameters), *map(str, values.resources)]
    for given in values.given:
        if given.partition(".")[0] not in known and given not in text:
            raise PlanError(
                f"--parameter {given}: {name} asks for no such value; "
                f"its parameters are {', '.join(map(str, values.parameters)) or 'none'}."
            )


def _lines(root: yaml.Node | None) -> dict[str, int]:
    """Tell the line of each resource's logical id."""
    assert isinstance(root, yaml.MappingNode)
    (resources,) = [value for key, value in root.value if key.value == "Resources"][-1:]
    return {str(key.value): key.start_mark.line + 1 for key, _ in resources.value}


def _shared(template: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value
    """Find what SAM's Globals say of every function's placement."""
    found: Any = template
    for key in ("Globals", "Function", "VpcConfig"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _resource(
    name: str, resource: Mapping[str, Any], values: Values, draft: Draft, shared: object
) -> None:
    kind, own = str(resource.get("Type")), resource.get("Properties") or {}
    if kind in FUNCTIONS:
        is_sam = kind == "AWS::Serverless::Function"
        _function(name, own.get("VpcConfig") or (shared if is_sam else None), values, draft)
    elif kind == "AWS::EC2::SecurityGroup":
        group = PLANNED + name
        draft.groups.append(group)
        _rules(name, group, own.get("SecurityGroupIngress"), values, draft, egress=False)
        _rules(name, group, own.get("SecurityGroupEgress"), values, draft, egress=True)
    elif kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        _rule(name, own, values, draft, egress=kind.endswith("Egress"))


def _function(name: str, vpc: object, values: Values, draft: Draft) -> None:
    found = _told(lambda: values.branch(vpc))
    if isinstance(found, Unknown):
        draft.functions.append(Function(name, found, found))
    elif isinstance(found, Mapping) and found:
        subnets, groups = (
            _ids(values, found.get(key)) for key in ("SubnetIds", "SecurityGroupIds")
        )
        draft.functions.append(Function(name, subnets, groups))


def _ids(values: Values, value: object) -> tuple[str, ...] | Unknown:
    found = _told(lambda: values.texts(value))
    return found if isinstance(found, Unknown) else tuple(found)


def _told(resolve: Callable[[], Any]) -> Any:  # noqa: ANN401 - any value
    """Give what a value comes to, or Unknown with the name of what is open."""
    try:
        return resolve()
    except Open as gap:
        return Unknown(str(gap), gap.give)
    except (IndexError, KeyError, TypeError, ValueError):
        return Unknown("its value has a form that CloudFormation would not accept")


def _rules(
    name: str, group: str, value: object, values: Values, draft: Draft, *, egress: bool
) -> None:
    listed = _told(lambda: values.branch(value))
    if egress and not listed:
        draft.rules.append(Rule(group, egress, ALLOW_ALL))
    for one in listed if isinstance(listed, list) else [listed] if listed else ():
        own = _told(partial(values.branch, one))
        if isinstance(own, Mapping):
            own = {**own, "GroupId": group}
        if own is not None:
            _rule(name, own, values, draft, egress=egress)


def _rule(name: str, own: Any, values: Values, draft: Draft, *, egress: bool) -> None:  # noqa: ANN401
    side = "Destination" if egress else "Source"

    def resolved() -> Rule:
        rule = values.resolve(dict(own))
        return Rule(
            str(rule["GroupId"]),
            egress,
            permission(
                rule.get("IpProtocol", "-1"),
                rule.get("FromPort"),
                rule.get("ToPort"),
                cidrs=values.texts(rule.get("CidrIp")),
                cidrs6=values.texts(rule.get("CidrIpv6")),
                groups=values.texts(rule.get(f"{side}SecurityGroupId")),
                lists=values.texts(rule.get(f"{side}PrefixListId")),
            ),
        )

    found = own if isinstance(own, Unknown) else _told(resolved)
    if isinstance(found, Unknown):
        draft.gaps.append(Undetermined(f"a rule of {name}", found.reason, found.needs))
    else:
        draft.rules.append(found)
