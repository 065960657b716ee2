import { heldOutMail } from './held-out.ts'

// The held-out mails as the cases that `astraapi eval` and gates take: node models/spam/write-held-out.ts 500 > heldout.jsonl
const [, , count] = process.argv
const lines = heldOutMail()
  .take(count === undefined ? Infinity : Number(count))
  .map(({ id, text, label }) => `${JSON.stringify({ id, input: { text }, expected: label })}\n`)
process.stdout.write([...lines].join(''))
