"""What is looked at before a release: ``python -m release``, which ``make release-check`` runs."""
