import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { emptyModels } from './testing/start-test-gateway.ts'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname
const adminKey = 'test-admin-key-0123456789abcdef0123456789'
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const manifest = {
  models: {
    up: {
      owner: 'me',
      contracts: {
        v1: {
          ...{ input: text, output: text, metrics: { correct: { type: 'boolean', optimise: 'max' } } },
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
      ...{ model: 'up', control: '1.0', candidates: ['1.1'], metrics: ['correct'], guardrails: ['errors'] },
      ...{ rule: 'automatic', attribution: '1s', minimalDuration: '1s', maximalDuration: '1d', expectedUnits: 400 },
    },
  },
}

interface Called {
  readonly id: string
  readonly version: string
}

interface Experiment {
  readonly status: string
  readonly arms: readonly { readonly version: string; readonly units: number; readonly calls: number }[]
}

interface Report extends Experiment {
  readonly winner: string
  readonly evaluations: unknown
  readonly history: readonly {
    readonly time: string
    readonly candidates: Readonly<Record<string, { readonly units: number }>>
  }[]
}

test('a gateway killed again and again in the middle of an experiment loses and doubles no unit, and decides in the end', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'astra-experiment-killed-'))
  const config = join(folder, 'astra.json')
  await writeFile(config, JSON.stringify(manifest))
  let gateway = await start(folder, config)
  context.after(async () => {
    gateway.child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  const ask = async <Answer>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = await response.text()
    assert.equal(response.status, 200, answer)
    return JSON.parse(answer)
  }
  const units = new Map<string, number>()
  /** So many units call twice, and tell what would have been right. */
  const traffic = async (from: number, to: number, right: Readonly<Record<string, number>>) => {
    const one = async (n: number) => {
      const headers = { 'astra-unit': `u${n}` }
      const versions = new Set<string>()
      for (let call = 0; call < 2; call++) {
        const { id, version } = await ask<Called>('POST', '/models/up/v1/predict', { input: { text: 'x' } }, headers)
        versions.add(version)
        await ask('POST', '/api/v1/feedback', { call: id, metric: 'correct', value: n % 100 < (right[version] ?? 0) })
      }
      const [version = '', ...others] = versions
      // A promotion may come between its two calls.
      const moved = right['1.1'] === right['1.0'] ? others : others.filter((other) => other !== '1.1')
      assert.deepEqual(moved, [], 'a unit keeps its version')
      units.set(version, (units.get(version) ?? 0) + 1)
    }
    for (let n = from; n < to; n += 10) await Promise.all(Array.from({ length: 10 }, (_, i) => one(n + i)))
  }

  await ask('POST', '/api/v1/experiments/up/start', {}, { 'if-match': '*' })
  for (let round = 0; round < 3; round++) {
    // Nothing tells the arms apart yet.
    await traffic(100 * round, 100 * (round + 1), { '1.0': 100, '1.1': 100 })
    // What is not durable yet is lost with the process, which is stated elsewhere: a batch takes 100 ms. Evaluations come every 100 ms, so
    // that the end comes at any point of one.
    await setTimeout(300 + 37 * round)
    gateway.child.kill('SIGKILL')
    await once(gateway.child, 'exit')
    gateway = await start(folder, config)
  }
  const { status, arms } = await ask<Experiment>('GET', '/api/v1/experiments/up')
  assert.equal(status, 'running')
  for (const { version, units: counted, calls } of arms) {
    assert.deepEqual([counted, calls], [units.get(version), 2 * (units.get(version) ?? 0)], version)
  }

  for (let n = 300; n < 3000; n += 100) {
    await traffic(n, n + 100, { '1.0': 40, '1.1': 99 })
    if ((await ask<Experiment>('GET', '/api/v1/experiments/up')).status !== 'running') break
  }
  const report = await ask<Report>('GET', '/api/v1/experiments/up/report')
  assert.deepEqual([report.status, report.winner], ['promoted', '1.1'], JSON.stringify(report.evaluations))
  const times = report.history.map(({ time }) => time)
  assert.deepEqual(times, [...new Set(times)].toSorted())
  assert.ok((report.history[0]?.candidates['1.1']?.units ?? 1000) <= 100, 'the history of before is there')
})

async function start(folder: string, config: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const flags = ['--listen', '127.0.0.1:0', '--data', join(folder, 'data'), '--config', config, '--models', emptyModels]
  const child = spawn(process.execPath, [bin, 'start', ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ASTRA_ADMIN_KEY: adminKey, ASTRA_EXPERIMENTS_EVERY: '100ms' },
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ready at (http:\/\/\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    return { child, url }
  }
  throw new Error('the gateway ended before it was ready')
}
