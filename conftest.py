"""In which order tests run, and how pytest-xdist deals them out: the long ones first, each to
whoever is free, so that no worker waits for another at the end."""

from __future__ import annotations

import re

import pytest

#: Modules of which hardly a test takes a second.
SHORT = re.compile(r"^os/tests/test_(scenarios|replay|cache|user_host)|"
                   r"^diagrams/tests/test_(?!guest)|^grader/tests/test_book")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: bool(SHORT.match(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScheduling

    class OneByOne(LoadScheduling):
        """Gives a worker two tests ahead, which is the least that works, and not a share of
        all that are left."""

        def _send_tests(self, node: object, num: int) -> None:
            super()._send_tests(node, max(0, min(num, 2 - len(self.node2pending[node]))))

    return OneByOne(config, log)
