"""What mkdocs cannot say in its configuration: the list of decisions is read from their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Put the titles of all decision records under the text of their index."""
    if page.file.src_uri != "decisions/index.md":
        return markdown
    records = sorted(Path(config["docs_dir"], "decisions").glob("[0-9]*.md"))
    titles = (record.read_text("utf-8").partition("\n")[0].removeprefix("# ") for record in records)
    lines = (f"- [{title}]({record.name})" for record, title in zip(records, titles, strict=True))
    return "\n".join([markdown, *lines])
