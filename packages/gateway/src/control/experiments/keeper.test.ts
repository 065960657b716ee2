import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evaluation } from './evaluate.ts'
import { pointsMax } from './history.ts'
import { Keeper } from './keeper.ts'
import { ExperimentWorld, name, secondMs } from './testing/experiment-world.ts'

function shelf() {
  const values = new Map<string, string>()
  const saves: string[] = []
  return {
    values,
    saves,
    setting: async (key: string) => values.get(key),
    async saveSetting(key: string, value: string) {
      saves.push(key)
      values.set(key, value)
    },
  }
}

const evaluation = (time: number, estimate: number): Evaluation => ({
  time,
  elapsedMs: time,
  analysis: {
    candidates: [
      {
        ...{ control: '1.0', candidate: '1.1', units: { control: estimate, candidate: estimate }, elapsedMs: time },
        metrics: [],
        sampleRatio: { p: 1, counts: {}, expected: {} },
        feedbackRatio: { p: 1, counts: {}, expected: {} },
        circuit: {
          control: { calls: 0, serverErrors: 0, recentFailures: [] },
          candidate: { calls: 0, serverErrors: 0, recentFailures: [] },
        },
      },
    ],
    running: { sampleRatio: 0.5 },
  },
  decision: { action: 'hold', removed: [], decisions: [] },
})

const { experiment } = new ExperimentWorld()
const startedAt = experiment.progress.startedAt ?? assert.fail()

test('what was kept is there after a restart, the latest point too once it is over', async () => {
  const settings = shelf()
  const keeper = new Keeper(settings)
  // More than fit: so that the latest is replaced, not added.
  for (let look = 1; look <= pointsMax + 20; look++) {
    await keeper.keep(name, experiment, await keeper.read(name, startedAt), evaluation(look * secondMs, look))
  }
  const held = await keeper.read(name, startedAt)
  assert.equal(held.history.points.at(-1)?.time, (pointsMax + 20) * secondMs)
  await keeper.end(name)
  assert.deepEqual(keeper.names(), [])
  assert.deepEqual(await new Keeper(settings).read(name, startedAt), held)
  assert.equal(held.latest?.analysis.running.sampleRatio, 0.5)
})

test('a history is not written where nothing new was found', async () => {
  const settings = shelf()
  const keeper = new Keeper(settings)
  for (let look = 1; look <= 5; look++) {
    await keeper.keep(name, experiment, await keeper.read(name, startedAt), evaluation(look * secondMs, 7))
  }
  assert.equal(settings.saves.filter((key) => key === `experiment-history/${name}`).length, 1)
})

test('another run of the same name begins with nothing, and so does one whose keeping has another form', async () => {
  const settings = shelf()
  const keeper = new Keeper(settings)
  await keeper.keep(name, experiment, await keeper.read(name, startedAt), evaluation(1, 1))
  const nothing = { latest: undefined, history: { spacingMs: 0, points: [] } }
  assert.deepEqual(await new Keeper(settings).read(name, startedAt + 1), nothing)
  for (const [key, value] of settings.values) settings.values.set(key, value.replace('"form":1', '"form":0'))
  assert.deepEqual(await new Keeper(settings).read(name, startedAt), nothing)
})
