import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeModels } from './write-models.ts'

// Prints each SIGTERM, and ends when a second one would have come: an orphan is looked for every 500 ms.
const SCRIPT = `let ending
process.on('SIGTERM', () => { console.log('SIGTERM'); ending ??= setTimeout(() => process.exit(), 1300) })
setInterval(() => {}, 1000)
console.log('up')`

test('a runtime whose starter is gone is told to end once', { skip: process.platform === 'win32' }, async (t) => {
  const root = await writeModels(t, {
    'package-lock.json': '{}',
    'node_modules/.astra-installed': createHash('sha256').update('{}').digest('hex'),
    'script.mjs': SCRIPT,
  })
  for (const file of ['bootstrap.mjs', 'is-installed.mjs']) {
    await cp(fileURLToPath(new URL(`../../../scripts/${file}`, import.meta.url)), `${root}/scripts/${file}`)
  }
  const bootstrap = `${root}/scripts/bootstrap.mjs`
  const starter = spawn('sh', ['-c', `"${process.execPath}" "${bootstrap}" script.mjs; true`])
  let printed = ''
  starter.stdout.setEncoding('utf8').on('data', (text) => {
    if (printed === '') starter.kill('SIGKILL')
    printed += text
  })
  await once(starter.stdout, 'end')
  assert.equal(printed, 'up\nSIGTERM\n')
})
