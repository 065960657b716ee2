import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Effect, ExperimentReport } from './experiment-json.ts'
import { experimentPage } from './experiment-page.ts'
import { readMarkup } from './testing/markup-reader.ts'
import { reportFixture } from './testing/report-fixture.ts'

const now = Date.UTC(2026, 10, 23, 14, 2)
const drawn = { looks: 28, unitsALook: 50, status: 'promoted' } as const
const promoted = reportFixture(drawn)

/** As of a metric whose interval becomes narrower. */
const historyOf = (looks: number): ExperimentReport['history'] =>
  Array.from({ length: looks }, (_, i) => ({
    time: new Date(now + i * 1000).toISOString(),
    candidates: {
      '1.1': {
        units: 4 * i,
        metrics: { correct: { estimate: 0.08, lower: 0.08 - 1 / (i + 1), upper: 0.08 + 1 / (i + 1) } },
      },
    },
  }))

/** Every number of every picture lies in it. */
function checkPictures(page: string): void {
  for (const { name, attributes } of readMarkup(page)) {
    const numbers = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'd', 'width', 'height'].flatMap(
      (key) => attributes[key] ?? [],
    )
    assert.doesNotMatch(numbers.join(' '), /NaN|Infinity|undefined|null/, name)
  }
}

describe('the report', () => {
  it('begins with the verdict, and tells every metric in words, as a table of arms and as a picture', () => {
    const page = experimentPage(promoted, now)
    const [verdict] = promoted.evaluations.map((one) => one.verdict.text)
    assert.match(verdict ?? '', /^1\.1 is better than 1\.0: correct \+8\.4 points/)
    assert.ok(page.indexOf(verdict ?? '?') > 0 && page.indexOf(verdict ?? '?') < page.indexOf('<svg'))
    const elements = readMarkup(page)
    const svgs = elements.filter(({ name }) => name === 'svg')
    assert.equal(svgs.length, 2 * 3, 'a wide and a narrow one for each metric')
    for (const words of ['>no difference<', '>margin 10 %<', '>promoted<', 'Coverage raised to 100 %.', '>1,400<']) {
      assert.ok(page.includes(words), words)
    }
    assert.match(page, /class="applied"><th scope="row">4<\/th><td>promote<\/td>/)
    checkPictures(page)
  })

  it('tells of each metric of feedback which units came without it, and of each epoch how many were new', () => {
    const [{ analysis, ...evaluation }] = promoted.evaluations as [ExperimentReport['evaluations'][0]]
    const feedback = {
      ...{ p: 0.00001, counts: { '1.0': 690, '1.1': 421 }, expected: { '1.0': 555.5, '1.1': 555.5 } },
      units: { '1.0': 700, '1.1': 699 },
    }
    const metrics = analysis.metrics.map((one) => (one.metric.name === 'correct' ? { ...one, feedback } : one))
    const epochs = promoted.epochs.map((epoch) => ({ ...epoch, units: 1399 }))
    const page = experimentPage(
      { ...promoted, epochs, evaluations: [{ ...evaluation, analysis: { ...analysis, metrics } }] },
      now,
    )
    assert.match(page, /Units with correct\. That is not so, and decisions are held/)
    assert.match(page, />1\.1<\/th><td[^>]*>421<\/td><td[^>]*>556<\/td><td[^>]*>278<\/td>/)
    assert.doesNotMatch(page, /Units with errors/)
    assert.match(page, /<td[^>]*>1,399<\/td>/)
  })

  it('names each picture for who does not see it, by ids of its own', () => {
    const elements = readMarkup(experimentPage(promoted, now))
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? [])
    assert.equal(new Set(ids).size, ids.length)
    for (const { name, attributes } of elements) {
      for (const id of (attributes['aria-labelledby'] ?? '').split(' ')) assert.ok(id === '' || ids.includes(id))
      if (name === 'svg') assert.equal(attributes.role, 'img')
      for (const [, id = ''] of Object.values(attributes)
        .join(' ')
        .matchAll(/url\(#([^)]+)\)/g))
        assert.ok(ids.includes(id))
    }
  })

  it('needs nothing from elsewhere, and lets nothing run', () => {
    const page = experimentPage(promoted, now)
    const elements = readMarkup(page)
    assert.deepEqual(
      elements.filter(({ name }) => ['script', 'link', 'img', 'iframe', 'image', 'use', 'a'].includes(name)),
      [],
    )
    const attributes = elements.flatMap((one) => Object.keys(one.attributes))
    assert.deepEqual(
      attributes.filter((key) => /^on|^src|href/.test(key)),
      [],
    )
    assert.doesNotMatch(page, /@import|url\((?!#)/)
    assert.match(page, /prefers-color-scheme: dark/)
    assert.match(page, /@media print/)
  })

  for (const looks of [0, 1, 500]) {
    it(`is whole with ${looks} looks`, () => {
      const page = experimentPage({ ...promoted, history: historyOf(looks) }, now)
      checkPictures(page)
      assert.equal(page.includes('<figure>'), looks > 0)
      assert.ok(page.length < 400_000, `${page.length} characters`)
    })
  }

  it('is whole for a draft, of which nothing is known', () => {
    const { startedAt: _, ...draft } = promoted
    const empty: ExperimentReport = {
      ...draft,
      ...{ status: 'draft', elapsedMs: 0, arms: [], evaluations: [], history: [], decisions: [], epochs: [] },
    }
    const page = experimentPage(empty, now)
    readMarkup(page)
    assert.match(page, /experiments start spam-1-1/)
  })

  it('draws whatever numbers come, or none', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.constantFrom(0, -1, 1e-12),
    )
    const effect: fc.Arbitrary<Effect> = fc.record({ estimate: value, lower: value, upper: value })
    const look = fc.record({ units: fc.nat(10_000), effect })
    fc.assert(
      fc.property(fc.array(look, { maxLength: 12 }), (looks) => {
        const history = looks.map(({ units, effect }, i) => ({
          time: new Date(now + i * 1000).toISOString(),
          candidates: { '1.1': { units, metrics: { correct: effect, errors: effect } } },
        }))
        checkPictures(experimentPage({ ...promoted, history }, now))
      }),
      { numRuns: 60 },
    )
  })

  it('takes names and reasons for text, whatever they hold', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '</title><script>alert(1)</script>',
        `"'><img src=x onerror=alert(1)>`,
        '--><!--',
        ']]>',
        '\u0000\ud800',
        '__proto__',
      ),
    )
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, reason, version) => {
        const [evaluation] = promoted.evaluations
        assert.ok(evaluation)
        const metrics = evaluation.analysis.metrics.map((one) => ({
          ...one,
          metric: { ...one.metric, name, unit: reason },
        }))
        const page = experimentPage(
          {
            ...promoted,
            ...{ name, reason, description: reason, model: name, control: version, by: name, fault: reason },
            arms: promoted.arms.map((arm) => ({ ...arm, version })),
            evaluations: [{ ...evaluation, candidate: version, analysis: { ...evaluation.analysis, metrics } }],
            decisions: [{ time: new Date(now).toISOString(), action: 'pause', text: reason, by: name }],
          },
          now,
        )
        assert.ok(!readMarkup(page).some((one) => ['script', 'img'].includes(one.name)))
      }),
      { numRuns: 30 },
    )
  })
})

describe('the row that decided', () => {
  const marked = (change: Partial<ExperimentReport>) =>
    /How it was decided.*class="applied"><th scope="row">(\d)</.exec(
      experimentPage({ ...promoted, ...change }, now),
    )?.[1]
  it('is of the look that led to the status', () => {
    assert.equal(marked({}), '4')
    assert.equal(marked({ status: 'running' }), '4')
  })
  it('is the first where an arm was found broken between two looks', () => {
    assert.equal(marked({ status: 'rolled_back' }), '1')
    assert.equal(marked({ status: 'rolled_back', evaluations: [], history: [] }), '1')
  })
  it('is none where a person decided', () => {
    assert.equal(marked({ status: 'promoted', by: 'key_1', ramp: [{ coverage: 1 }] }), undefined)
  })
})

describe('what the report says first', () => {
  const first = (change: Partial<ExperimentReport>) =>
    /<div class="verdict \w+"><p>(.*?)<\/p>/.exec(experimentPage({ ...promoted, ...change }, now))?.[1]
  it('is the reason of what the controller did, which later looks do not change', () => {
    assert.equal(
      first({ status: 'rolled_back', reason: '1.1 fails: 10 of 20.', by: 'astra-experiments' }),
      '1.1 fails: 10 of 20.',
    )
  })
  it('is the present verdict while it runs', () => {
    assert.match(first({ status: 'running', reason: 'an old one' }) ?? '', /^1\.1 is better than 1\.0/)
  })
  it("is a person's reason, and then what the evidence says", () => {
    const page = experimentPage({ ...promoted, status: 'stopped', reason: 'No longer needed.', by: 'key_1' }, now)
    assert.match(page, /<p>No longer needed\.<\/p><p>1\.1 is better than 1\.0/)
  })
})
