"""Ratios, measured in one run: the hub against a bare floor and against what a user would write instead.

`python -m benchmarks` prints a table and ends with 1 where a bar does not hold. Absolute times move from
machine to machine; each row is a ratio of two times taken side by side in the same run, on the real Odoo 19
where there is one, else on the sandbox. What a row compares with is in the docstring of its module.
"""
