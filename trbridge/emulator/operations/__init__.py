"""The verbs: one file per resource, each with ``create``, ``update``, ``delete`` and what else it can do.

An operation takes a Transaction, the entity or its workspace, and a form: a mapping of typed, snake_case
values that holds only what the caller sent. It checks everything before it changes anything, raises the
:class:`~trbridge.errors.ApiError` family with Twilio's codes, and emits the events of routing 7.
"""
