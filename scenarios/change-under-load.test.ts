import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { probeManifest, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

describe('a version is replaced and the weights moved while 50 clients call without pause', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway()
  })
  after(() => gateway.stop())

  it('no call fails, and each answer is from a version that was live', async () => {
    const manifest = await readFile(probeManifest, 'utf8')
    /** Which versions had traffic from when on, by the clock that the answers are held against. */
    const live: { readonly from: number; readonly versions: readonly string[] }[] = [
      { from: 0, versions: ['1.0', '1.1'] },
    ]
    const answers: { readonly started: number; readonly ended: number; readonly version: string }[] = []
    const failures: unknown[] = []
    let calling = true

    const client = async (n: number) => {
      for (let i = 0; calling; i++) {
        const started = performance.now()
        const { status, body } = await gateway.ask('POST', '/models/probe/v1/predict', { input: { text: `${n}/${i}` } })
        if (status !== 200 || body.output.text !== `${n}/${i}`) failures.push(body)
        else answers.push({ started, ended: performance.now(), version: body.version })
      }
    }
    const clients = Array.from({ length: 50 }, (_, n) => client(n))
    const calls = async (count: number) => {
      const goal = answers.length + count
      while (answers.length < goal && failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    }

    await calls(500)
    for (const [weights, versions] of [
      ['{ "1.0": 0, "1.1": 100 }', ['1.1']],
      ['{ "1.2": 50, "1.1": 50 }', ['1.1', '1.2']],
      ['{ "1.2": 100 }', ['1.2']],
    ] as const) {
      const yaml = manifest
        .replace('traffic: { weights: { "1.0": 50, "1.1": 50 } }', `traffic: { weights: ${weights} }`)
        .replace('"0.9": {', '"1.2": { backend: echo, words: text, scripted: true, delayMs: 1 }\n          "0.9": {')
      const began = performance.now()
      const { status, body } = await gateway.ask('PUT', '/api/v1/manifest', { yaml }, { headers: { 'If-Match': '*' } })
      assert.equal(status, 200, JSON.stringify(body))
      assert.ok(performance.now() - began < 1000, 'taken up within 1 s')
      live.push({ from: performance.now(), versions })
      await calls(500)
    }
    calling = false
    await Promise.all(clients)

    assert.deepEqual(failures, [])
    for (const { started, ended, version } of answers) {
      const known = live.findLastIndex(({ from }) => from <= started)
      // A call that was under way during a change may have met either side of it; one apply may be under way, too.
      const last = live.findLastIndex(({ from }) => from <= ended)
      const allowed = new Set(
        live.slice(Math.max(0, known), Math.min(live.length, last + 2)).flatMap(({ versions }) => versions),
      )
      assert.ok(allowed.has(version), `${version} answered at ${Math.round(ended)}, live were ${[...allowed]}`)
    }
    assert.equal(answers.at(-1)?.version, '1.2')
    const { body } = await gateway.ask('GET', '/api/v1/status')
    assert.equal(body.calls.received, answers.length)
    assert.equal(body.calls.recorded, answers.length)
  })
})
