"""A fuzzer for the memory core: random scenarios, judged, and shrunk when they fail.

    grammar.py   what a policy's grammar consists of, and the state that a scenario is in
    draw.py      what the policies' grammars draw alike
    telling.py   what their tellings of the rules share
    v24.py       the grammar of policy 2.4
    reader24.py  what a scenario must print by the rules of 2.4: rules24.py, memory24.py
    v26.py       the grammar of policy 2.6; v26_state.py: its statements that build a state
    told26/      and its rules
    runner.py    runs a scenario and says what is wrong with the outcome
    shrink.py    makes a failing scenario small
    __main__.py  the command

Another policy is another table like v24.GRAMMAR, entered in GRAMMARS.
"""

from __future__ import annotations

from grader.fuzz.grammar import Grammar
from grader.fuzz.v24 import GRAMMAR as V24
from grader.fuzz.v26 import GRAMMAR as V26

GRAMMARS: dict[str, Grammar] = {grammar.policy: grammar for grammar in (V24, V26)}
