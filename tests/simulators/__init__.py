"""Strict upstream simulators: real HTTP servers on a loopback port that refuse what the real vendor refuses.

    async with OpenAIVendor(profile="deepseek") as vendor:
        ... vendor.base_url, vendor.key, vendor.requests, vendor.disconnects

    python -m simulators.openai_vendor --port 9001 --profile mistral        (with tests/ on PYTHONPATH)

They never import the gateway: they are judges of it.
"""
