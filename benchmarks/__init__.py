"""Measures trbridge beside what a user would pick instead: ``python -m benchmarks [--quick]``.

Each benchmark runs all its variants in one go, round by round in shuffled order, and compares only within a round:
what the machine does besides hits all of them alike. No number of another run is ever looked at.
"""
