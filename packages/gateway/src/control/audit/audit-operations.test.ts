import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEntry } from '../../kernel/audit.ts'
import { callerOf } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Operation } from '../../kernel/operation.ts'
import { spamCatalog } from '../evaluations/testing/asked-world.ts'
import { fakePlatform } from '../operations/fake-platform.ts'
import { auditOperations, isManagement } from './audit-operations.ts'
import { auditBytesMax, maskOf } from './audit-text.ts'

type Entry = Omit<AuditEntry, 'id'>

const caller = callerOf({ id: 'key_7', consumer: 'platform', permissions: ['admin'], createdAt: 0 })
/** Of a form that nobody could know it by. */
const chosenKey = 'correct horse battery staple, 32 characters'
const { signal } = new AbortController()
const context = { caller, ifMatch: ['*'], signal, etag: () => {}, address: '192.0.2.7' }

function open({ fail = () => {}, chosen = [] }: { fail?: () => void; chosen?: readonly string[] } = {}) {
  const entries: Entry[] = []
  const reported: AstraError[] = []
  let now = 60_000
  const operate = auditOperations(
    async (operation, input, context, permitted) => {
      permitted?.()
      return await operation.run(input as never, context)
    },
    {
      log: {
        async append(entry) {
          fail()
          entries.push(entry)
        },
        list: async () => ({ entries: [], next: undefined }),
      },
      isKey: (text) => text === chosenKey,
      mask: maskOf(chosen),
      clock: { now: () => now, elapsed: () => 0, id: () => '' },
      report: (error) => reported.push(error),
    },
  )
  const pass = (ms: number) => {
    now += ms
  }
  return { operate, entries, reported, pass }
}

const inputs: Readonly<Record<string, object>> = {
  applyManifest: { yaml: 'models: {}' },
  setTraffic: { model: 'spam', major: 'v1', weights: { '1.0': 1 } },
  addReplica: { model: 'spam', major: 'v1', version: '1.0', address: 'http://10.0.0.9:8000' },
  removeReplica: { model: 'spam', major: 'v1', version: '1.0', address: 'http://10.0.0.9:8000' },
  createKey: { consumer: 'demo' },
  updateKey: { note: 'new' },
  rotateKey: { overlap: '0' },
  revokeKey: {},
  purgeCache: { model: 'spam' },
  deletePayloads: { model: 'spam' },
  createExperiment: { name: 'spam-1-1', model: 'spam', candidates: ['1.1'], metrics: [] },
  updateExperiment: { name: 'spam-1-1', description: 'as the test wants it' },
  deleteExperiment: { name: 'spam-1-1' },
  createEvaluation: { model: 'spam', version: '1.0', cases: [{ input: { text: 'a' } }] },
  cancelEvaluation: {},
  deleteEvaluation: {},
  putCaseSet: { name: 'heldout', cases: [{ input: 1 }] },
  deleteCaseSet: { name: 'heldout' },
  ...Object.fromEntries(
    ['start', 'pause', 'resume', 'stop', 'promote', 'rollBack'].map((action) => [
      `${action}Experiment`,
      { name: 'spam-1-1', reason: 'as the test wants it' },
    ]),
  ),
}

test('every mutation of the platform leaves exactly one entry, made or refused; what callers do with their own calls none', async () => {
  const { operations, ports, run } = await fakePlatform()
  const mutations = operations.filter(({ kind }) => kind === 'mutation')
  const { current } = ports.catalogControl
  // Of it alone contracts can be compiled, which cases are held against.
  ports.catalogControl.current = () => spamCatalog
  const evaluation = (await run('createEvaluation', inputs.createEvaluation ?? {})).output
  assert.deepEqual(
    mutations.filter((operation) => !isManagement(operation)).map(({ name }) => name),
    ['createToken', 'giveFeedback'],
  )
  for (const operation of mutations.filter(isManagement)) {
    const { operate, entries } = open()
    const { key } = await ports.keyring.create({ consumer: 'demo', permissions: ['infer'] })
    ports.catalogControl.current = operation.name === 'createEvaluation' ? () => spamCatalog : current
    if (operation.name === 'deleteEvaluation') await run('cancelEvaluation', { id: evaluation.id })
    const { id } = operation.name.endsWith('Evaluation') ? evaluation : key
    const input = { ...(operation.path.includes('{id}') ? { id } : {}), ...inputs[operation.name] }
    assert.ok(operation.name in inputs, `an input for ${operation.name}`)
    await operate(operation, input, context)
    assert.deepEqual([entries.length, entries[0]?.operation, entries[0]?.outcome], [1, operation.name, 'done'])
    const failing: Operation = { ...operation, run: () => Promise.reject(new AstraError('conflict')) }
    await assert.rejects(operate(failing, input, context), { code: 'conflict' })
    assert.deepEqual([entries.length, entries[1]?.outcome, entries[1]?.code], [2, 'refused', 'conflict'])
    for (const entry of entries) {
      assert.deepEqual([entry.keyId, entry.consumer, entry.address], ['key_7', 'platform', '192.0.2.7'])
      assert.doesNotMatch(entry.target, /[{}]/)
    }
  }
})

test('an entry is about what the input names, where the path does not; a key that is taken for a name is hidden there, too', async () => {
  const { operations } = await fakePlatform()
  const { operate, entries } = open()
  const named = (name: string) => operations.find((operation) => operation.name === name) ?? assert.fail(name)
  await operate(named('purgeCache'), { model: 'spam', major: 'v1' }, context)
  await assert.rejects(operate(named('createKey'), { consumer: 'nobody' }, context))
  await assert.rejects(operate(named('createKey'), { consumer: chosenKey }, context))
  const targets = entries.map(({ target }) => target)
  assert.deepEqual(targets, ['/cache/spam/v1', '/consumers/nobody/keys', '/consumers/***/keys'])
})

test('reads leave none', async () => {
  const { operate, entries } = open()
  for (const operation of (await fakePlatform()).operations.filter(({ name }) =>
    /^(listKeys|planManifest)$/.test(name),
  )) {
    await operate(operation, { yaml: '' }, context)
  }
  assert.deepEqual(entries, [])
})

test('a key’s entry tells what it was and what it is, and never the key', async () => {
  const { operations, ports } = await fakePlatform()
  const { operate, entries } = open()
  const named = (name: string) => operations.find((operation) => operation.name === name) ?? assert.fail(name)
  const made = (await operate(named('createKey'), { consumer: 'demo' }, context)) as { id: string; secret: string }
  const next = (await operate(named('rotateKey'), { id: made.id, overlap: '1h' }, context)) as { secret: string }
  await operate(named('updateKey'), { id: made.id, note: 'a note' }, context)
  // Whoever takes the key for its handle has it in the log of its refusal.
  await assert.rejects(operate(named('revokeKey'), { id: made.secret }, context), { code: 'unknown_key' })
  const [created, rotated, updated, refused] = entries
  assert.equal(created?.target, `/keys/${made.id}`)
  assert.equal(created?.before, undefined)
  assert.equal(JSON.parse(created?.after ?? '').id, made.id)
  assert.equal(JSON.parse(rotated?.before ?? '').id, made.id)
  assert.equal(JSON.parse(rotated?.after ?? '').replaces, made.id)
  assert.deepEqual(
    [JSON.parse(updated?.before ?? '').note, JSON.parse(updated?.after ?? '').note],
    [undefined, 'a note'],
  )
  await assert.rejects(operate(named('revokeKey'), { id: chosenKey }, context), { code: 'unknown_key' })
  assert.deepEqual([refused?.target, entries[4]?.target], ['/keys/***', '/keys/***'])
  for (const secret of [made.secret, next.secret]) assert.equal(JSON.stringify(entries).includes(secret), false)
  assert.equal(ports.keyring.list().length, 2)
})

function operationOf(over: Partial<Operation>): Operation {
  return {
    ...{
      name: 'setThing',
      summary: '',
      kind: 'mutation',
      permission: 'operate',
      method: 'PUT',
      path: '/things/{name}',
    },
    ...{ input: {}, output: {}, guarded: false, run: async () => ({}), ...over },
  }
}

test('a chosen key shows nowhere, wherever it was put, whole or as JSON has it, nor does a part of it at a cut', async () => {
  const chosen = 'an"admin\\key\\of"any$&form$1-0123456'
  const { operate, entries } = open({ chosen: [chosen] })
  const state = { yaml: `owner: ${chosen}`, [chosen]: [chosen], last: 'x'.repeat(auditBytesMax - 200) + chosen }
  await operate(operationOf({ audit: () => state }), { name: 'x'.repeat(290) + chosen }, context)
  const [entry] = entries
  assert.match(entry?.after ?? '', /^\{"yaml":"owner: \*\*\*","\*\*\*":\["\*\*\*"\]/)
  assert.doesNotMatch(JSON.stringify(entries), /admin/)
  assert.match(entry?.target ?? '', /x\*\*$|x\*\*\*$/)
})

test('long states are cut, and those that cannot be told are left out', async () => {
  const { operate, entries } = open()
  await operate(operationOf({ audit: () => 'ä'.repeat(auditBytesMax) }), {}, context)
  const [entry] = entries
  assert.ok(Buffer.byteLength(entry?.before ?? '') <= auditBytesMax)
  assert.match(entry?.before ?? '', /^"ä+…\(cut\)$/)
  const thrower = operationOf({
    audit: () => {
      throw new Error('no')
    },
  })
  await operate(thrower, { name: 'x'.repeat(1000) }, context)
  assert.deepEqual([entries[1]?.outcome, entries[1]?.after, entries[1]?.target.length], ['done', undefined, 300])
})

test('a change whose entry cannot be written says so; a refusal stays what it is, and the fault is reported', async () => {
  const fail = () => {
    throw new AstraError('store_unavailable')
  }
  const { operate, reported } = open({ fail })
  await assert.rejects(operate(operationOf({}), {}, context), { code: 'store_unavailable', message: /change was made/ })
  const refused = operationOf({ run: () => Promise.reject(new AstraError('conflict')) })
  await assert.rejects(operate(refused, {}, context), { code: 'conflict' })
  assert.deepEqual(
    reported.map(({ code }) => code),
    ['store_unavailable'],
  )
})

test('a read of what people wrote leaves an entry, and is not shown without one; other reads leave none', async () => {
  const { operations } = await fakePlatform()
  const reads = operations.filter((operation) => operation.kind === 'query' && isManagement(operation))
  assert.deepEqual(
    reads.map(({ name }) => name),
    ['getCallPayload'],
  )
  const read = operationOf({ kind: 'query', audit: (_: unknown, output?: unknown) => output && { model: 'spam' } })
  const { operate, entries } = open()
  await operate(read, { name: 'x' }, context)
  assert.deepEqual(
    entries.map(({ target, outcome, before, after }) => [target, outcome, before, after]),
    [['/things/x', 'done', undefined, '{"model":"spam"}']],
  )
  const broken = open({
    fail() {
      throw new AstraError('store_unavailable')
    },
  })
  await assert.rejects(broken.operate(read, {}, context), { code: 'store_unavailable', message: /not shown/ })
})

test('a key that is refused over and over does not fill the log', async () => {
  const { operate, entries, pass } = open()
  const refused = operationOf({ run: () => Promise.reject(new AstraError('forbidden')) })
  for (let n = 0; n < 100; n += 1) await assert.rejects(operate(refused, {}, context))
  assert.equal(entries.length, 60)
  pass(60_000)
  await assert.rejects(operate(refused, {}, context))
  assert.equal(entries.length, 61)
  for (let n = 0; n < 100; n += 1) await operate(operationOf({}), {}, context)
  assert.equal(entries.length, 161)
})
