"""What the gateway costs, measured from outside, beside nginx and beside no proxy at all.

    python -m bench [--quick] [--soak] [--json FILE]

Three parties: a lean upstream that is never the bottleneck (`upstream`), the process under test alone on
its own core (`subjects`), and a lean load client in this process (`client`). CPU is what the kernel charged
to the process under test, so waiting, the client and the upstream are not in it. Linux only: the figures come
from `/proc` and the CPU clocks of other processes. How each figure is taken is told in `measure` and, for
readers of the results, in docs/benchmark.md.
"""
