"""The AWS API of the lab: moto behind a front that refuses, answers and repairs.

`front` is what the product and the fixes talk to, `services` what the function reaches over the
network; `account` is one account of moto's, `amend` the list of moto's gaps.
"""
