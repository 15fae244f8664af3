"""Decode source files: UTF-8, without control characters, of limited size."""

from __future__ import annotations

import re
from typing import Final

from cardpipe.model.diagnostics import Finding
from cardpipe.text.positions import SourceFile

LARGEST_TEXT: Final = 1024 * 1024
"""The maximum size of a YAML file in bytes."""
_REPLACEMENT: Final = "\ufffd"
# Everything outside YAML 1.2's printable characters (production c-printable), and the three line ends that YAML 1.1
# readers know and YAML 1.2 readers do not.
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_MOST_REPORTED: Final = 20
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def text_file(path: str, data: bytes, findings: list[Finding]) -> SourceFile | None:
    """Decode a file; findings are added to the list, and None is returned if it cannot be decoded.

    Byte order marks at the start are left out. A forbidden character is replaced by U+FFFD, so that all other places
    stay right and nothing that a terminal obeys goes further.
    """
    if len(data) > LARGEST_TEXT:
        message = f"The file has {len(data)} bytes; the maximum is {LARGEST_TEXT} (1 MiB)."
        nowhere = SourceFile(path, "").span(0, 0)
        findings.append(Finding("YML003", nowhere, message, help="Write fewer cards per file, preferably one."))
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.append(_not_utf8(path, data, error))
        return None
    # libyaml leaves one mark out of its count of characters wherever it is first, so that a second one must go as well.
    text = text.lstrip("\ufeff")
    file = SourceFile(path, text)
    if _FORBIDDEN.search(text) is not None:
        file = SourceFile(path, _FORBIDDEN.sub(_REPLACEMENT, text))
        _report_forbidden(text, file, findings)
    return file


def _not_utf8(path: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    before = data[: error.start].decode("utf-8").lstrip("\ufeff")
    # The bad byte stands for itself as one character, so that the place may be just after the last good one.
    span = SourceFile(path, f"{before}{_REPLACEMENT}").span(len(before), len(before) + 1)
    if data.startswith(_UTF16_MARKS):
        message = "The file is UTF-16, not UTF-8."
    else:
        message = f"The byte 0x{data[error.start]:02X} here is not UTF-8."
    return Finding("YML005", span, message, help="Save the file with the encoding UTF-8.")


def _report_forbidden(text: str, file: SourceFile, findings: list[Finding]) -> None:
    for count, match in enumerate(_FORBIDDEN.finditer(text)):
        if count == _MOST_REPORTED:
            message = "More forbidden characters follow."
        else:
            message = f"The character U+{ord(match.group()):04X} is invisible and not allowed in a source file."
        findings.append(
            Finding(
                "YML004",
                file.span(match.start(), match.end()),
                message,
                help="Delete it; it often comes from text pasted from a PDF or a terminal.",
            )
        )
        if count == _MOST_REPORTED:
            return
