import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import { writeModels } from '../../test/write-models.ts'
import { scanModel, scanRepository } from './scan.ts'

const ignore = () => {}

test('versions with a model file are found, whatever else lies about is passed over', async (t) => {
  const dir = await writeModels(t, {
    'spam/1.0/model.onnx': '',
    'spam/1.1/model.onnx': '',
    'spam/1.1/notes.txt': '',
    'spam/README.md': '',
    'spam/empty/notes.txt': '',
    'spam/bad version/model.onnx': '',
    'embed/1.0/model.ts': '',
    'plain/1/model.js': '',
    'esm/1/model.mjs': '',
    'both/1/model.ts': '',
    'both/1/model.onnx': '',
    'train/spam.py': '',
    'Upper/1/model.onnx': '',
    'node_modules/x/1/model.onnx': '',
    '.git/1/model.onnx': '',
    'package.json': '{}',
    'other/1/model.pt': '',
  })
  await mkdir(`${dir}/hollow/1/model.onnx`, { recursive: true })
  const passedOver: string[] = []
  const found = await scanRepository(dir, (folder, why) => passedOver.push(`${folder.slice(dir.length + 1)}: ${why}`))
  assert.deepEqual(
    found.map(({ name, version, files }) => `${name}/${version}: ${files.toSorted().join()}`),
    [
      'both/1: model.onnx,model.ts',
      'embed/1.0: model.ts',
      'esm/1: model.mjs',
      'plain/1: model.js',
      'spam/1.0: model.onnx',
      'spam/1.1: model.onnx',
    ],
  )
  const noFile = 'a version holds one of model.onnx, model.gguf, model.ts, model.js, model.mjs'
  assert.deepEqual(passedOver.toSorted(), [
    "Upper: a model's name is [a-z][a-z0-9-]*; rename it",
    `hollow/1: ${noFile}`,
    `other/1: ${noFile}`,
    "spam/bad version: a version's name is [A-Za-z0-9._-]+; rename it",
    `spam/empty: ${noFile}`,
  ])
})

test('links are followed, broken ones passed over', async (t) => {
  const dir = await writeModels(t, { 'real/1.0/model.ts': '' })
  await mkdir(`${dir}/linked`)
  await symlink(`${dir}/real/1.0`, `${dir}/linked/2.0`)
  await symlink(`${dir}/nowhere`, `${dir}/linked/3.0`)
  const found = await scanModel(dir, 'linked', ignore)
  assert.deepEqual(
    found.map(({ version }) => version),
    ['2.0'],
  )
})

test('a name that leads out of the folder finds nothing', async (t) => {
  const dir = await writeModels(t, { 'repository/a/1/model.ts': '', 'outside/1/model.ts': '' })
  for (const name of ['..', '../outside', 'a/../../outside', '', '.', 'missing']) {
    assert.deepEqual(await scanModel(`${dir}/repository`, name, ignore), [], name)
  }
})
