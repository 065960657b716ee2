import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { buildCatalog } from '../catalog/build-catalog.ts'
import { fakeCatalog, noon } from '../operations/fake-catalog.ts'
import { DriftLooks } from './drift-looks.ts'

function looking() {
  const at = { elapsed: 0, took: 0, looks: 0, fault: undefined as Error | undefined }
  const clock = { now: () => noon + at.elapsed, elapsed: () => at.elapsed, id: () => 'id' }
  const { spam } = fakeCatalog.state.models
  const state = spam?.contracts[1]
  if (!spam || !state) return assert.fail()
  const drifting = { ...state, drift: { windowMs: 3_600_000, first: 100 } }
  const models = { spam: { ...spam, contracts: { 1: drifting } } }
  const catalog = buildCatalog({ revision: 1, time: 0, state: { models, consumers: {} }, digests: {} }, clock)
  const contract = catalog.model('spam')?.contracts.get(1) ?? assert.fail()
  const sums = async ({ from }: { readonly from: number }) => {
    // Of each look one, that of the first values ever.
    if (from === 0) {
      at.looks++
      at.elapsed += at.took
    }
    if (at.fault) throw at.fault
    return []
  }
  const looks = new DriftLooks({ sums }, clock)
  return { at, of: () => looks.of(contract) }
}

test('who asks at the same time, or within twenty times as long as the look took, shares it and is told of when it is', async () => {
  const { at, of } = looking()
  at.took = 400
  const [one, other] = await Promise.all([of(), of()])
  assert.equal(one, other)
  at.elapsed += 7999
  assert.equal((await of()).asOf, noon)
  assert.equal(at.looks, 1)
  at.elapsed += 1
  assert.equal((await of()).asOf, noon + 8400)
  assert.equal(at.looks, 2)
})

test('a look is kept for a minute at most, and one that took little time not at all', async () => {
  const { at, of } = looking()
  at.took = 50_000
  await of()
  at.elapsed += 59_999
  await of()
  assert.equal(at.looks, 1)
  at.elapsed += 1
  at.took = 199
  await of()
  await of()
  assert.equal(at.looks, 3)
})

test('a look that failed is not kept', async () => {
  const { at, of } = looking()
  Object.assign(at, { took: 400, fault: new AstraError('store_unavailable') })
  await assert.rejects(of(), { code: 'store_unavailable' })
  at.fault = undefined
  assert.equal((await of()).found?.versions.length, 0)
})
