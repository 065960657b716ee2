import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { writeModels } from '../../test/write-models.ts'
import { hashFolder, versionDigest } from './digest.ts'

async function digest(t: TestContext, files: Readonly<Record<string, string>>, identity?: string): Promise<string> {
  return versionDigest(await hashFolder(await writeModels(t, files)), identity)
}

test('the digest is what the documentation says', async (t) => {
  const expected = createHash('sha256').update('a.txt\x001\0za/b\x002\0xyidentity\0w@1').digest('hex')
  assert.equal(await digest(t, { 'a.txt': 'z', 'a/b': 'xy' }, 'w@1'), `sha256:${expected}`)
})

test('equal files give an equal digest, and any change another one', async (t) => {
  const base = { 'model.ts': 'one', 'weights/a.bin': 'two' }
  const first = await digest(t, base)
  assert.equal(await digest(t, base), first)
  const changed = [
    await digest(t, { ...base, 'model.ts': 'One' }),
    await digest(t, { ...base, 'weights/b.bin': '' }),
    await digest(t, { 'model.ts': 'one', 'weights/b.bin': 'two' }),
    await digest(t, { 'model.ts': 'onetwo', 'weights/a.bin': '' }),
    await digest(t, base, ''),
    await digest(t, base, 'weights@2'),
  ]
  assert.equal(new Set([first, ...changed]).size, 7)
})
