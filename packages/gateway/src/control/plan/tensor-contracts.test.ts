import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Inspection } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import {
  applied,
  contractOf,
  emptyCatalog,
  fakeBackends,
  located,
  planYaml,
  tensor,
  tensors,
} from './testing/planning.ts'

const v1 = 'models.m.contracts.v1'
const plain = tensors({ x: 'FP32 [-1, 2]' }, { y: 'FP32 [-1]' })
const more = tensors({ x: 'FP32 [-1, 2]' }, { y: 'FP32 [-1]', z: 'BYTES [-1]' })

/** Versions' tensors by id; the upstream of a version that is not listed is away. */
const upstream = (of: Readonly<Record<string, Inspection['tensors']>>) =>
  fakeBackends(({ version }) => {
    const tensors = of[version]
    if (!tensors) throw new AstraError('upstream_unavailable')
    return { digest: 'sha256:1', tensors }
  })

const derived = (...ids: readonly string[]) =>
  ['models:', '  m:', '    owner: me', '    contracts:', '      v1:', '        versions:']
    .concat(ids.map((id) => `          "${id}": {}`))
    .join('\n')

const x = '{type: array, items: {type: number}, minItems: 2, maxItems: 2}'
const declared = (fields: string, ...ids: readonly string[]) =>
  `${derived(...ids)}
        input: {type: object, properties: {x: ${x}}, required: [x]}
        output: {type: object, properties: {${fields}}, required: [y]}`

describe('a contract from tensors', () => {
  it('is that of the first version, whose further outputs later versions may have', async () => {
    const stored = await applied(derived('1', '2'), emptyCatalog, upstream({ 1: plain, 2: more }))
    const [revision, ...others] = contractOf(stored).revisions
    assert.deepEqual(others, [])
    assert.deepEqual(Object.keys(revision?.output.properties ?? {}), ['y'])
    assert.deepEqual(revision?.tensors, plain)
  })

  it('stays what it was when its first version is gone or its upstreams are away', async () => {
    const stored = await applied(derived('1', '2'), emptyCatalog, upstream({ 1: plain, 2: more }))
    const backends = upstream({ 2: more })
    assert.deepEqual((await planYaml(derived('1', '2'), stored, backends)).changes, [])
    assert.deepEqual((await planYaml(derived('1', '2'), stored, upstream({}))).changes, [])
    const gone = await planYaml(derived('2'), stored, backends)
    assert.deepEqual(
      gone.changes.map(({ what }) => what),
      ['version m@v1 1'],
    )
  })

  it('is not to be had without a version that tells its tensors', async () => {
    const { faults } = await planYaml(derived('1'))
    assert.deepEqual(located(faults), [`invalid_manifest @5 ${v1}`])
  })
})

describe('tensors', () => {
  it('refuses versions that do not fit the fields', async () => {
    const cases = [
      [tensors({ x: 'FP32 [-1, 3]' }, { y: 'FP32 [-1]' }), /input field "x" must have minItems and maxItems 3/],
      [
        tensors({ x: 'FP32 [-1, 2]' }, { y: 'BYTES [-1]' }),
        /output field "y" is number, but the tensor "y" holds BYTES/,
      ],
      [tensors({ x: 'FP32 [-1, 2]' }, { w: 'FP32 [-1]' }), /has no output tensor "y"; it has w/],
      [tensors({ x: 'FP32 [-1, 2]', w: 'FP32 [-1]' }, { y: 'FP32 [-1]' }), /needs the input tensor "w"/],
    ] as const
    for (const [reported, message] of cases) {
      const plan = await planYaml(declared('y: {type: number}', '1'), emptyCatalog, upstream({ 1: reported }))
      assert.deepEqual(located(plan.faults), [`invalid_manifest @7 ${v1}.versions.1`])
      assert.match(plan.faults[0]?.message ?? '', message)
    }
  })

  it('refuses an input field that calls could leave out', async () => {
    const yaml = declared('y: {type: number}', '1').replace('required: [x]', 'required: []')
    const { faults } = await planYaml(yaml, emptyCatalog, upstream({ 1: plain }))
    assert.match(faults[0]?.message ?? '', /"x" must be required/)
  })

  it('refuses a version whose tensors differ from those before, wherever it stands', async () => {
    const backends = upstream({ old: plain, new: tensors({ x: 'FP64 [-1, 2]' }, { y: 'FP32 [-1]' }) })
    const yaml = (...ids: string[]) => declared('y: {type: number}', ...ids)
    const stored = await applied(yaml('old'), emptyCatalog, backends)
    const { faults } = await planYaml(yaml('new', 'old'), stored, backends)
    assert.deepEqual(located(faults), [`invalid_manifest @7 ${v1}.versions.new`])
    assert.match(faults[0]?.message ?? '', /has tensor "x" as FP64 \[-1, 2\], which is FP32 \[-1, 2\] in revision 1/)
  })

  it('lets old versions stand beside an additional output', async () => {
    const backends = upstream({ 1: plain, 2: more })
    const first = await applied(declared('y: {type: number}', '1'), emptyCatalog, backends)
    const yaml = declared('y: {type: number}, z: {type: string}', '1', '2')
    const second = await applied(yaml, first, backends)
    const { revisions, versions } = contractOf(second)
    assert.deepEqual(
      revisions.map(({ tensors }) => tensors),
      [plain, more],
    )
    assert.deepEqual([versions['1']?.revision, versions['2']?.revision], [1, 2])
    assert.deepEqual((await planYaml(yaml, second, backends)).changes, [])
    assert.deepEqual((await planYaml(yaml, second, upstream({ 1: plain }))).changes, [])
    const { faults } = await planYaml(yaml.replace('"1": {}', '"1": {revision: 2}'), second, backends)
    assert.match(faults[0]?.message ?? '', /has no output tensor "z"/)
  })

  it('refuses to change a tensor from one revision to the next', async () => {
    const other = tensors({ x: 'FP64 [-1, 2]' }, { y: 'FP32 [-1]', z: 'BYTES [-1]' })
    const backends = upstream({ 1: plain, 2: other })
    const first = await applied(declared('y: {type: number}', '1'), emptyCatalog, backends)
    const { faults } = await planYaml(declared('y: {type: number}, z: {type: string}', '1', '2'), first, backends)
    assert.deepEqual(located(faults), [`breaking_change @8 ${v1}.versions.2`])
  })

  it('signs a revision that had no version to tell its tensors as soon as one comes', async () => {
    const yaml = (...versions: string[]) => declared('y: {type: number}', ...versions)
    const echo = yaml('1').replace('{}', '{backend: echo}')
    const first = await applied(echo)
    assert.equal(contractOf(first).revisions[0]?.tensors, undefined)
    const second = await applied(
      echo.replace('        input', '          "2": {}\n        input'),
      first,
      upstream({ 2: plain }),
    )
    assert.deepEqual(
      contractOf(second).revisions.map(({ tensors }) => tensors),
      [plain],
    )
  })

  it('is silent about models whose upstream answers when another is away', async () => {
    const yaml = `${declared('y: {type: number}', '1')}\n  n: {owner: me, contracts: {v1: {versions: {"1": {model: n}, "7": {}}}}}`
    const stored = await applied(yaml, emptyCatalog, upstream({ 1: plain, 7: plain }))
    assert.deepEqual((await planYaml(yaml, stored, upstream({ 7: plain }))).changes, [])
  })

  it('reads a column of the output as the lone value that the field is', async () => {
    const column = tensors({ x: 'FP32 [-1, 2]' }, { y: 'FP32 [-1, 1]' })
    const lone = await applied(declared('y: {type: number}', '1'), emptyCatalog, upstream({ 1: column }))
    assert.deepEqual(contractOf(lone).revisions[0]?.tensors?.outputs, [tensor('y', 'FP32 [-1]')])
    const list = await applied(derived('1'), emptyCatalog, upstream({ 1: column }))
    assert.deepEqual(contractOf(list).revisions[0]?.tensors?.outputs, [tensor('y', 'FP32 [-1, 1]')])
  })
})
