"""The whole engine on systems held in memory: pulls, merges, conflicts, deliveries, crashes."""
