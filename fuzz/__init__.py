"""What reads things from outside, tried with anything: ``python -m fuzz``. The tests replay ``fuzz/corpus``."""
