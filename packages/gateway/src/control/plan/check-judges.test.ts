import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeManifest } from '../manifest/write-manifest.ts'
import { canonical } from './digest.ts'
import { applied, contractOf, emptyCatalog, fakeBackends, planYaml } from './testing/planning.ts'

const text = '{type: string}'
const scored =
  '{type: object, properties: {score: {type: number, minimum: 0, maximum: 1}, kind: {type: boolean}}, required: [score]}'
const taking = (properties: string, required = '[input, output]') =>
  `{type: object, properties: ${properties}, required: ${required}}`
const texts = taking(`{input: ${text}, output: ${text}}`)

interface Declared {
  readonly input?: string
  readonly output?: string
  readonly metric?: string
  readonly more?: string
  readonly consumers?: string
}

/** The judge stands on line 10, the judged contract on line 4. */
const yaml = ({
  input = texts,
  output = scored,
  metric = 'type: number, min: 0, max: 1',
  more = '',
  consumers = '{}',
}: Declared = {}) =>
  `
models:
  m:
    owner: me
    contracts:
      v1:
        input: {type: object, properties: {a: {type: integer}}, required: [a]}
        output: {type: object, properties: {b: {type: string}}, required: [b]}
        metrics: {helpful: {${metric}, source: judge}}
        judges: {helpful: {model: judge, version: "1.0", share: 0.05${more}}}
        versions: {"1": {backend: echo}}
  judge:
    owner: me
    contracts:
      v1: {input: ${input}, output: ${output}, versions: {"1.0": {backend: echo}}}
consumers: ${consumers}
`

const faultsOf = async (declared: Declared) => {
  const { faults } = await planYaml(yaml(declared))
  return faults.map(({ line, path, message }) => {
    assert.ok(path.startsWith('models.m.contracts.v1.judges.helpful.'))
    return `${line} ${path.split('.').at(-1)} ${message}`
  })
}

const side = (name: string) => `{input: ${text}, output: ${text}, ${name}}`

const table: Readonly<Record<string, readonly [declared: Declared, ...faults: string[]]>> = {
  'texts, and a number': [{}],
  'the judged forms themselves': [
    {
      input: taking(
        `{input: ${taking('{a: {type: integer}}', '[a]')}, output: ${taking('{b: {type: string}}', '[b]')}}`,
      ),
    },
  ],
  anything: [{ input: taking('{input: {}, output: {}}', '[output]') }],
  'a field more that may be left out': [{ input: taking(side('hint: {type: string}')) }],
  'a field more that must be there': [
    { input: taking(side('rubric: {type: string}'), '[input, output, rubric]') },
    '10 model asks for more than a judge is given: judge@v1 requires "rubric"',
  ],
  'no answer': [
    { input: taking(`{input: ${text}}`, '[input]') },
    '10 model takes no "output": judge@v1 cannot judge what it does not see',
  ],
  'another form': [
    { input: taking(`{input: ${taking('{a: {type: string}}', '[a]')}, output: ${text}}`) },
    '10 model does not take every input of m@v1: the "input" of judge@v1 has another form, at /properties/a',
  ],
  'a value that is not there': [
    { more: ', value: /scor' },
    '10 value names nothing in the output of judge@v1: "/scor"',
  ],
  'a value in a list': [
    { output: '{type: object, properties: {all: {type: array, items: {type: number}}}}', more: ', value: /all/0' },
  ],
  'a value of another type': [
    { more: ', value: /kind' },
    '10 value must be a number in the output of judge@v1, as helpful is declared: "/kind"',
  ],
  'a boolean': [{ metric: 'type: boolean', more: ', value: /kind' }],
  'a number where a boolean is declared': [
    { metric: 'type: boolean' },
    '10 value must be a boolean in the output of judge@v1, as helpful is declared: "/score"',
  ],
}

describe('judges that are planned', () => {
  for (const [name, [declared, ...faults]] of Object.entries(table)) {
    it(name, async () => assert.deepEqual(await faultsOf(declared), faults))
  }

  it('stand in the state with their defaults, are exported as they were declared, and told as a change', async () => {
    const stored = await applied(yaml())
    const declared = { model: 'judge', major: 1, version: '1.0', share: 0.05 }
    assert.deepEqual(contractOf(stored).judges, { helpful: { ...declared, value: '/score', comment: '/reason' } })
    const written = writeManifest(stored.state)
    assert.doesNotMatch(written, /value:|comment:/)
    assert.equal(canonical((await applied(written)).state), canonical(stored.state))
    const other = yaml({ more: ', value: /score, comment: ""' }).replace('share: 0.05', 'share: 1')
    const { changes } = await planYaml(other, stored)
    assert.deepEqual(changes, [
      {
        ...{ action: 'change', what: 'judges m@v1', breaking: false },
        before: 'helpful: 5 % by judge@v1/1.0 (/score, comment /reason)',
        after: 'helpful: 100 % by judge@v1/1.0 (/score, comment "")',
      },
    ])
    const again = await applied(other, stored)
    assert.equal(canonical((await applied(writeManifest(again.state))).state), canonical(again.state))
  })

  it('are noted where nothing bounds their cost, and where their measure may change', async () => {
    const unbounded = (await planYaml(yaml())).notes.filter((note) => note.includes('judges'))
    assert.deepEqual(unbounded, [
      'nothing bounds what judges cost but their share of the calls; for a budget, add consumers: {astra-judge: {limits: {budget: {day: 5}}}}',
    ])
    const bounded = yaml({ consumers: '{astra-judge: {limits: {budget: {day: 1}}}}' })
    const floating = fakeBackends(() => ({ digest: undefined }))
    const noted = await planYaml(bounded.replace('"1.0": {backend: echo}', '"1.0": {}'), emptyCatalog, floating)
    assert.deepEqual(
      noted.notes.filter((note) => note.includes('judge')),
      ['judge helpful of m@v1: judge@v1/1.0 is not immutable, so that its measure may change unseen'],
    )
  })

  const noted = async (declared: Declared) =>
    (await planYaml(yaml(declared))).notes.filter((note) => note.startsWith('judge helpful'))

  it('are noted where they may say what the metric does not take, which would be thrown away', async () => {
    const output = (score: string) => `{type: object, properties: {score: ${score}}, required: [score]}`
    const metric = 'type: number, min: 1, max: 5'
    for (const [score, scale] of [
      ['{type: number, minimum: 0, maximum: 1}', '0 to 1'],
      ['{type: number}', 'any number'],
      ['{type: integer, minimum: 1}', '1 to …'],
      ['{type: integer, enum: [1, 2, 10]}', '1 to 10'],
    ] as const) {
      const [note = ''] = await noted({ output: output(score), metric })
      assert.ok(note.startsWith(`judge helpful of m@v1: it may say ${scale} where the metric takes 1 to 5;`), note)
    }
    for (const score of ['{type: integer, minimum: 1, maximum: 5}', '{type: integer, enum: [1, 5]}']) {
      assert.deepEqual(await noted({ output: output(score), metric }), [])
    }
    assert.deepEqual(await noted({ metric: 'type: boolean', more: ', value: /kind' }), [])
  })

  it('are noted where the comment that they name is nothing, or no text', async () => {
    const bounded = 'type: object, properties: {score: {type: number, minimum: 0, maximum: 1}, why: {type: string}}'
    const comment = (pointer: string) => noted({ output: `{${bounded}}`, more: `, comment: ${pointer}` })
    assert.deepEqual(await comment('/wy'), [
      'judge helpful of m@v1: its comment /wy is nothing in the output, so that none is kept',
    ])
    assert.match((await comment('/score'))[0] ?? '', /its comment \/score is no text in the output/)
    for (const pointer of ['/why', '""', '/reason']) assert.deepEqual(await comment(pointer), [])
  })
})
