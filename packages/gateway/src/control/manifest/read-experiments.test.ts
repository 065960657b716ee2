import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readManifest } from './read-manifest.ts'

/** Experiments, feedback's metrics, rules and shadows: manifest -> each fault: path | message | suggestion. */
const faultsOf = (yaml: string): string[] => {
  const read = readManifest(yaml)
  if (!('faults' in read)) return []
  return read.faults.map(({ path, message, suggestion }) =>
    [path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )
}

const models = (contract = '') => `teams: {growth: {}}
consumers: {shop: {}}
models:
  spam:
    owner: me
    contracts:
      v1:
        task: chat
        versions: {"1.0": {}, "1.1": {}, "0.9": {retired: {}}}
        metrics: {correct: {type: boolean}, stars: {type: number, source: user}}
        ${contract}
      v2: {task: chat, deprecated: {since: 2026-01-01}, versions: {"2.0": {}}}
`
const tested = (...fields: readonly string[]) => `${models()}experiments:
  one:
    model: spam
    candidates: ["1.1"]
    ${fields.join('\n    ')}
`
const at = 'experiments.one'
const metrics = 'metrics: [correct]'
const contract = 'models.spam.contracts.v1'
const shorter = 'Take a shorter "attribution", such as 1h.'
const lasts = 'must be a duration such as 30m, 24h or 7d, at most 90d'
const known =
  'The contract declares correct, stars; of every call there are errors, latency, first-chunk, cost, tokens, invalid-output, refusals, truncations, latency-p95 and the like.'
const margin = 'must say how much worse it may be, above 0, such as 10 %'

const table: Readonly<Record<string, readonly [yaml: string, ...faults: string[]]>> = {
  'what is sound': [
    tested(
      'metrics: [correct, stars, cost]',
      'control: "1.0"',
      'shares: {"1.0": 50, "1.1": 50}',
      'ramp: [{coverage: 0.01, for: 1h}, {coverage: 0.5, for: 2d}, {coverage: 1}]',
      'attribution: 1d',
      'guardrails: [errors, latency-p95, {metric: latency-p99, margin: 20%, prove: safe}, {metric: refusals, margin: 1 point}]',
      'minimalDuration: 1h',
      'rule: automatic',
    ),
  ],
  'what is missing': [tested(), `${at}.metrics | is missing`],
  'shares that follow what is seen': [
    tested(metrics, 'allocation: {method: thompson, every: 30m, least: 0.2}', 'harmAlpha: 0.02'),
  ],
  'yes where a proof is named': [
    tested(metrics, 'guardrails: [{metric: errors, margin: 1 point, prove: true}]', 'alpha: 5%'),
    `${at}.guardrails.0.prove | must be a string, not true or false | Write "harm" or "safe".`,
    `${at}.alpha | must be a number, not a string | Write 0.05.`,
  ],
  'a metric of consumers that are none': [
    models('').replace('type: boolean}', 'type: boolean, consumers: [shp, admin, shop]}'),
    `${contract}.metrics.correct.consumers.0 | is no consumer of this manifest: "shp" | Did you mean "shop"?`,
  ],
  'shares that cannot follow': [
    tested('metrics: [latency-p95, correct]', 'allocation: {method: track-and-stop, every: 100d, least: 0.5}').replace(
      '["1.1"]',
      '["1.1", "1.2"]',
    ),
    `${at}.metrics | must be one, which shares can follow (track-and-stop) | Make the others guardrails.`,
    `${at}.metrics.0 | is a quantile, which shares cannot follow | Take a mean, such as latency.`,
    `${at}.allocation.every | ${lasts}`,
    `${at}.allocation.least | must be at most 1 / 3, the equal part of each of 3 arms`,
  ],
  'shares that leave an arm next to nothing': [
    tested(metrics, 'allocation: {method: thompson, least: 0.0004}'),
    `${at}.allocation.least | must be at least 0.01`,
  ],
  'shares that stay, and how they would move': [
    tested(metrics, 'allocation: {method: fixed, every: 10m}'),
    `${at}.allocation.every | has no use: fixed shares stay | Leave it out.`,
  ],
  'a way to allocate that there is none of': [
    tested(metrics, 'allocation: {method: tompson}'),
    `${at}.allocation.method | must be one of "fixed", "thompson", "track-and-stop" | Did you mean "thompson"?`,
  ],
  'a version that YAML takes for a number': [
    tested(metrics, 'control: 1.0'),
    `${at}.control | must be a string, not 1 | Quote it: "1.0".`,
  ],
  'a model that is none': [
    tested(metrics).replace('model: spam', 'model: spm@v1'),
    `${at}.model | is no model or contract of this manifest: "spm@v1" | Did you mean "spam@v1"?`,
  ],
  'a major that is none': [
    tested(metrics).replace('model: spam', 'model: spam@v3'),
    `${at}.model | is no model or contract of this manifest: "spam@v3" | Did you mean "spam@v1"?`,
  ],
  'arms twice, and shares of others': [
    tested(metrics, 'control: "1.0"', 'shares: {"1.0": 1, "1.2": 1}').replace('["1.1"]', '["1.1", "1.1", "1.0"]'),
    `${at}.candidates.1 | stands in the list twice: "1.1"`,
    `${at}.candidates.2 | is the control already | Leave it out.`,
    `${at}.shares | must have a share for each arm; there is none for 1.1`,
    `${at}.shares.1.2 | is no arm of this experiment | Did you mean "1.0"?`,
  ],
  'shares with more than one control': [
    tested(metrics, 'shares: {"1.0": 1, "1.1": 1, "1.2": 1}'),
    `${at}.shares.1.2 | is no arm of this experiment | Did you mean "1.1"?`,
  ],
  'ramps that go down, or do not say for how long': [
    tested(
      metrics,
      'coverage: 1',
      'ramp:',
      '- {coverage: 0.5}',
      '- {coverage: 0.5, for: 3 days}',
      '- {coverage: 1, for: 1h}',
    ),
    `${at}.coverage | has no use beside "ramp" | Leave one of them out.`,
    `${at}.ramp.0 | needs "for": how long it lasts, such as 1h`,
    `${at}.ramp.1.coverage | must be more than in the step before, 0.5: who takes part stays in it`,
    `${at}.ramp.1.for | ${lasts}`,
    `${at}.ramp.2.for | has no use: the last step lasts until the end | Leave it out, or add a step.`,
  ],
  'coverage in percent': [tested(metrics, 'coverage: 5'), `${at}.coverage | must be at most 1`],
  'durations that are none, or the wrong way round': [
    tested(metrics, 'attribution: 91d', 'minimalDuration: 40d'),
    `${at}.attribution | ${lasts}`,
    `${at}.minimalDuration | must not be longer than "maximalDuration", 30d when left out`,
  ],
  'an end before the beginning': [
    tested(metrics, 'maximalDuration: 1h'),
    `${at}.maximalDuration | must not be shorter than "minimalDuration", 24h when left out`,
  ],
  'windows that end with the experiment': [
    tested(metrics, 'attribution: 12h', 'minimalDuration: 1h', 'maximalDuration: 12h'),
    `${at}.attribution | must be shorter than "maximalDuration", 12h: no unit would count before that | ${shorter}`,
  ],
  'windows that end after the usual end': [
    tested(metrics, 'attribution: 30d'),
    `${at}.attribution | must be shorter than "maximalDuration", 30d when left out: no unit would count before that | ${shorter}`,
  ],
  'an end before the usual window has ended': [
    tested(metrics, 'minimalDuration: 1h', 'maximalDuration: 12h'),
    `${at}.maximalDuration | must be longer than "attribution", 1d when left out: no unit would count before it | ${shorter}`,
  ],
  'metrics that are none, or stand twice': [
    tested('metrics: [corect, latency-95, nothing]', 'guardrails: [errors, {metric: stars}, {metric: errors}]'),
    `${at}.metrics.0 | is no metric: "corect" | Did you mean "correct"?`,
    `${at}.metrics.1 | is no metric: "latency-95" | Did you mean "latency-p95"?`,
    `${at}.metrics.2 | is no metric: "nothing" | ${known}`,
    `${at}.guardrails.2.metric | stands here twice: "errors" | Name each metric once, where it counts more.`,
  ],
  'margins of another unit': [
    tested(
      metrics,
      'guardrails: [{metric: errors, margin: 20ms}, {metric: latency, margin: none}, {metric: cost, margin: 0}]',
    ),
    `${at}.guardrails.2.margin | must be more than 0`,
  ],
  'margins that cannot be read': [
    tested(metrics, 'guardrails: [{metric: errors, margin: 20ms}, {metric: latency, margin: none}]'),
    `${at}.guardrails.0.margin | ${margin}, not "20ms"`,
    `${at}.guardrails.1.margin | ${margin}, not "none"`,
  ],
  'names of experiments': [
    tested(metrics).replace('  one:', '  Spam_1:'),
    'experiments.Spam_1 | must be lower-case words of letters and digits, joined by hyphens, at most 63 characters',
  ],
  'metrics with names that are taken': [
    models().replace('stars:', 'latency-p95:').replace('correct:', '1st:'),
    `${contract}.metrics.1st | must begin with a letter and hold letters, digits, ".", "_" and "-", at most 64`,
    `${contract}.metrics.latency-p95 | is taken: it is measured of every call by itself | Choose another name.`,
  ],
  'metrics with bounds that bound nothing': [
    models()
      .replace('stars: {type: number,', 'stars: {type: number, min: 5, max: 1,')
      .replace('correct: {type: boolean', 'correct: {type: boolean, max: 1'),
    `${contract}.metrics.correct | has bounds, which are for numbers | Leave out "min" and "max", or say type: number.`,
    `${contract}.metrics.stars.min | must be at most max, 1`,
  ],
  'rules and shadows': [
    models(
      'traffic: {rules: [{version: "1.2", when: {consumers: shp}}, {version: "0.9", when: {teams: [growth, grwth]}}], shadow: {version: "1.01", share: 0.1}}',
    ),
    `${contract}.traffic.rules.0.version | is no version of this contract | Did you mean "1.0"?`,
    `${contract}.traffic.rules.1.version | was retired and takes no calls | Take another version.`,
    `${contract}.traffic.shadow.version | is no version of this contract | Did you mean "1.0"?`,
    `${contract}.traffic.rules.0.when.consumers | is no consumer of this manifest: "shp" | Did you mean "shop"?`,
    `${contract}.traffic.rules.1.when.teams.1 | is no team of this manifest: "grwth" | Did you mean "growth"?`,
  ],
  'rules of nothing': [
    models('traffic: {rules: [{version: "1.1", when: {}}, {version: "1.1"}], shadow: {version: "1.1"}}'),
    `${contract}.traffic.rules.0.when | must have at least 1 field, has 0`,
    `${contract}.traffic.rules.1.when | is missing`,
    `${contract}.traffic.shadow.share | is missing`,
  ],
  'comparisons that cannot be made': [
    models('traffic: {shadow: {version: "1.1", share: 1, compare: {tolerance: 0.1, ignore: [score, /at]}}}'),
    `${contract}.traffic.shadow.compare.tolerance | says how far apart, but not by what measure | Say measure: text, number, vector or json beside it.`,
    `${contract}.traffic.shadow.compare.ignore.0 | must be a JSON Pointer into the output: "score" | Did you mean "/score"?`,
  ],
  'a tolerance of labels': [
    models('traffic: {shadow: {version: "1.1", share: 1, compare: {measure: label, tolerance: 0.1}}}'),
    `${contract}.traffic.shadow.compare.tolerance | means nothing of labels: they agree when they are the same | Leave it out.`,
  ],
  'a comparison out of form': [
    models('traffic: {shadow: {version: "1.1", share: 1, compare: {measure: txt, tolerance: 2, ignored: [/a]}}}'),
    `${contract}.traffic.shadow.compare.ignored | is not a field here | Did you mean "ignore"?`,
    `${contract}.traffic.shadow.compare.measure | must be one of "label", "number", "vector", "text", "json" | Did you mean "text"?`,
    `${contract}.traffic.shadow.compare.tolerance | must be at most 1`,
  ],
  'rules that are sound': [
    models(
      'traffic: {rules: [{version: "1.1", when: {consumers: [shop, admin], tags: {stage: beta}, claims: {realm.role: tester}}}], shadow: {version: "1.1", share: 0.2, compare: {measure: text, tolerance: 0.2, ignore: [/score]}}}',
    ),
  ],
}

describe('readManifest, of experiments', () => {
  for (const [title, [yaml, ...faults]] of Object.entries(table)) {
    it(title, () => assert.deepEqual(faultsOf(yaml).sort(), [...faults].sort()))
  }

  for (const [page, count] of [
    ['experiments', 2],
    ['traffic', 1],
    ['shadow', 1],
  ] as const) {
    it(`reads the examples of docs/${page}.md`, () => {
      const text = readFileSync(new URL(`../../../../../docs/${page}.md`, import.meta.url), 'utf8')
      const examples = [...text.matchAll(/```yaml\n(models:\n.*?)```/gs)].map(([, yaml = '']) => yaml)
      assert.ok(examples.length >= count)
      const input = 'labels: [ham, spam]\n        input: {type: object, properties: {text: {type: string}}}'
      for (const yaml of examples) assert.deepEqual(faultsOf(yaml.replace('labels: [ham, spam]', input)), [])
    })
  }
})
