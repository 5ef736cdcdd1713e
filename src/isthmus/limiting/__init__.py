"""Where the meters of rate limits and budgets are kept: in this process, or in a Redis that several gateways share.

`redis` is imported only by whoever wants that store; its library comes with the extra of the same name.
"""
