"""Every Python snippet of README and docs runs as a test, against an emulator of its own."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
from types import CodeType
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, SkipParser

pytest_plugins = ["trbridge.pytest_plugin"]


class SnippetParser(CodeBlockParser):
    """Runs ``python`` blocks with ``await`` at the top level, one after the other in one event loop."""

    language = "python"

    def evaluate(self, example: Example) -> None:
        """Run one block with the names that the blocks before it left."""
        source = "\n" * (example.line + example.parsed.line_offset) + str(example.parsed)
        code: CodeType = compile(source, example.path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        namespace = example.namespace

        async def run() -> None:
            outcome = eval(code, namespace)  # noqa: S307 - the documents are ours
            if inspect.isawaitable(outcome):
                await outcome

        async def bounded() -> None:
            async with asyncio.timeout(20):
                await run()

        namespace["_runner"].run(bounded())


def _setup(namespace: dict[str, Any]) -> None:
    """What a document may refer to: an emulator, its credentials, and a workspace client that is ready."""
    from trbridge import Workspace, WorkspaceCapability
    from trbridge.emulator import Emulator

    runner = namespace["_runner"] = asyncio.Runner()
    runner.get_loop()
    emulator = namespace["emulator"] = Emulator(random_seed=1)
    runner.run(emulator.__aenter__())
    namespace["_environment"] = {name: os.environ.get(name) for name in emulator.environment}
    os.environ.update(emulator.environment)
    capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
    capability.allow_fetch_subresources().allow_update_self().allow_update_subresources().allow_delete_subresources()
    token = capability.to_jwt()
    workspace = Workspace(token)
    runner.run(workspace.connect())
    namespace["_client"] = workspace  # a snippet may give the name `workspace` to another
    namespace.update(
        account_sid=emulator.account_sid,
        auth_token=emulator.auth_token,
        workspace_sid=emulator.workspace_sid,
        token=token,
        workspace=workspace,
    )


def _teardown(namespace: dict[str, Any]) -> None:
    runner = namespace["_runner"]
    runner.run(namespace["_client"].aclose())
    runner.run(namespace["emulator"].__aexit__(None, None, None))
    runner.close()
    for name, value in namespace["_environment"].items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


pytest_collect_file = Sybil(
    parsers=[SnippetParser(), SkipParser()],
    patterns=["README.md", "docs/*.md"],
    setup=_setup,
    teardown=_teardown,
).pytest()
