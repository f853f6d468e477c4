"""What the emulator keeps: entities, indexes, transactions, the log, the journal, timers."""
