"""A fuzzer for the memory core: random scenarios, judged, and shrunk when they fail.

    grammar.py   what a policy's grammar consists of, and the state that a scenario is in
    v24.py       the grammar of policy 2.4
    reader24.py  what a scenario must print by the rules of 2.4: rules24.py, memory24.py
    runner.py    runs a scenario and says what is wrong with the outcome
    shrink.py    makes a failing scenario small
    __main__.py  the command

Another policy is another table like v24.GRAMMAR, entered in GRAMMARS.
"""

from __future__ import annotations

from grader.fuzz.grammar import Grammar
from grader.fuzz.v24 import GRAMMAR as V24

GRAMMARS: dict[str, Grammar] = {V24.policy: V24}
