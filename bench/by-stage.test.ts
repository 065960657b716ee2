import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byCaller, byFunction, byStage, type CpuProfile, stageOf } from './by-stage.ts'

test('the place of a function', () => {
  const src = 'file:///somewhere/packages/gateway/src'
  const modules = 'file:///somewhere/node_modules'
  for (const [url, expected] of [
    [`${src}/journey/accept/native/mount-native.ts`, 'journey/accept'],
    [`${src}/journey/serve.ts`, 'journey'],
    [`${src}/kernel/schema/validator.ts`, 'kernel/schema'],
    [`${src}/index.ts`, 'gateway'],
    ['file:///somewhere/packages/oip/src/items/items-to-tensors.ts', 'oip/items'],
    ['file:///somewhere/packages/cli/src/main.ts', 'cli'],
    [`${modules}/fastify/lib/reply.js`, 'dependency: fastify'],
    [`${modules}/@fastify/error/index.js`, 'dependency: @fastify/error'],
    [`${modules}/graphql/node_modules/left/index.js`, 'dependency: left'],
    ['node:internal/streams/writable', 'Node: streams'],
    ['node:_http_server', 'Node: http'],
    ['node:net', 'Node: net'],
    ['file:///elsewhere/x.js', 'elsewhere'],
  ] as const) {
    assert.equal(stageOf(url, 'f'), expected, url)
  }
  assert.equal(stageOf('', '(garbage collector)'), '(garbage collector)')
  assert.equal(stageOf('', 'parse'), 'V8: parse')
})

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 })

const profile: CpuProfile = {
  startTime: 1000,
  nodes: [
    { id: 1, callFrame: frame('(idle)', '') },
    { id: 2, callFrame: frame('serve', 'file:///x/packages/gateway/src/journey/serve.ts') },
    { id: 3, callFrame: frame('admit', 'file:///x/packages/gateway/src/journey/admit/permit.ts') },
    { id: 4, callFrame: frame('', 'file:///x/packages/gateway/src/journey/admit/identify.ts') },
  ],
  //          at 1010 1020 1040 1070 1080
  samples: [2, 3, 1, 4, 2],
  timeDeltas: [10, 10, 20, 30, 10],
}

test('self time: from a sample to the next, in the window, idle time left out', () => {
  const all = { from: 0, to: Number.POSITIVE_INFINITY }
  assert.deepEqual(byStage([profile], all), [
    ['journey/admit', 30],
    ['journey', 10],
  ])
  assert.deepEqual(byStage([profile, profile], { from: 1015, to: 1070 }), [['journey/admit', 40]])
  assert.deepEqual(byFunction([profile], all), [
    ['admit  journey/admit  permit.ts:10', 20],
    ['serve  journey  serve.ts:10', 10],
    ['(anonymous)  journey/admit  identify.ts:10', 10],
  ])
})

test('what others do is charged to the code that called them', () => {
  const tree: CpuProfile = {
    startTime: 0,
    nodes: [
      { id: 1, callFrame: frame('(root)', ''), children: [2, 5] },
      { id: 2, callFrame: frame('admit', 'file:///x/packages/gateway/src/journey/admit/permit.ts'), children: [3] },
      { id: 3, callFrame: frame('hash', 'node:crypto'), children: [4] },
      { id: 4, callFrame: frame('oneShotDigest', '') },
      { id: 5, callFrame: frame('onread', 'node:net') },
    ],
    samples: [2, 3, 4, 5, 5],
    timeDeltas: [0, 1, 2, 3, 4],
  }
  assert.deepEqual(byCaller([tree], { from: 0, to: 100 }), [
    ['journey/admit', 6],
    ['Node: net', 4],
  ])
})
