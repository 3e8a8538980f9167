"""Hosts, databases, caches, NAT instances and load balancers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.lab.machines.names import balancer_host

if TYPE_CHECKING:
    from tests.lab.cloud.base import Cloud
    from tests.lab.parts import Host, LoadBalancer

# Server -> the engine and a version of it: moto does not know a usual version for all.
ENGINES = {
    "postgres": ("postgres", "16.4"),
    "mariadb": ("mariadb", "10.11.9"),
    "sqlserver": ("sqlserver-ex", "16.00"),
    "oracle": ("oracle-se2", "19"),
}
# Abbreviation of a Region in the names of caches; any Region may do with its own name.
REGIONS = {"us-east-1": "use1", "us-west-2": "usw2", "eu-west-1": "euw1", "eu-central-1": "euc1"}


def hosts(cloud: Cloud) -> None:
    """Create every host: as a database, a cache, or an EC2 instance."""
    for host in cloud.scenario.hosts.values():
        if host.subnet is None:
            cloud.host_names[host.name] = _name(host)
        elif host.kind == "rds":
            _database(cloud, host)
        elif host.kind == "elasticache":
            _cache(cloud, host)
        else:
            _instance(cloud, f"host {host.name}", running=host.state == "running")
            cloud.host_names[host.name] = _name(host)
            cloud.ids[f"host {host.name}"] = cloud.ids[f"instance host {host.name}"]


def _name(host: Host) -> str:
    return host.name if "." in host.name else f"{host.name}.lab.internal"


def _identifier(name: str) -> str:
    """Write a name as the identifiers of databases and caches have to be."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _database(cloud: Cloud, host: Host) -> None:
    eni = cloud.plan.eni("host", host.name)
    cloud.managed(cloud.interface(eni, "RDSNetworkInterface"), "interface", "amazon-rds")
    rds, identifier = cloud.aws("rds"), _identifier(host.name)
    rds.create_db_subnet_group(
        DBSubnetGroupName=identifier,
        DBSubnetGroupDescription="of the lab",
        SubnetIds=[cloud.id("subnet", eni.subnet)],
    )
    engine, version = ENGINES.get(host.server, ENGINES["postgres"])
    made = rds.create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass="db.t4g.micro",
        Engine=engine,
        EngineVersion=version,
        AllocatedStorage=20,
        MasterUsername="lab",
        MasterUserPassword="not-a-secret",
        DBSubnetGroupName=identifier,
        VpcSecurityGroupIds=[cloud.id("security-group", g) for g in host.security_groups],
        AvailabilityZone=cloud.zone(eni.subnet),
        Port=host.port,
        PubliclyAccessible=host.publicly_accessible,
    )["DBInstance"]
    if host.state == "stopped":
        rds.stop_db_instance(DBInstanceIdentifier=identifier)
    cloud.ids[f"host {host.name}"] = identifier
    cloud.host_names[host.name] = made["Endpoint"]["Address"]


def _cache(cloud: Cloud, host: Host) -> None:
    """Create a cache; moto forgets its groups and its nodes.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html
    """
    eni, identifier = cloud.plan.eni("host", host.name), _identifier(host.name)
    name = f"ElastiCache {identifier}-0001"
    cloud.managed(cloud.interface(eni, name), "interface", "amazon-elasticache")
    client = cloud.aws("elasticache")
    client.create_cache_subnet_group(
        CacheSubnetGroupName=identifier,
        CacheSubnetGroupDescription="of the lab",
        SubnetIds=[cloud.id("subnet", eni.subnet)],
    )
    client.create_cache_cluster(
        CacheClusterId=identifier,
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        NumCacheNodes=1,
        CacheSubnetGroupName=identifier,
        Port=host.port,
    )
    region = cloud.scenario.region
    zone = REGIONS.get(region, region)
    address = f"{identifier}.lab.0001.{zone}.cache.amazonaws.com"
    groups = [cloud.id("security-group", g) for g in host.security_groups]
    cloud.account.overrides[identifier] = {
        "SecurityGroups": [{"SecurityGroupId": g, "Status": "active"} for g in groups],
        "TransitEncryptionEnabled": host.server == "closes",  # on plain text, as such a cache does
        "CacheNodes": [
            {
                "CacheNodeId": "0001",
                "CacheNodeStatus": "available",
                "Endpoint": {"Address": address, "Port": host.port},
                "CustomerAvailabilityZone": cloud.zone(eni.subnet),
            }
        ],
    }
    cloud.ids[f"host {host.name}"] = identifier
    cloud.host_names[host.name] = address


def _instance(cloud: Cloud, key: str, *, running: bool) -> None:
    interface = cloud.interface(cloud.plan.enis[key])
    made = cloud.ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.nano",
        NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface}],
    )["Instances"][0]["InstanceId"]
    cloud.ids[f"instance {key}"] = made
    if not running:
        cloud.ec2.stop_instances(InstanceIds=[made])


def nat_instances(cloud: Cloud) -> None:
    """Create the NAT instances."""
    for instance in cloud.scenario.nat_instances.values():
        key = f"nat-instance {instance.name}"
        _instance(cloud, key, running=instance.state == "running")
        cloud.ids[key] = cloud.ids[f"instance {key}"]
        cloud.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=cloud.id("network-interface", key),
            SourceDestCheck={"Value": instance.source_dest_check},
        )


def load_balancers(cloud: Cloud) -> None:
    """Create the internal load balancers with their listeners, target groups and targets."""
    for balancer in cloud.scenario.load_balancers.values():
        _load_balancer(cloud, balancer)


def _load_balancer(cloud: Cloud, balancer: LoadBalancer) -> None:
    elbv2 = cloud.aws("elbv2")
    made = elbv2.create_load_balancer(
        Name=balancer.name,
        Type=balancer.type,
        Scheme="internal",
        Subnets=[cloud.id("subnet", subnet) for subnet in balancer.subnets],
        SecurityGroups=[cloud.id("security-group", g) for g in balancer.security_groups],
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    kind = "net" if balancer.type == "network" else "app"
    name = f"ELB {kind}/{balancer.name}/{arn.rpartition('/')[2]}"
    for subnet in balancer.subnets:
        interface = cloud.interface(cloud.plan.eni("load-balancer", balancer.name, subnet), name)
        type_ = "network_load_balancer" if kind == "net" else "interface"
        cloud.managed(interface, type_, "amazon-elb")
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {
                "Key": "load_balancing.cross_zone.enabled",
                "Value": str(balancer.cross_zone).lower(),
            }
        ],
    )
    for listener in balancer.listeners.values():
        _listener(cloud, balancer, arn, listener.port)
    host = balancer_host(balancer, cloud.scenario.region)  # moto gives all of them one form
    state = {} if balancer.state == "active" else {"State": {"Code": balancer.state}}
    cloud.account.overrides[balancer.name] = {"DNSName": host, **state}
    cloud.ids[f"load-balancer {balancer.name}"] = arn
    cloud.host_names[balancer.name] = host


def _listener(cloud: Cloud, balancer: LoadBalancer, arn: str, port: int) -> None:
    elbv2, listener = cloud.aws("elbv2"), balancer.listeners[port]
    protocol = "TCP" if balancer.type == "network" else "HTTP"
    machines = [cloud.scenario.hosts[name] for name in listener.targets]
    usual = listener.target_port or (machines[0].port if machines else port)
    group = elbv2.create_target_group(
        Name=f"{balancer.name}-{port}"[:32],
        Protocol=protocol,
        Port=usual,
        VpcId=cloud.id("vpc", cloud.scenario.subnets[balancer.subnets[0]].vpc),
        TargetType="ip",
    )["TargetGroups"][0]["TargetGroupArn"]
    cloud.ids[f"target-group {balancer.name} {port}"] = group
    targets: list[dict[str, Any]] = [
        {
            "Id": str(cloud.plan.eni("host", host.name).address),
            "Port": listener.target_port or host.port,
        }
        for host in machines
    ]
    if targets:
        elbv2.register_targets(TargetGroupArn=group, Targets=targets)
    elbv2.create_listener(
        LoadBalancerArn=arn,
        Protocol=protocol,
        Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
