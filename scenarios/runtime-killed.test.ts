import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname
const root = new URL('..', import.meta.url).pathname

describe('10,000 mixed calls with the runtime killed in the middle, then SIGTERM', () => {
  let data: string
  let gateway: ChildProcess
  let url = ''

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'astra-killed-'))
    gateway = spawn(process.execPath, [bin, 'start', '--listen', '127.0.0.1:0', '--data', data], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    url = await new Promise<string>((resolve, reject) => {
      let text = ''
      gateway.stdout?.on('data', (chunk) => {
        text += chunk
        const found = /ready at (http:\/\/\S+)/.exec(text)
        if (found?.[1]) resolve(found[1])
      })
      gateway.once('exit', (code) => reject(new Error(`the gateway exited with ${code}: ${text}`)))
    })
  })
  after(async () => {
    if (gateway.exitCode === null) gateway.kill('SIGKILL')
    await rm(data, { recursive: true, force: true })
  })

  it('each call has one answer or one clear error, and received = recorded + counted', async () => {
    const key = (await readFile(join(data, 'admin.key'), 'utf8')).trim()
    const ask = async (path: string, body?: unknown, bearer = key) => {
      const response = await fetch(url + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return {
        status: response.status,
        code: response.headers.get('astra-error-code'),
        body: JSON.parse(await response.text()),
      }
    }

    const total = 10_000
    const outcomes = new Map<string, number>()
    const ids = new Set<string>()
    let answers = 0
    let sent = 0
    let killed = false
    let okAfterKill = 0
    const note = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
    const one = async (n: number) => {
      if (n % 50 === 49) {
        const { code } = await ask('/models/spam/v1/predict', { input: { text: 'hi' } }, 'astra_nobody')
        return note(String(code))
      }
      if (n % 10 === 9) {
        const { body } = await ask('/graphql', {
          query: `{ models { language { v1(input: { text: "call ${n}" }) { id } } } }`,
        })
        const id = body.data?.models?.language?.v1?.id ?? body.errors?.[0]?.extensions?.callId
        ids.add(id)
        return note(body.errors?.[0]?.extensions?.code ?? 'ok')
      }
      const model = n % 10 === 8 ? 'story' : n % 10 === 7 ? 'sapm' : 'spam'
      const input = n % 10 === 6 ? { txt: 'typo' } : { text: `call ${n}` }
      const { code, body } = await ask(`/models/${model}/v1/predict`, { input })
      ids.add(body.id ?? body.callId)
      if (killed && model === 'spam' && code === null) okAfterKill++
      if (model === 'story') assert.equal(code, null, 'a model that is not in the runtime goes on')
      note(code ?? 'ok')
    }
    const client = async () => {
      while (sent < total) {
        const n = sent++
        await one(n)
        answers++
        if (answers === total / 2) {
          killed = true
          const { body } = await ask('/api/v1/status')
          process.kill(body.runtime.pid, 'SIGKILL')
        }
      }
    }
    await Promise.all(Array.from({ length: 32 }, client))

    assert.ok(okAfterKill > 500, `only ${okAfterKill} calls were answered by the restarted runtime`)
    const clear = ['ok', 'unauthenticated', 'unknown_model', 'invalid_input', 'upstream_failed', 'upstream_unavailable']
    assert.deepEqual(
      [...outcomes.keys()].filter((code) => !clear.includes(code)),
      [],
      'only clear outcomes',
    )
    assert.equal(
      [...outcomes.values()].reduce((a, b) => a + b, 0),
      total,
    )
    assert.equal(outcomes.get('unauthenticated'), total / 50)
    assert.ok(
      (outcomes.get('upstream_unavailable') ?? 0) + (outcomes.get('upstream_failed') ?? 0) > 0,
      'the kill was felt',
    )

    // Started again with back-off, it serves again, with no restart of the gateway.
    const until = performance.now() + 20_000
    while ((await ask('/models/spam/v1/predict', { input: { text: 'again' } })).status !== 200) {
      assert.ok(performance.now() < until, 'the runtime came back')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const { body: status } = await ask('/api/v1/status')
    assert.equal(status.runtime.restarts, 1)
    assert.equal(status.calls.received, status.calls.recorded + status.calls.refused)
    assert.equal(status.calls.refused, total / 50)

    // SIGTERM while calls are in flight: each is answered, or refused as `stopping`, or finds the door closed.
    const exit = new Promise((resolve) => gateway.once('exit', resolve))
    let lastAnswers = 0
    let closed = 0
    const late = async () => {
      for (;;) {
        try {
          const { body, code } = await ask('/models/story/v1/predict', { input: { text: 'late' } })
          assert.ok(code === null || code === 'stopping', String(code))
          if (code === null) {
            ids.add(body.id)
            lastAnswers++
          }
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error
          closed++
          return
        }
      }
    }
    const lateClients = Promise.all(Array.from({ length: 16 }, late))
    while (lastAnswers < 50) await new Promise((resolve) => setTimeout(resolve, 5))
    const stopBegan = performance.now()
    gateway.kill('SIGTERM')
    assert.equal(await exit, 0)
    assert.ok(performance.now() - stopBegan < 10_000, 'the stop took no longer than the calls in flight')
    await lateClients
    assert.equal(closed, 16)
    const database = new DatabaseSync(join(data, 'astra.db'), { readOnly: true })
    const rows = database.prepare('SELECT id FROM calls').all() as { id: string }[]
    database.close()
    assert.ok(rows.length >= status.calls.recorded + lastAnswers, 'every Record is durable')
    const known = new Set(rows.map(({ id }) => id))
    assert.equal([...ids].filter((id) => !known.has(id)).length, 0, 'each answer that was given has its Record')
    console.log(
      `outcomes: ${JSON.stringify(Object.fromEntries(outcomes))}; spam answered after the kill: ${okAfterKill}`,
    )
  })
})
