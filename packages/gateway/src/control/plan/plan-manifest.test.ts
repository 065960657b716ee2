import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { Plan } from './plan-manifest.ts'
import { type Asked, applied, contractOf, emptyCatalog, fakeBackends, located, planYaml } from './testing/planning.ts'

const v1 = 'models.m.contracts.v1'
const text = '{type: object, properties: {text: {type: string}}, required: [text]}'

/** The contract's own lines begin on line 6. */
const manifest = (...lines: readonly string[]) =>
  ['models:', '  m:', '    owner: me', '    contracts:', '      v1:', ...lines.map((line) => `        ${line}`)].join(
    '\n',
  )

const classifier = (versions: string, ...lines: string[]) =>
  manifest(`task: classification`, `labels: [a, b]`, `versions: {${versions}}`, ...lines)

const changed = ({ changes }: Plan) => changes.map(({ action, what, breaking }) => `${action} ${what} ${breaking}`)

describe('planManifest', () => {
  it('spells every default out', async () => {
    const stored = await applied(`${classifier('"1.9": {}, "1.10-rc": {}, "1.10": {}')}\nconsumers: {shop: {}}`)
    const [revision] = contractOf(stored).revisions
    assert.deepEqual(revision?.input, {
      type: 'object',
      properties: { text: { type: 'string' } },
      required: ['text'],
      additionalProperties: false,
    })
    assert.deepEqual(revision?.output.properties?.label, { type: 'string', enum: ['a', 'b'] })
    const { revisions: _, versions, ...contract } = contractOf(stored)
    assert.deepEqual(contract, {
      task: 'classification',
      streams: false,
      examples: [],
      limits: {
        bodyBytesMax: 10_485_760,
        itemsMax: 256,
        timeoutMs: 30_000,
        firstByteMs: 120_000,
        idleMs: 60_000,
        inFlightMax: 1024,
      },
      weights: { '1.10': 1 },
    })
    const { digest, ...version } = versions['1.9'] ?? {}
    assert.match(String(digest), /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(version, {
      revision: 1,
      backend: 'oip',
      settings: { model: 'm', version: '1.9' },
      replicas: ['embedded'],
      immutable: true,
    })
    assert.deepEqual(stored.state.consumers, { shop: { demo: false } })
    assert.equal(stored.state.models.m?.defaultMajor, 1)
  })

  it('takes the highest major that stands for the default', async () => {
    const major = (name: string, more: string) => `${name}: {task: regression, versions: {"1": {}}${more}}`
    const deprecated = ', deprecated: {since: 2026-01-01}'
    const defaultOf = async (...majors: string[]) =>
      (await applied(`models: {m: {owner: me, contracts: {${majors.join(', ')}}}}`)).state.models.m?.defaultMajor
    assert.equal(await defaultOf(major('v2', ''), major('v10', '')), 10)
    assert.equal(await defaultOf(major('v2', ''), major('v10', deprecated)), 2)
    assert.equal(await defaultOf(major('v2', deprecated), major('v10', deprecated)), 10)
  })

  it("names slips in a version's fields, those of its backend and its own", async () => {
    const { faults } = await planYaml(
      manifest(
        'task: regression',
        'versions:',
        '  "1":',
        '    replica: [embedded]',
        '  "2": {vershun: "1"}',
        '  "3": {backend: ekho}',
        '  "4": {backend: echo, replicas: [embedded]}',
        '  "5":',
        '    version: 1.10',
      ),
    )
    assert.deepEqual(
      faults.map(({ line, path, message, suggestion }) => [line, path, message, suggestion]),
      [
        [9, `${v1}.versions.1.replica`, 'is not a field here', 'Did you mean "replicas"?'],
        [10, `${v1}.versions.2.vershun`, 'is not a field here', 'Did you mean "version"?'],
        [11, `${v1}.versions.3.backend`, 'is no backend; there are oip, echo', 'Did you mean "echo"?'],
        [12, `${v1}.versions.4.replicas`, 'has no use: the backend echo runs in the gateway', undefined],
        [14, `${v1}.versions.5.version`, 'must be a string, not 1.1', 'Quote it: "1.10".'],
      ],
    )
  })

  it('plans names that every object has', async () => {
    const yaml =
      'models: {constructor: {owner: me, contracts: {v1: {task: regression, versions: {constructor: {}, toString: {}}}}}}'
    const stored = await applied(`${yaml}\nconsumers: {constructor: {}}`)
    assert.deepEqual((await planYaml(`${yaml}\nconsumers: {constructor: {}}`, stored)).changes, [])
  })

  it('shows no difference when nothing changes, and the difference when something does', async () => {
    const stored = await applied(classifier('"1": {}'))
    const same = await planYaml(classifier('"1": {}'), stored)
    assert.deepEqual([same.changes, same.openapiDiff, same.sdlDiff], [[], '', ''])
    assert.deepEqual(same.next?.state, stored.state)
    assert.deepEqual(same.next?.digests, stored.digests)
    const renamed = await planYaml(classifier('"1": {}').replace('  m:', '  n:'), stored)
    assert.match(renamed.openapiDiff, /^-m v1/m)
    assert.match(renamed.sdlDiff, /^\+n$/m)
  })

  it('refuses examples that callers could not send', async () => {
    const lines = ['examples:', '  - input: {text: hi}', '    output: {label: c, score: 1}', '  - input: {txt: hi}']
    const { faults } = await planYaml(classifier('"1": {}', ...lines))
    assert.deepEqual(located(faults), [
      `invalid_manifest @11 ${v1}.examples.0.output.label`,
      `invalid_manifest @12 ${v1}.examples.1.input.text`,
      `invalid_manifest @12 ${v1}.examples.1.input.txt`,
    ])
  })

  it('refuses a stream on a backend that cannot', async () => {
    const yaml = (version: string) => manifest('task: chat', 'streams: true', 'versions:', `  "1": ${version}`)
    assert.deepEqual(located((await planYaml(yaml('{}'))).faults), [`invalid_manifest @9 ${v1}.versions.1.backend`])
    assert.deepEqual((await planYaml(yaml('{backend: echo}'))).faults, [])
  })
})

describe('revisions', () => {
  const extended = (versions: string) =>
    manifest(
      `input: ${text}`,
      'output: {type: object, properties: {text: {type: string}, more: {type: string}}, required: [text]}',
      `versions: {${versions}}`,
    )
  const plain = (versions: string) => manifest(`input: ${text}`, `output: ${text}`, `versions: {${versions}}`)
  const echo = (...ids: string[]) => ids.map((id) => `"${id}": {backend: echo}`).join(', ')

  it('makes one of an additive change; only new versions implement it', async () => {
    const first = await applied(plain(echo('1.0')))
    const second = await applied(extended(`${echo('1.0', '1.1')}, "1.2": {backend: echo, revision: 1}`), first)
    const { revisions, versions } = contractOf(second)
    assert.equal(revisions.length, 2)
    assert.deepEqual(revisions[0], contractOf(first).revisions[0])
    assert.deepEqual(
      Object.entries(versions).map(([id, { revision }]) => [id, revision]),
      [
        ['1.0', 1],
        ['1.1', 2],
        ['1.2', 1],
      ],
    )
    const third = await applied(extended('"1.0": {backend: echo, revision: 2}'), second)
    assert.equal(contractOf(third).versions['1.0']?.revision, 2)
  })

  it('makes none of other words, and yet takes them', async () => {
    const first = await applied(plain(echo('1')))
    const words = plain(echo('1')).replaceAll('{type: string}', '{type: string, description: Words}')
    const plan = await planYaml(words, first)
    assert.deepEqual(changed(plan), ['change contract m@v1 false'])
    const { revisions } = plan.next?.state.models.m?.contracts[1] ?? {}
    assert.deepEqual(
      revisions?.map(({ input }) => input.properties?.text?.description),
      ['Words'],
    )
  })

  it('refuses a number that the contract has not', async () => {
    const { faults } = await planYaml(plain('"1": {backend: echo, revision: 2}'))
    assert.deepEqual(located(faults), [`invalid_manifest @8 ${v1}.versions.1.revision`])
  })

  it('turns streaming on, and not off', async () => {
    const on = (chunk: string) => manifest('task: completion', `streams: ${chunk}`, `versions: {${echo('1')}}`)
    const first = await applied(on('false'))
    const second = await applied(on('true'), first)
    assert.equal(contractOf(second).revisions.length, 2)
    const { faults } = await planYaml(on('false'), second)
    assert.deepEqual(located(faults), [`breaking_change @7 ${v1}.streams`])
  })

  it('names each place of a breaking change, at its own line', async () => {
    const before = manifest(
      'input:',
      '  type: object',
      '  properties:',
      '    a/b: {type: string}',
      '    text: {type: string, maxLength: 9}',
      'output:',
      '  type: object',
      '  properties:',
      '    label: {type: string, enum: [x]}',
      '    gone: {type: string}',
      '  required: [label]',
      `versions: {${echo('1')}}`,
    )
    const after = before
      .replace('    a/b: {type: string}', '    a/b: {type: number}')
      .replace('maxLength: 9', 'maxLength: 8')
      .replace('[x]', '[x, y]')
      .replace('            gone: {type: string}\n', '')
    const { faults } = await planYaml(after, await applied(before))
    assert.deepEqual(located(faults), [
      `breaking_change @9 ${v1}.input.properties.a/b`,
      `breaking_change @10 ${v1}.input.properties.text.maxLength`,
      `breaking_change @14 ${v1}.output.properties.label.enum`,
      `breaking_change @13 ${v1}.output.properties.gone`,
    ])
    assert.match(faults[0]?.suggestion ?? '', /new major version/)
  })

  it("names a task's own field where its schema breaks", async () => {
    const labels = classifier('"1": {}')
    const { faults } = await planYaml(labels.replace('[a, b]', '[a, b, c]'), await applied(labels))
    assert.deepEqual(
      faults.map(({ code, line, path, message }) => [code, line, path, message]),
      [['breaking_change', 7, `${v1}.labels`, '"c" is new: callers do not know it']],
    )
    const vector = (size: number) => manifest(`dimensions: ${size}`, 'task: embedding', 'versions: {"1": {}}')
    const sizes = await planYaml(vector(3), await applied(vector(2)))
    assert.deepEqual([...new Set(located(sizes.faults))], [`breaking_change @6 ${v1}.dimensions`])
    const task = (name: string) => manifest('versions: {"1": {}}', `task: ${name}`)
    const tasks = await planYaml(task('regression'), await applied(task('embedding')))
    assert.deepEqual([...new Set(located(tasks.faults))], [`breaking_change @7 ${v1}.task`])
  })

  it('brings its history along to a new gateway, and holds it against the history of an old one', async () => {
    const withEarlier = (schema: string) =>
      `${extended(`${echo('1.1')}, "1.0": {backend: echo, revision: 1}`)}\n        earlier:\n          - {input: ${schema}, output: ${text}}`
    const fresh = await applied(withEarlier(text))
    assert.deepEqual(
      contractOf(fresh).revisions.map(({ output }) => Object.keys(output.properties ?? {})),
      [['text'], ['text', 'more']],
    )
    assert.deepEqual((await planYaml(withEarlier(text), fresh)).changes, [])
    const other = withEarlier('{type: object, properties: {text: {type: string, maxLength: 3}}, required: [text]}')
    assert.deepEqual(located((await planYaml(other, fresh)).faults), [`breaking_change @10 ${v1}.earlier.0`])
    const broken = withEarlier('{type: object, properties: {text: {type: number}}, required: [text]}')
    assert.deepEqual(located((await planYaml(broken)).faults), [`breaking_change @6 ${v1}.input.properties.text`])
  })
})

describe('versions are immutable', () => {
  const plan = (version: string) => manifest('task: regression', 'versions:', `  "1": ${version}`, '  "2": {}')
  const upstream = (digest: string | undefined) => fakeBackends(() => ({ digest }))
  const place = `${v1}.versions.1`

  it('refuses another digest, and other settings at their line', async () => {
    const stored = await applied(plan('{}'))
    assert.deepEqual(located((await planYaml(plan('{}'), stored, upstream('sha256:2'))).faults), [
      `version_changed @8 ${place}`,
      `version_changed @9 ${v1}.versions.2`,
    ])
    for (const [changed, field] of [
      ['{model: other}', 'model'],
      ['{backend: echo}', 'backend'],
      ['{model: other, retired: {}}', 'model'],
    ] as const) {
      assert.deepEqual(located((await planYaml(plan(changed), stored)).faults), [
        `version_changed @8 ${place}.${field}`,
      ])
    }
  })

  it('remembers a version that was removed meanwhile', async () => {
    const removed = await applied(manifest('task: regression', 'versions: {"2": {}}'), await applied(plan('{}')))
    assert.equal(contractOf(removed).versions['1'], undefined)
    assert.deepEqual((await planYaml(plan('{}'), removed)).faults, [])
    for (const [version, digest] of [
      ['{}', 'sha256:2'],
      ['{model: other}', 'sha256:1'],
    ] as const) {
      const { faults } = await planYaml(plan(version), removed, upstream(digest))
      assert.equal(located(faults)[0], `version_changed @8 ${place}`)
    }
  })

  it('lets replicas move', async () => {
    const stored = await applied(plan('{}'))
    const moved = await applied(plan('{replicas: ["http://a:1", "http://b:1"]}'), stored)
    assert.equal(contractOf(moved).versions['1']?.digest, contractOf(stored).versions['1']?.digest)
    assert.deepEqual(contractOf(moved).versions['1']?.replicas, ['http://a:1', 'http://b:1'])
  })

  it('inspects every address of a name, and refuses one that has none', async () => {
    const asked: (readonly string[])[] = []
    const backends = fakeBackends(({ replicas }) => {
      asked.push(replicas)
      return { digest: 'sha256:1' }
    })
    const stored = await applied(plan('{replicas: ["http://a:1", "dns+http://two:1"]}'), emptyCatalog, backends)
    assert.deepEqual(asked[0], ['http://a:1', 'http://10.0.0.1:1', 'http://10.0.0.2:1'])
    assert.deepEqual(contractOf(stored).versions['1']?.replicas, ['http://a:1', 'dns+http://two:1'])
    const { faults } = await planYaml(plan('{replicas: ["dns+http://none:1"]}'))
    const [{ path = '', message = '' } = {}] = faults
    assert.ok(path.endsWith('.replicas'), path)
    assert.equal(message, 'cannot be made ready: none resolves to no address')
  })

  it('marks what gives no digest, and takes one that it begins to give', async () => {
    const floating = await applied(plan('{}'), emptyCatalog, upstream(undefined))
    assert.equal(contractOf(floating).versions['1']?.immutable, false)
    const sealed = await applied(plan('{}'), floating, upstream('sha256:1'))
    assert.equal(contractOf(sealed).versions['1']?.immutable, true)
    assert.equal((await planYaml(plan('{}'), sealed, upstream('sha256:2'))).faults.length, 2)
  })

  it('keeps what a version was that is retired in short, and does not ask its upstream', async () => {
    const stored = await applied(plan('{model: other, replicas: ["http://a:1"]}'))
    const asked: string[] = []
    const backends = fakeBackends(({ version }) => {
      asked.push(version)
      return { digest: 'sha256:1' }
    })
    const retired = await applied(plan('{retired: {successor: "2"}}'), stored, backends)
    assert.deepEqual(asked, ['2'])
    const { retired: how, ...rest } = contractOf(retired).versions['1'] ?? {}
    assert.deepEqual(how, { successor: '2' })
    assert.deepEqual(rest, contractOf(stored).versions['1'])
  })
})

describe('an upstream that is away', () => {
  const away = new AstraError('upstream_unavailable', { reason: 'h does not answer (ECONNREFUSED)' })
  const only = (...there: readonly string[]) =>
    fakeBackends(({ version }) => {
      if (!there.includes(version)) throw away
      return { digest: 'sha256:1' }
    })
  const plan = (...versions: readonly string[]) =>
    manifest('task: regression', 'versions:', ...versions.map((v) => `  ${v}`))

  it('refuses new versions at their line, and leaves others as they are', async () => {
    const stored = await applied(plan('"1": {}', '"2": {}'), emptyCatalog, only('1', '2'))
    assert.deepEqual((await planYaml(plan('"1": {}', '"2": {}'), stored, only())).changes, [])
    const { faults } = await planYaml(plan('"1": {}', '"2": {}', '"3": {}'), stored, only('2'))
    assert.deepEqual(located(faults), [`invalid_manifest @10 ${v1}.versions.3`])
    assert.equal(faults[0]?.message, 'cannot be made ready: h does not answer (ECONNREFUSED)')
  })

  it('refuses versions that move or come back', async () => {
    const stored = await applied(plan('"1": {retired: {}}', '"2": {}'), emptyCatalog, only('2'))
    const { faults } = await planYaml(plan('"1": {}', '"2": {replicas: ["http://a:1"]}'), stored, only())
    assert.deepEqual(located(faults), [`invalid_manifest @8 ${v1}.versions.1`, `invalid_manifest @9 ${v1}.versions.2`])
  })

  it("puts upstream's own finding at the field that it names", async () => {
    const violations = [{ path: 'model', message: 'h has no model n', suggestion: 'Did you mean "m"?' }]
    const backends = fakeBackends(() => {
      throw new AstraError('invalid_manifest', { detail: 'h has no model n', violations })
    })
    const { faults } = await planYaml(plan('"1":', '  model: n'), emptyCatalog, backends)
    assert.deepEqual(faults, [
      {
        code: 'invalid_manifest',
        path: `${v1}.versions.1.model`,
        message: 'cannot be made ready: h has no model n',
        suggestion: 'Did you mean "m"?',
        line: 9,
      },
    ])
  })

  it('does not take a fault of ours for one of theirs', async () => {
    const backends = fakeBackends(() => {
      throw new TypeError('x is not a function')
    })
    await assert.rejects(planYaml(plan('"1": {}'), emptyCatalog, backends), { code: 'internal' })
  })
})

describe('inspection', () => {
  const models = (count: number) =>
    `models:\n${Array.from({ length: count }, (_, i) => `  m${i}: {owner: me, contracts: {v1: {task: regression, versions: {"1": {}}}}}`).join('\n')}`

  it('asks eight at once, no more', async () => {
    const waiting: { readonly asked: Asked; readonly answer: () => void }[] = []
    let most = 0
    const backends = fakeBackends(async (asked) => {
      await new Promise<void>((answer) => waiting.push({ asked, answer }))
      return { digest: 'sha256:1' }
    })
    let answered = 0
    const planned = planYaml(models(20), emptyCatalog, backends)
    while (answered < 20) {
      await new Promise(setImmediate)
      most = Math.max(most, waiting.length)
      waiting.shift()?.answer()
      answered++
    }
    assert.deepEqual((await planned).faults, [])
    assert.equal(most, 8)
  })

  it('plans a thousand models in less than a second of work', async (t) => {
    const yaml = models(1000)
    const stored = await applied(yaml)
    // Not by the clock on the wall: tests run beside each other.
    const began = process.cpuUsage()
    assert.deepEqual((await planYaml(yaml, stored)).changes, [])
    const { user, system } = process.cpuUsage(began)
    const ms = (user + system) / 1000
    t.diagnostic(`1000 models read and planned in ${ms.toFixed(0)} ms of CPU`)
    assert.ok(ms < 1000, `${ms} ms`)
  })
})
