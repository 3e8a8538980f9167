"""Causes at VPC endpoints, the private doors to AWS services.

Records only: the walk finds most of these, `identity` recognises a policy by the words of the
denial, and `apis` an API that is not for endpoints. A gateway endpoint cannot be seen in DNS: it
is a route, in the tables that it is associated with and in no other.
"""

from __future__ import annotations

from probe.causes.apis import public_api
from probe.causes.cause import DENIAL, Cause, at
from probe.causes.identity import endpoint_policy
from probe.model import Failure, Stage

_PRIVATELINK = "https://docs.aws.amazon.com/vpc/latest/privatelink"
_ENDPOINTS = "ec2:DescribeVpcEndpoints"
_TABLES = "ec2:DescribeRouteTables"
_READ_ENDPOINTS = (
    "aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id} --query"
    " 'VpcEndpoints[].[VpcEndpointId,ServiceName,State,RouteTableIds,SubnetIds,PrivateDnsEnabled]'"
)

CAUSES = (
    Cause(
        code="gateway-endpoint-not-associated",
        layer="endpoints",
        title="The VPC's gateway endpoint for the service is not in this subnet's route table",
        happens="The VPC has a gateway endpoint for the service, but other route tables have its"
        " route; from this subnet the packets look for another way out and find none.",
        reason="A gateway endpoint is a route to the service's prefix list. It exists only in the"
        " route tables that the endpoint is associated with.",
        remedy="Associate the endpoint with the route table of the function's subnet.",
        source=f"{_PRIVATELINK}/gateway-endpoints.html",
        family="gateway-endpoint",
        needs=(_ENDPOINTS, _TABLES),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="gateway-endpoint-missing",
        layer="endpoints",
        title="The VPC has no gateway endpoint for the service, and the subnet no other way to it",
        happens="DynamoDB and S3 have public addresses. Without a route to the internet and without"
        " a gateway endpoint, connections to them time out.",
        reason="AWS services are reached at public addresses unless an endpoint brings them into"
        " the VPC. Gateway endpoints for DynamoDB and S3 cost nothing.",
        remedy="Create a gateway endpoint for the service, associated with the route table of the"
        " function's subnet.",
        source=f"{_PRIVATELINK}/gateway-endpoints.html",
        family="gateway-endpoint",
        needs=(_ENDPOINTS, _TABLES),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="interface-endpoint-missing",
        layer="endpoints",
        title="The VPC has no endpoint for the service, and the subnet no other way to it",
        happens="The service's API has public addresses. Without a route to the internet and"
        " without an interface endpoint, calls to it time out.",
        reason="AWS APIs are reached at public addresses unless an interface endpoint with private"
        " DNS brings them into the VPC. What a function prints to stdout needs neither.",
        remedy="Create an interface endpoint for the service with private DNS, or give the subnet a"
        " route to a NAT gateway.",
        source=f"{_PRIVATELINK}/create-interface-endpoint.html",
        family="interface-endpoint",
        needs=(_ENDPOINTS, _TABLES),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="interface-endpoint-unused",
        layer="endpoints",
        title="The VPC has an interface endpoint for the service, but the client does not use it",
        happens="The service's usual name still resolves to public addresses, so the traffic goes"
        " past the endpoint and finds no way out.",
        reason="Only the VPC's Amazon resolver answers with an endpoint's address, and only where"
        " its private DNS is on. Other DNS servers know the public addresses, and without private"
        " DNS, which DynamoDB does not have, only clients that are told the endpoint's own name"
        " (vpce-...) use it.",
        remedy="Have the DNS servers that are asked forward the service's names to the VPC's Amazon"
        " resolver, give the client the endpoint's own URL, or, for DynamoDB and S3, add a gateway"
        " endpoint.",
        source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-interface-endpoints.html",
        family=("interface-endpoint", "gateway-endpoint"),
        needs=(_ENDPOINTS,),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="egress-lacks-prefix-list",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="endpoints",
        title="The function's security group does not let it out to the gateway endpoint's"
        " addresses",
        happens="The route to the gateway endpoint is there, and the function's outbound rules do"
        " not cover the service's public addresses, so the packet never leaves.",
        reason="With a gateway endpoint the service keeps its public addresses: the security group"
        " needs an outbound rule for the service's prefix list on port 443.",
        remedy="Add an outbound rule for TCP 443 to the service's prefix list.",
        source=f"{_PRIVATELINK}/gateway-endpoints.html",
        family="own-group",
        needs=("ec2:DescribeSecurityGroups", "ec2:DescribePrefixLists"),
        confirm="aws ec2 describe-security-groups --group-ids {security_group_ids}"
        " --query 'SecurityGroups[].[GroupId,IpPermissionsEgress]'",
    ),
    Cause(
        code="endpoint-not-in-zone",
        ra_code="VPCE_SERVICE_NOT_INSTALLED_IN_AZ",
        layer="endpoints",
        title="The endpoint has no interface in this Availability Zone",
        happens="The endpoint serves other zones; from this one there is nothing to connect to.",
        reason="An interface or gateway load balancer endpoint stands in the subnets that were"
        " chosen for it, one for each zone.",
        remedy="Add a subnet of this zone to the endpoint.",
        source=f"{_PRIVATELINK}/interface-endpoints.html",
        family=("endpoint-group", "interface-endpoint"),
        needs=(_ENDPOINTS,),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="endpoint-not-available",
        ra_code="BAD_STATE",
        layer="endpoints",
        title="The VPC endpoint is not in the state available",
        happens="The endpoint exists, and is still pending, waiting for acceptance, failed,"
        " rejected or being deleted. Traffic to it is dropped.",
        reason="An endpoint carries traffic only in the state available.",
        remedy="Wait for it, have the service's owner accept it, or create it anew.",
        source=f"{_PRIVATELINK}/concepts.html",
        family=("endpoint-group", "interface-endpoint", "gateway-endpoint"),
        needs=(_ENDPOINTS,),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="endpoint-policy-denies",
        layer="endpoints",
        title="The network works; the VPC endpoint's policy does not allow this call",
        happens="The service was reached through the endpoint and answered that the endpoint's own"
        " policy does not allow the call.",
        reason="An endpoint has a policy beside the role's: both must allow the call. A denial"
        " proves that the network path works.",
        remedy="Allow the action for the function's role in the endpoint's policy.",
        source=f"{_PRIVATELINK}/vpc-endpoints-access.html",
        symptoms=DENIAL,
        needs=(_ENDPOINTS,),
        confirm="aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id}"
        " --query 'VpcEndpoints[].[VpcEndpointId,ServiceName,PolicyDocument]'",
        rule=endpoint_policy,
    ),
    Cause(
        code="public-api-behind-endpoint",
        layer="endpoints",
        title="The VPC's endpoint for API Gateway takes the calls to this public API, and answers"
        " 403",
        happens="With private DNS the endpoint has the names of all APIs of the Region, also those"
        " of other people. The call goes to the endpoint, which knows private APIs only, and is"
        " answered 403 Forbidden.",
        reason="Private DNS of an endpoint for execute-api stands for *.execute-api of its Region,"
        " and an endpoint leads to no public API.",
        remedy="Call the public API by a custom domain name; or turn off the endpoint's private"
        " DNS, and call the private APIs by URLs that name the endpoint:"
        " https://API-ID-VPCE-ID.execute-api.REGION.amazonaws.com.",
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html",
        symptoms=at(Stage.EXCHANGE, Failure.HTTP_STATUS),
        needs=(_ENDPOINTS, "ec2:DescribeNetworkInterfaces"),
        confirm=_READ_ENDPOINTS,
        rule=public_api,
    ),
)
