"""French as contracts and office files have it: numbers in words, days, durations, renewals, how often.

`words` folds and counts, `phrases` reads days and durations, `howoften` frequencies. Pure.
"""
