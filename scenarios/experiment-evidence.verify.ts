import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sampleRatioCheck } from '@astraapi/statistics'
import { Pool } from 'undici'
import { startTestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const units = 100_000
const connections = 64
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const manifest = {
  models: {
    up: {
      owner: 'me',
      contracts: {
        v1: {
          ...{ input: text, output: text, metrics: { correct: { type: 'boolean' } } },
          ...{
            versions: { '1.0': { backend: 'echo' }, '1.1': { backend: 'echo' } },
            traffic: { weights: { '1.0': 1 } },
          },
        },
      },
    },
  },
  experiments: {
    up: {
      model: 'up',
      control: '1.0',
      candidates: ['1.1'],
      metrics: ['correct'],
      minimalDuration: '1d',
      attribution: '1d',
    },
  },
}

interface Arm {
  readonly version: string
  readonly units: number
  readonly calls: number
}

test(`${units} units under ${connections} connections pass the sample-ratio check, and not one is lost or doubled`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'astra-evidence-'))
  const config = join(folder, 'astra.json')
  await writeFile(config, JSON.stringify(manifest))
  const gateway = await startTestGateway({ config })
  const pool = new Pool(gateway.url, { connections })
  t.after(async () => {
    await pool.close()
    await gateway.stop()
    await rm(folder, { recursive: true })
  })
  const authorization = `Bearer ${gateway.adminKey}`
  const call = async (n: number): Promise<string> => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/models/up/v1/predict',
      headers: { authorization, 'content-type': 'application/json', 'astra-unit': `unit-${n}` },
      body: '{"input":{"text":"x"}}',
    })
    const answer = (await body.json()) as { version: string }
    assert.equal(statusCode, 200, JSON.stringify(answer))
    return answer.version
  }
  /** By all connections at once. */
  const callAll = async (count: number, told: (n: number, version: string) => void) => {
    let next = 0
    const client = async () => {
      for (let n = next++; n < count; n = next++) told(n, await call(n))
    }
    await Promise.all(Array.from({ length: connections }, client))
  }

  const began = await gateway.ask('POST', '/api/v1/experiments/up/start', {}, { headers: { 'if-match': '*' } })
  assert.equal(began.status, 200, JSON.stringify(began.body))
  const versions: string[] = []
  await callAll(units, (n, version) => {
    versions[n] = version
  })
  const again = units / 10
  await callAll(again, (n, version) => assert.equal(version, versions[n], `unit-${n} changed its arm`))
  const arms = async (): Promise<ReadonlyMap<string, Arm>> => {
    const { body } = await gateway.ask('GET', '/api/v1/experiments/up')
    return new Map((body.arms as readonly Arm[]).map((arm) => [arm.version, arm]))
  }
  const calls = async () => [...(await arms()).values()].reduce((sum, { calls }) => sum + calls, 0)
  await waitUntil('every call is durable', async () => (await calls()) >= units + again, 10_000)
  const counts = ['1.0', '1.1'].map((version) => versions.filter((met) => met === version).length)
  const kept = await arms()
  assert.deepEqual(
    ['1.0', '1.1'].map((version) => kept.get(version)?.units),
    counts,
  )
  assert.equal(await calls(), units + again)
  const { p } = sampleRatioCheck([{ counts, shares: [0.5, 0.5] }])
  t.diagnostic(`${counts.join(' to ')} units, p = ${p}`)
  assert.ok(p > 0.001)
})
