"""What a value in a CloudFormation template comes to, as far as that can be told without deploying.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from probe.plan.intent import PLANNED

_NOTHING = object()  # AWS::NoValue
_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")


class Open(Exception):  # noqa: N818 - it is a fact about a template, not a fault of ours
    """A value that cannot be told yet; its text names it, `give` the word that would settle it."""

    def __init__(self, text: str, give: str | None = None) -> None:
        super().__init__(text)
        self.give = give


class Values:
    """Resolves values of one template, with the parameters that were given for it."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        self.given = given
        self.parameters = _mapping(template.get("Parameters"))
        self.resources = _mapping(template.get("Resources"))
        self.mappings = _mapping(template.get("Mappings"))
        self.conditions = _mapping(template.get("Conditions"))

    def texts(self, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any value of a template
        """Resolve a list of words; one word may hold several, parted by commas."""
        found = self.resolve(value)
        if found is _NOTHING or found is None:
            return ()
        items = found if isinstance(found, list) else [found]
        return tuple(part.strip() for one in items for part in str(one).split(",") if part.strip())

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve any value; raises Open with the name of what is not known."""
        if isinstance(value, list):
            found = [self.resolve(one) for one in value]
            return [one for one in found if one is not _NOTHING]
        if not isinstance(value, Mapping):
            if isinstance(value, str) and "{{resolve:" in value:
                raise Open(f"{value} is resolved when it is deployed")
            return value
        if len(value) != 1:
            return {key: self.resolve(one) for key, one in value.items()}
        ((name, argument),) = value.items()
        known = _FUNCTIONS.get(name)
        return known(self, argument) if known else {name: self.resolve(argument)}

    def ref(self, name: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Ref."""
        name = str(name)
        if name in self.given:
            return self.given[name]
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self.resources:
            return self._resource(name)
        if name not in self.parameters and not name.startswith("AWS::"):
            reason = f"{name} is neither a parameter nor a resource of this template"
            raise Open(reason, f"--parameter {name}=...")
        parameter = _mapping(self.parameters.get(name))
        kind = str(parameter.get("Type", ""))
        if "Default" not in parameter or kind.startswith("AWS::SSM::"):
            raise Open(f"parameter {name} has no value here", f"--parameter {name}=...")
        return parameter["Default"]

    def _resource(self, name: str) -> str:
        kind = _mapping(self.resources[name]).get("Type")
        if kind == "AWS::EC2::SecurityGroup":
            return PLANNED + name
        raise Open(f"{name} ({kind}) is made by this template", f"--parameter {name}=...")

    def get_att(self, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Fn::GetAtt."""
        words = argument if isinstance(argument, list) else str(argument).split(".", 1)
        name, attribute = str(words[0]), ".".join(map(str, words[1:]))
        whole = f"{name}.{attribute}"
        if whole in self.given:
            return self.given[whole]
        kind = _mapping(self.resources.get(name)).get("Type")
        if kind == "AWS::EC2::SecurityGroup" and attribute == "GroupId":
            return self.ref(name)
        raise Open(f"{whole} is known after the deployment", f"--parameter {whole}=...")

    def import_value(self, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Fn::ImportValue."""
        name = str(self.resolve(argument))
        if name in self.given:
            return self.given[name]
        raise Open(f"the export {name} of another stack was not given", f"--parameter {name}=...")

    def sub(self, argument: Any) -> str:  # noqa: ANN401 - as above
        """Resolve Fn::Sub."""
        text, own = argument if isinstance(argument, list) else (argument, {})

        def put(found: re.Match[str]) -> str:
            name = found[1].strip()
            if name in own:
                return str(self.resolve(own[name]))
            return str(self.get_att(name) if "." in name else self.ref(name))

        return _REFERENCE.sub(put, str(text)).replace("${!", "${")

    def join(self, argument: Any) -> str:  # noqa: ANN401 - as above
        """Resolve Fn::Join."""
        return str(argument[0]).join(map(str, self.resolve(argument[1])))

    def split(self, argument: Any) -> list[str]:  # noqa: ANN401 - as above
        """Resolve Fn::Split."""
        return str(self.resolve(argument[1])).split(str(argument[0]))

    def select(self, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Fn::Select."""
        items = self.resolve(argument[1])
        items = items if isinstance(items, list) else self.texts(items)
        return items[int(self.resolve(argument[0]))]

    def find_in_map(self, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Fn::FindInMap."""
        found: Any = self.mappings
        for key in argument[:3]:
            found = _mapping(found).get(str(self.resolve(key)))
        if found is None:
            raise Open(f"the mapping {argument[0]} has no such value")
        return found

    def choose(self, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Resolve Fn::If."""
        name, yes, no = argument
        return self.resolve(yes if self.holds({"Condition": name}) else no)

    def branch(self, value: Any) -> Any:  # noqa: ANN401 - as above
        """Follow Fn::If to what applies, without resolving what is in it."""
        if isinstance(value, Mapping) and set(value) == {"Fn::If"}:
            name, yes, no = value["Fn::If"]
            return self.branch(yes if self.holds({"Condition": name}) else no)
        return None if value == {"Ref": "AWS::NoValue"} else value

    def holds(self, condition: Any) -> bool:  # noqa: ANN401 - as above
        """Say whether a condition holds."""
        argument: Any
        name, argument = next(iter(_mapping(condition).items()), ("nothing", None))
        if name == "Condition":
            if argument not in self.conditions:
                raise Open(f"there is no condition {argument}")
            return self.holds(self.conditions[argument])
        if name == "Fn::Equals":
            return str(self.resolve(argument[0])) == str(self.resolve(argument[1]))
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(self.holds(one) for one in argument)
        raise Open(f"a condition with {name} is decided when it is deployed")


_FUNCTIONS = {
    "Ref": Values.ref,
    "Fn::GetAtt": Values.get_att,
    "Fn::ImportValue": Values.import_value,
    "Fn::Sub": Values.sub,
    "Fn::Join": Values.join,
    "Fn::Split": Values.split,
    "Fn::Select": Values.select,
    "Fn::FindInMap": Values.find_in_map,
    "Fn::If": Values.choose,
}


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    return value if isinstance(value, Mapping) else {}
