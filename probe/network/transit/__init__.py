"""Transit gateways: attachments, tables, and the way from one VPC through them to another."""
