import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeVendor } from './testing/fake-vendor.ts'
import { emptyCatalog, fakeBackends, planYaml } from './testing/planning.ts'

const backends = new Map([...fakeBackends(), ['vendor', fakeVendor(new Set(['KEY']))]])

async function notesOf(versions: string, prices = '{}', more = '', top = ''): Promise<readonly string[]> {
  const yaml = `models: {m: {owner: me, contracts: {v1: {task: chat, versions: {${versions}}}}${more}}}\nprices: ${prices}\n${top}`
  const { faults, notes } = await planYaml(yaml, emptyCatalog, backends)
  assert.deepEqual(faults, [])
  return notes
}

const version = (id: string, model: string, more = '') =>
  `"${id}": {backend: vendor, model: ${model}, apiKey: KEY${more}}`
const price = (name: string) => `{${name}: [{from: 2026-01-01, input: 1}]}`
const unpriced = 'there is no price for vendor/a (0 is a price too)'

test('a model with its price, and what runs no model, are not noted', async () => {
  assert.deepEqual(await notesOf(version('1', 'a'), price('vendor/a')), [])
  assert.deepEqual(await notesOf('"1": {backend: echo}'), [])
})

test('a price that no version uses, and the upstream model that was likely meant', async () => {
  const note = async (name: string) => {
    const notes = await notesOf(version('1', 'gpt-4o-mini'), price(name))
    return notes.find((one) => one.startsWith('prices'))
  }
  const unused = (name: string) => `prices.${name}: no version has this upstream model`
  for (const near of ['vendor/gpt-4o', 'gpt-4o-mini', 'vendor/gpt-4o-mini-2024', 'vendor/gtp-4o-mini']) {
    assert.equal(await note(near), `${unused(near)}; did you mean vendor/gpt-4o-mini?`)
  }
  assert.equal(await note('vendor/other-model'), unused('vendor/other-model'))
})

test('versions without a price, together by their upstream model', async () => {
  assert.deepEqual(await notesOf(version('1', 'a')), [`calls of m@v1/1 are unpriced: ${unpriced}`])
  const three = ['1', '2', '3'].map((id) => version(id, 'a')).join()
  assert.deepEqual(await notesOf(three), [`calls of m@v1/1 and 2 more versions are unpriced: ${unpriced}`])
})

test('a retired version needs no price, and may keep its own', async () => {
  const both = [version('1', 'a', ', retired: {}'), version('2', 'b')].join()
  assert.deepEqual(
    await notesOf(both, '{vendor/a: [{from: 2026-01-01, input: 1}], vendor/b: [{from: 2026-01-01, input: 1}]}'),
    [],
  )
  assert.equal((await notesOf(both, price('vendor/b'))).length, 0)
})

test('a budget that unpriced calls do not count in is named, and one that never meets them is not', async () => {
  const note = async (owner: string, limits = '') => {
    const budget = 'limits: {budget: {day: 5}}'
    const [first] = await notesOf(
      version('1', 'a', limits === 'version' ? `, ${budget}` : ''),
      '{}',
      limits === 'model' ? `, ${budget}` : '',
      limits === 'team'
        ? `teams: {growth: {${budget}}}`
        : limits === 'consumer'
          ? `consumers: {shop: {${budget}}}`
          : '',
    )
    assert.equal(first, `calls of m@v1/1 are unpriced: ${unpriced}${owner}`, limits)
  }
  await note('')
  for (const [kind, owner] of [
    ['team', 'team growth'],
    ['consumer', 'consumer shop'],
    ['model', 'model m'],
    ['version', 'version m@v1 1'],
  ] as const)
    await note(`, and no budget counts them (${owner} has one)`, kind)
  const other = version('1', 'a', ', limits: {budget: {day: 5}}')
  const [first] = await notesOf([other, version('2', 'b')].join(), price('vendor/a'))
  assert.equal(first, 'calls of m@v1/2 are unpriced: there is no price for vendor/b (0 is a price too)')
})

for (const [fields, odd] of [
  ['input: 1.5e-7, output: 6e-7', 'input 1.5e-7, output 6e-7'],
  ['input: 0.15, cachedInput: 0.0009', 'cachedInput 0.0009'],
  ['input: 150000, output: 1000', 'input 150000'],
  ['items: 0.00004', 'items 0.00004'],
  ['input: 0, output: 0.001, reasoning: 1000', undefined],
  ['items: 40000', undefined],
] as const) {
  test(`prices that look like another unit: ${fields}`, async () => {
    const notes = await notesOf(version('1', 'a'), `{vendor/a: [{from: 2026-01-01, ${fields}}]}`)
    const note = `prices.vendor/a from 2026-01-01: ${odd}: prices are USD per million tokens or items, and this looks like another unit`
    assert.deepEqual(notes, odd === undefined ? [] : [note])
  })
}

test('of very many the first are told, and how many there are', async () => {
  const many = Array.from({ length: 30 }, (_, i) => version(`${i}`, `model-${i}`)).join()
  const notes = await notesOf(many)
  assert.equal(notes.length, 21)
  assert.equal(notes.at(-1), '10 more notes on prices')
})
