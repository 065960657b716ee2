import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from '../fake-gateway.ts'
import type { JudgeReport } from './judges.ts'

const chat = { name: 'chat', defaultMajor: 'v1', contracts: [{ major: 'v1', task: 'chat', versions: [] }] }
const judges = [{ metric: 'helpful', judge: 'judge@v1/1.0', share: 0.05 }]
const row = { metric: 'helpful', judge: 'judge@v1/1.0', failed: {}, dropped: {}, costUsd: 0, unpriced: 0 }
const report: JudgeReport = {
  ...{ model: 'chat', major: 'v1', judges },
  versions: [
    {
      ...{ ...row, version: '1.0', asked: 420, judged: 412, failed: { value: 7, timeout: 1 }, dropped: { full: 3 } },
      ...{ mean: { value: 3.41, lower: 3.2034, upper: 3.6166 }, latencyMeanMs: 812.4, costUsd: 1.23456, unpriced: 0 },
    },
    { ...row, version: '1.1', asked: 1, judged: 1, mean: { value: 5 }, latencyMeanMs: 700, unpriced: 1 },
  ],
}
const replies = (body: JudgeReport) => ({
  'GET /api/v1/deployments': { body: { revision: 1, models: [chat] } },
  'GET /api/v1/models/chat/v1/judges': { body },
})

test('judges shows what was said of each version, what came to nothing, and the cost', async (context) => {
  const { run } = await fakeGateway(context, replies(report))
  const { code, out, notes } = await run(['judges', 'chat'])
  assert.equal(code, 0)
  assert.deepEqual(out.split('\n'), [
    'METRIC   JUDGE         VERSION  JUDGED  MEAN  95% INTERVAL  FAILED              DROPPED  LATENCY  COST',
    'helpful  judge@v1/1.0  1.0         412  3.41  3.2 to 3.62   value 7, timeout 1  full 3   812 ms   $1.23',
    'helpful  judge@v1/1.0  1.1           1  5                                                700 ms   1 call unpriced',
    '',
  ])
  assert.match(
    notes,
    /^judge@v1\/1\.0 judges helpful of 5% of the answers\.\nFailed with "value": the judge answered, /,
  )
  assert.deepEqual(JSON.parse((await run(['judges', 'chat@v1', '--json'])).out), report)
})

test('judges says where there are none, or nothing was judged yet', async (context) => {
  const none = await fakeGateway(context, replies({ ...report, judges: [], versions: [] }))
  assert.match((await none.run(['judges', 'chat'])).notes, /^chat@v1 declares no judges\. Add them under "judges"/)
  const fresh = await fakeGateway(context, replies({ ...report, versions: [] }))
  assert.match((await fresh.run(['judges', 'chat'])).notes, /Nothing was judged yet\.\n$/)
})
