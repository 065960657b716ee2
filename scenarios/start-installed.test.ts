import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

const root = new URL('..', import.meta.url).pathname
// Plain JavaScript, as it runs before TypeScript can.
const path: string = '../scripts/is-installed.mjs'
const { isInstalled } = (await import(path)) as { isInstalled(root: string): boolean }

async function setUp(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'astra-installed-'))
  context.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'node_modules'))
  await cp(join(root, 'package-lock.json'), join(folder, 'package-lock.json'))
  const list = join(folder, 'node_modules/.package-lock.json')
  await cp(join(root, 'node_modules/.package-lock.json'), list)
  const edit = async (change: (packages: Record<string, object>) => void) => {
    const lock = JSON.parse(await readFile(list, 'utf8'))
    change(lock.packages)
    await writeFile(list, JSON.stringify(lock))
  }
  return { folder, list, edit }
}

test('what "npm ci" put there is not installed once more, the packages of other machines left aside', async (context) => {
  const { folder } = await setUp(context)
  assert.equal(isInstalled(folder), true)
})

test('installs where a package is missing or another, and where no install ever ended', async (context) => {
  const { folder, list, edit } = await setUp(context)
  await edit((packages) => {
    packages['node_modules/fastify'] = { ...packages['node_modules/fastify'], version: '0.0.1' }
  })
  assert.equal(isInstalled(folder), false)
  await rm(list)
  assert.equal(isInstalled(folder), false)
  await cp(join(root, 'node_modules/.package-lock.json'), list)
  await edit((packages) => {
    delete packages['node_modules/fastify']
  })
  assert.equal(isInstalled(folder), false)
})

test('installs where the pinned Node was left out', async (context) => {
  const { folder, edit } = await setUp(context)
  const { platform, arch } = process
  await edit((packages) => {
    for (const name of [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`])
      delete packages[`node_modules/${name}`]
  })
  assert.equal(isInstalled(folder), false)
})
