import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'
import { reportFixture } from '../report/testing/report-fixture.ts'

const promoted = { ...reportFixture({ looks: 28, unitsALook: 50, status: 'promoted' }), revision: 12 }
const young = { ...reportFixture({ looks: 2, unitsALook: 20 }), revision: 7 }
const path = '/api/v1/experiments/spam-1-1'

test('experiments list tells the state of each, and what to do where there are none', async (context) => {
  const { run } = await fakeGateway(context, {
    'GET /api/v1/experiments': { body: { experiments: [promoted], revision: 12 } },
  })
  assert.equal(
    (await run(['experiments', 'list'])).out,
    `EXPERIMENT  CONTRACT  CONTROL  CANDIDATES  STATE           SINCE
spam-1-1    spam@v1   1.0      1.1         promoted (1.1)  2026-11-23 13:44:40
`,
  )
  const none = await fakeGateway(context, { 'GET /api/v1/experiments': { body: { experiments: [], revision: 1 } } })
  assert.match((await none.run(['experiments', 'list'])).notes, /under "experiments" in astra\.yaml/)
})

test('experiments show begins with the verdict, then metrics, arms and what comes next', async (context) => {
  const { run } = await fakeGateway(context, { [`GET ${path}`]: { body: promoted } })
  const { out, code } = await run(['experiments', 'show', 'spam-1-1'])
  assert.equal(code, 0)
  const [verdict, , ...rest] = out.split('\n')
  assert.match(verdict ?? '', /^1\.1 is better than 1\.0: correct \+8\.4 points, .* Promoted at 13:44\.$/)
  assert.deepEqual(rest, [
    'METRIC       CONTROL  CANDIDATE  DIFFERENCE     INTERVAL              SAYS',
    'correct      90.83 %  99.25 %    +8.42 points   4.7 to 12.4 (95 %)    better',
    'latency-p95  11.7 ms  12.1 ms    +3.24 %        -18.6 to 26.6 (95 %)  not shown harmful',
    'errors       0.41 %   0.45 %     +0.038 points  -1.34 to 1.62 (95 %)  not shown harmful',
    '',
    'VERSION  ARM        UNITS  CALLS  FAILED     P50 MS  P95 MS  COST',
    '1.0      control    731    731    3 (0.41%)     5.6     9.7  $0.0146',
    '1.1      candidate  669    669    3 (0.45%)     5.6     9.7  $0.0134',
    '',
    'spam@v1: promoted since 2026-11-23 13:44:40 UTC by astra-experiments.',
    'It ended at 2026-11-23 13:44:40 UTC: 1.1 takes all calls.',
    '',
  ])
})

test('experiments show tells the earliest time of a promotion', async (context) => {
  const { run } = await fakeGateway(context, { [`GET ${path}`]: { body: young } })
  const { out } = await run(['experiments', 'show', 'spam-1-1'])
  assert.match(out, /^Not decided yet between 1\.1 and 1\.0: /)
  assert.match(out, /A promotion may come at .* UTC at the earliest \(40 seconds to go\)\./)
  assert.match(out, /The smaller arm lacks \d+ of the 100 units that a promotion takes: as they come now, until about /)
  assert.match(out, /Its coverage goes to 100 % at about /)
})

test('a name with a typo gets the nearest, as the gateway tells it', async (context) => {
  const detail = 'There is no experiment "spam-1-2"'
  const reply = { status: 404, body: { code: 'unknown_experiment', detail, next: 'Did you mean "spam-1-1"?' } }
  const { run } = await fakeGateway(context, {
    'GET /api/v1/experiments/spam-1-2': reply,
    'GET /api/v1/experiments/spam-1-2/report': reply,
  })
  for (const command of ['show', 'start', 'report']) {
    const { code, notes } = await run(['experiments', command, 'spam-1-2'])
    assert.equal(code, 1)
    assert.match(notes, /There is no experiment "spam-1-2" \(unknown_experiment\)\nDid you mean "spam-1-1"\?/)
  }
})

test('each change is asked for against the revision that was read', async (context) => {
  const row = { ...young, winner: '1.1' }
  const words = ['start', 'pause', 'resume', 'stop', 'promote', 'roll-back']
  const { run, asked } = await fakeGateway(context, {
    [`GET ${path}`]: { body: young },
    ...Object.fromEntries(words.map((word) => [`POST ${path}/${word}`, { body: row }])),
  })
  for (const argv of [
    ['start'],
    ['pause', '--reason', 'a holiday'],
    ['resume'],
    ['stop', '--reason', 'enough'],
    ['promote', '--version', '1.1', '--yes'],
    ['rollback'],
  ]) {
    const [command = '', ...flags] = argv
    const { code, notes } = await run(['experiments', command, 'spam-1-1', ...flags])
    assert.equal(code, 0, notes)
    const told =
      /Where the manifest declares weights for spam@v1, they come back .* Where it declares none, it stays so\./
    assert.equal(told.test(notes), ['stop', 'promote', 'rollback', 'start'].includes(command), notes)
  }
  const sent = asked.filter(({ request }) => request.startsWith('POST'))
  assert.deepEqual(
    sent.map(({ request, body, headers }) => [request.split('/').at(-1), body, headers['if-match']]),
    [
      ['start', {}, '"7"'],
      ['pause', { reason: 'a holiday' }, '"7"'],
      ['resume', {}, '"7"'],
      ['stop', { reason: 'enough' }, '"7"'],
      ['promote', { version: '1.1' }, '"7"'],
      ['roll-back', {}, '"7"'],
    ],
  )
})

test('a promotion that the evidence does not bear has to be meant', async (context) => {
  const { run, asked } = await fakeGateway(context, { [`GET ${path}`]: { body: young } })
  const { code, notes } = await run(['experiments', 'promote', 'spam-1-1'])
  assert.equal(code, 1)
  assert.match(notes, /The evidence does not say that: Not decided yet .* give --yes/s)
  assert.ok(!asked.some(({ request }) => request.startsWith('POST')))
})

test('experiments report writes one file, or to stdout', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'astra-report-'))
  context.after(() => rm(folder, { recursive: true }))
  const { run } = await fakeGateway(context, { [`GET ${path}/report`]: { body: promoted } })
  const file = join(folder, 'spam.html')
  const written = await run(['experiments', 'report', 'spam-1-1', '--out', file])
  assert.deepEqual([written.code, written.out, written.notes], [0, '', `Wrote ${file}.\n`])
  const page = await readFile(file, 'utf8')
  assert.match(page, /^<!doctype html>\n<html lang="en"/)
  assert.equal((await run(['experiments', 'report', 'spam-1-1'])).out.slice(0, 400), page.slice(0, 400))
  const lost = await run(['experiments', 'report', 'spam-1-1', '--out', join(folder, 'none', 'spam.html')])
  assert.equal(lost.code, 2)
  assert.match(lost.notes, /cannot be written \(ENOENT\)/)
})
