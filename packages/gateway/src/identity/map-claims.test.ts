import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogState } from '../kernel/catalog-state.ts'
import type { IssuerState } from '../kernel/issuer-state.ts'
import { type Claims, mapClaims } from './map-claims.ts'
import { code, issuerState } from './testing/token-bed.ts'

const state: CatalogState = {
  models: {},
  consumers: { shop: { demo: false }, mail: { demo: false }, 'astra-judge': { demo: false } },
  teams: { growth: {}, search: {} },
}
const map = (claims: Claims, over: Partial<IssuerState> = {}) =>
  mapClaims('company', { ...issuerState, consumer: { claim: 'azp' }, ...over }, claims, state)

describe('the consumer', () => {
  it('is the claim itself where there is no table', () => {
    assert.equal(map({ azp: 'shop' }).consumer, 'shop')
  })

  it('is found by a path, by a name with dots in it, and in a list of one', () => {
    const by = (claim: string) => ({ consumer: { claim } })
    assert.equal(map({ app: { client: { name: 'shop' } } }, by('app.client.name')).consumer, 'shop')
    assert.equal(map({ 'https://a.example/app': 'mail' }, by('https://a.example/app')).consumer, 'mail')
    assert.equal(map({ azp: ['mail'] }).consumer, 'mail')
  })

  it('of several values the first in the order of the table', () => {
    const consumer = { claim: 'groups', values: { b: 'mail', a: 'shop' } }
    assert.equal(map({ groups: ['x', 'a', 'b'] }, { consumer }).consumer, 'mail')
  })

  for (const [what, claims, over] of [
    ['that is not there', {}, {}],
    ['that is no text', { azp: { name: 'shop' } }, {}],
    ['of two values', { azp: ['shop', 'mail'] }, {}],
    ['that is not declared', { azp: 'other' }, {}],
    ['that is the gateway itself', { azp: 'astra-judge' }, {}],
    ['that every object has', { azp: 'constructor' }, {}],
    ['by a path that every object has', {}, { consumer: { claim: 'constructor.name' } }],
    ['that the table has not', { azp: 'shop' }, { consumer: { claim: 'azp', values: { x: 'shop' } } }],
  ] as const) {
    it(`is refused: one ${what}`, () => assert.throws(() => map(claims, over), code('forbidden')))
  }

  it('that is not declared is told without what could break a log', () => {
    assert.throws(() => map({ azp: `x\n\u001b[31m${'y'.repeat(99)}` }), code('forbidden', /"x\?\?\[31my{57}"/))
  })
})

describe('the claims', () => {
  const contract = (claims: Readonly<Record<string, string>>) => ({ rules: [{ version: '1.1', claims }] })
  const contracts = { 1: contract({ 'app.ring': 'inner', groups: 'staff' }), 2: contract({ groups: 'all' }) }
  // Of a contract only its rules are looked at.
  const ruled = { ...state, models: { spam: { contracts } } } as unknown as CatalogState
  const issuer = { ...issuerState, consumer: { claim: 'azp' } }

  it('that traffic rules ask about are kept, and no others', () => {
    const claims = { azp: 'shop', app: { ring: 'inner', name: 'x' }, email: 'a@b.example' }
    assert.deepEqual(mapClaims('company', issuer, claims, ruled).claims, { 'app.ring': ['inner'], groups: [] })
    assert.equal('claims' in mapClaims('company', issuer, claims, state), false)
  })
})

describe('the team', () => {
  const team = { claim: 'groups', values: { growers: 'growth' } }

  it("is the claim's, or left to the consumer's own", () => {
    assert.equal(map({ azp: 'shop', groups: ['growers', 'x'] }, { team }).team, 'growth')
    assert.equal('team' in map({ azp: 'shop' }, { team }), false)
  })

  it('is refused where it stands in no table or is not declared', () => {
    assert.throws(() => map({ azp: 'shop', groups: ['x'] }, { team }), code('forbidden'))
    assert.throws(() => map({ azp: 'shop', groups: 'x' }, { team: { claim: 'groups' } }), code('forbidden'))
  })
})

describe('permissions', () => {
  const permissions: IssuerState['permissions'] = [
    { claim: 'roles', value: 'caller', permissions: ['infer'], models: ['spam', 'digits'] },
    { claim: 'roles', value: 'chatter', permissions: ['infer'], models: ['chat'] },
    { claim: 'roles', value: 'everything', permissions: ['infer'] },
    { claim: 'roles', value: 'operator', permissions: ['operate'] },
    { claim: 'boss', permissions: ['admin'] },
  ]
  const of = (...roles: string[]) => {
    const { permissions: all, models } = map({ azp: 'shop', roles }, { permissions })
    return { all: [...all].sort(), models: models && [...models].sort() }
  }

  it('are those of all rules that apply, with what they include', () => {
    assert.deepEqual(of('caller'), { all: ['infer'], models: ['digits', 'spam'] })
    assert.deepEqual(of('caller', 'chatter'), { all: ['infer'], models: ['chat', 'digits', 'spam'] })
    assert.deepEqual(of('caller', 'everything'), { all: ['infer'], models: undefined })
    assert.deepEqual(of('operator'), { all: ['operate', 'read'], models: undefined })
    const { permissions: all } = map({ azp: 'shop', boss: 'yes' }, { permissions })
    assert.deepEqual([...all].sort(), ['admin', 'infer', 'operate', 'read'])
  })

  it('to do something else do not lift the bounds of those to call', () => {
    assert.deepEqual(of('caller', 'operator'), { all: ['infer', 'operate', 'read'], models: ['digits', 'spam'] })
  })

  it('that nobody gives are a refusal', () => {
    assert.throws(() => of('stranger'), code('forbidden', /no permission/))
    assert.throws(() => map({ azp: 'shop', roles: ['caller'] }, { permissions: [] }), code('forbidden'))
  })
})

describe('the handle in Records', () => {
  it('tells subjects apart without naming them', () => {
    const [ann, bob] = ['ann', 'bob'].map((sub) => map({ azp: 'shop', sub }).keyId)
    assert.match(ann ?? '', /^issuer:company:[0-9a-f]{12}$/)
    assert.notEqual(ann, bob)
    assert.equal(map({ azp: 'shop', sub: 7 }).keyId, 'issuer:company')
  })
})
