"""The .nskill archive: a ZIP file of a skill's files in the one way there is to write it (docs/catalog.md).

Nothing in it is compressed, the names are sorted, times and modes are fixed: the same files always give the same
bytes, and bytes that are not exactly what `pack` writes are refused.  That leaves nothing to disagree about: no member
that one program sees and another does not, no bytes between members, nothing that grows when it is opened.
PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from skills.folder import MAX_DEPTH, MAX_FILE, MAX_FILES, MAX_PATH, MAX_TOTAL, bad_name
from skills.wording import shown

SUFFIX = ".nskill"
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_NEEDED, _MADE_BY = 20, 3 << 8 | 20  # ZIP 2.0; Unix, so that the mode below is understood
_UTF8, _STORED, _MIDNIGHT, _DATE = 0x0800, 0, 0, 0x0021  # 1 January 1980, the earliest a ZIP file can say
_MODE = 0o100644 << 16
_ENCRYPTED = 0x0001
_HEADERS = _LOCAL.size + _CENTRAL.size + 2 * 4 * MAX_PATH  # of one member; a character has at most 4 bytes
MAX_ARCHIVE = MAX_TOTAL + MAX_FILES * _HEADERS + _END.size  # bytes


class BadArchive(Exception):
    """The archive was refused.  `code`: archive-too-large | not-an-archive | encrypted | compressed | link | folder
    | special-file | path-outside | file-name | too-deep | same-name | too-many-files | file-too-large | too-large
    | not-canonical."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files, by path.  Errors: BadArchive for what no skill may hold."""
    _check_paths(files)
    _check_sizes({path: len(content) for path, content in files.items()})
    members, directory = bytearray(), bytearray()
    for name, content in sorted((path.encode(), content) for path, content in files.items()):
        common = (_UTF8, _STORED, _MIDNIGHT, _DATE, zlib.crc32(content), len(content), len(content), len(name), 0)
        directory += _CENTRAL.pack(b"PK\1\2", _MADE_BY, _NEEDED, *common, 0, 0, 0, _MODE, len(members)) + name
        members += _LOCAL.pack(b"PK\3\4", _NEEDED, *common) + name + content
    end = _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(directory), len(members), 0)
    return bytes(members + directory) + end


def read(data: bytes) -> dict[str, bytes]:
    """The files of an archive, by path.  Uses at most a few times MAX_ARCHIVE of memory.  Errors: BadArchive."""
    _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            for member in members:
                _check_member(member)
            names = [member.orig_filename for member in members]
            _check_paths(names)
            _check_sizes({member.orig_filename: member.file_size for member in members})
            files = {member.orig_filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, struct.error) as error:
        raise BadArchive("not-an-archive", "The file is damaged, or no archive of a skill.") from error
    if pack(files) != data:
        raise BadArchive("not-canonical", "The archive is not written as 'skills pack' writes it; pack it again.")
    return files


def _check_end(data: bytes) -> None:
    """What would cost memory before the first member is looked at: the size, and the number that the end names."""
    if len(data) > MAX_ARCHIVE:
        raise BadArchive("archive-too-large", f"An archive of a skill has at most {MAX_ARCHIVE:,} bytes.")
    if len(data) < _END.size or data[-_END.size :][:4] != b"PK\5\6":
        raise BadArchive("not-an-archive", "The file is damaged, or no archive of a skill.")
    _, _, _, _, count, size, offset, _ = _END.unpack(data[-_END.size :])
    if count > MAX_FILES or size > MAX_FILES * _HEADERS:
        raise BadArchive("too-many-files", f"A skill has at most {MAX_FILES} files and folders.")
    if offset + size + _END.size != len(data):  # also a ZIP64 end, which would name another directory
        raise BadArchive("not-an-archive", "The file is damaged, or no archive of a skill.")


def _check_member(member: zipfile.ZipInfo) -> None:
    where = shown(member.orig_filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.flag_bits & _ENCRYPTED:
        raise BadArchive("encrypted", f"{where} is encrypted: nobody could review it.")
    if stat.S_ISLNK(kind):
        raise BadArchive("link", f"{where} is a link; a skill holds no links.")
    if member.is_dir() or stat.S_ISDIR(kind):
        raise BadArchive("folder", f"{where} is a folder; an archive of a skill lists files only.")
    if kind and not stat.S_ISREG(kind):
        raise BadArchive("special-file", f"{where} is neither a file nor a folder.")
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        raise BadArchive("compressed", f"{where} is compressed; an archive of a skill is not, so that it cannot swell.")


def _check_sizes(sizes: Mapping[str, int]) -> None:
    for path, size in sizes.items():
        if size > MAX_FILE:
            raise BadArchive("file-too-large", f"{shown(path)}: a file of a skill has at most {MAX_FILE:,} bytes.")
    if sum(sizes.values()) > MAX_TOTAL:
        raise BadArchive("too-large", f"The files of a skill have at most {MAX_TOTAL:,} bytes together.")


def _check_paths(paths: Iterable[str]) -> None:
    """All that the reader of folders would refuse, and a path twice."""
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        if path in files:
            raise BadArchive("same-name", f"{shown(path)} is in the archive twice.")
        parts = path.split("/")
        _check_path(path, parts)
        files.add(path)
        folders.update("/".join(parts[:n]) for n in range(1, len(parts)))
        if len(files) + len(folders) > MAX_FILES:
            raise BadArchive("too-many-files", f"A skill has at most {MAX_FILES} files and folders.")
    seen: dict[str, str] = {}
    for path in [*sorted(files), *sorted(folders)]:
        other = seen.setdefault(path.casefold(), path)
        if other != path or (path in files and path in folders):
            raise BadArchive("same-name", f"{shown(other)} and {shown(path)} are one file on some systems.")


def _check_path(path: str, parts: list[str]) -> None:
    if "" in parts or "." in parts or ".." in parts or "\\" in path or path[1:2] == ":":
        raise BadArchive("path-outside", f"{shown(path)} is no path inside the skill's folder.")
    for part in parts:
        why = bad_name(part)
        if why is not None:
            raise BadArchive("file-name", f"The name {shown(part)} {why}.")
    if len(path) > MAX_PATH:
        raise BadArchive("file-name", f"{shown(path)} is more than {MAX_PATH} characters long with its folders.")
    if len(parts) - 1 > MAX_DEPTH:
        raise BadArchive("too-deep", f"Folders are nested more than {MAX_DEPTH} deep.")
