import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readManifest } from './read-manifest.ts'

/** Manifest -> each fault: line | path | message | suggestion. */
const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ line, path, message, suggestion }) =>
    [`${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

const judge = (fields: string) =>
  `  judge: {owner: me, contracts: {v1: {versions: {"1.0": {}, "1.1": {}, "0.9": {retired: {}}}${fields}}}}`

/** The judges stand on line 4, the metrics on line 3. */
const judged = (
  judges: string,
  fields = '',
  metrics = 'helpful: {type: number, min: 1, max: 5, source: judge}, liked: {type: boolean}',
) =>
  `models:\n  m: {owner: me, contracts: {v1: {versions: {"1": {}},\n    metrics: {${metrics}},\n    judges: ${judges}}}}\n${judge(fields)}\n`
const at = 'models.m.contracts.v1.judges'
const sound = '{helpful: {model: judge, version: "1.0", share: 0.05}}'

const table: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'one that is sound': [judged(sound)],
  'one by its contract': [judged('{helpful: {model: judge@v1, version: "1.1", share: 1, value: /a/b, comment: ""}}')],
  'none at all': [judged('{}'), `4 | ${at} | must have at least 1 field, has 0`],
  'what is missing': [
    judged('{helpful: {model: judge}}'),
    `4 | ${at}.helpful.version | is missing`,
    `4 | ${at}.helpful.share | is missing`,
  ],
  'a share that is none, a field that is none': [
    judged('{helpful: {model: judge, version: "1.0", share: 1.5, coment: /x}}'),
    `4 | ${at}.helpful.share | must be at most 1`,
    `4 | ${at}.helpful.coment | is not a field here | Did you mean "comment"?`,
  ],
  'a pointer that is none': [
    judged(sound.replace('}}', ', value: score}}')),
    `4 | ${at}.helpful.value | must be a JSON Pointer into what the judge answers | Did you mean "/score"?`,
  ],
  'a metric that is none': [
    judged(sound.replace('helpful', 'helpfull')),
    `4 | ${at}.helpfull | is no metric of this contract | Did you mean "helpful"?`,
  ],
  'a metric that is far from any': [
    judged(sound.replace('helpful', 'kind')),
    `4 | ${at}.kind | is no metric of this contract | Declare it: metrics: {kind: {type: number, min: 1, max: 5, source: judge}}.`,
  ],
  'a metric of others': [
    judged(sound.replace('helpful', 'liked')),
    `4 | ${at}.liked | is a metric that a judge has no say in | Give the metric "source: judge".`,
  ],
  'a number without both bounds': [
    judged(sound, '', 'helpful: {type: number, min: 1, source: judge}'),
    `4 | ${at}.helpful | speaks of a number without both bounds | Give the metric its "min" and "max", as min: 1, max: 5.`,
  ],
  'a boolean, which needs none': [judged(sound, '', 'helpful: {type: boolean, source: judge}')],
  'a model that is none': [
    judged(sound.replace('model: judge', 'model: jugde')),
    `4 | ${at}.helpful.model | is no model or contract of this manifest: "jugde" | Did you mean "judge"?`,
  ],
  'a major that is none': [
    judged(sound.replace('model: judge', 'model: judge@v2')),
    `4 | ${at}.helpful.model | is no model or contract of this manifest: "judge@v2" | Did you mean "judge@v1"?`,
  ],
  'a version that is none': [
    judged(sound.replace('"1.0"', '"1.2"')),
    `4 | ${at}.helpful.version | is no version of judge@v1; there are 1.0, 1.1 | Did you mean "1.0"?`,
  ],
  'a version that was retired': [
    judged(sound.replace('"1.0"', '"0.9"')),
    `4 | ${at}.helpful.version | was retired and takes no calls | Take another version.`,
  ],
  'one that judges itself': [
    judged(sound.replace('model: judge', 'model: m').replace('"1.0"', '"1"')),
    `4 | ${at}.helpful.model | would judge itself | Take a judge that neither is nor is judged by this contract.`,
  ],
  'two that judge each other': [
    judged(
      sound,
      ', metrics: {good: {type: boolean, source: judge}}, judges: {good: {model: m, version: "1", share: 1}}',
    ),
    `4 | ${at}.helpful.model | is judged by m@v1 in its turn | Take a judge that neither is nor is judged by this contract.`,
    '5 | models.judge.contracts.v1.judges.good.model | is judged by judge@v1 in its turn | Take a judge that neither is nor is judged by this contract.',
  ],
  'judges of a judge whose own are of no form': [
    judged(sound, ', judges: {good: 5}'),
    '5 | models.judge.contracts.v1.judges.good | must be an object, not 5',
  ],
  'where nothing is a manifest': [
    'models: {m: {owner: me, contracts: {v1: {versions: {"1": {}}, judges: [1]}}}, b: 5}',
    '1 | models.m.contracts.v1.judges | must be an object, not a list',
    '1 | models.b | must be an object, not 5',
  ],
}

describe('judges of a manifest', () => {
  for (const [name, [yaml, ...faults]] of Object.entries(table)) {
    it(name, () => assert.deepEqual(faultsOf(yaml), faults))
  }
})
