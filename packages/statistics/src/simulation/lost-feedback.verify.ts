import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sampleRatioCheck } from '../sample-ratio.ts'
import { seededRandom } from './random.ts'

/** The p below which the decision table pauses. */
const pauseAt = 0.001
const runs = 500
const lookEvery = 50

/** Of so many experiments at equal shares, whose candidate loses this share of its values, those that were paused at some look. */
function paused(unitsPerArm: number, lost: number): number {
  const random = seededRandom(20260101)
  let seen = 0
  for (let run = 0; run < runs; run++) if (isSeen(unitsPerArm, lost, random)) seen++
  return seen / runs
}

function isSeen(unitsPerArm: number, lost: number, random: () => number): boolean {
  const shares = [0.5, 0.5]
  let [control, candidate] = [0, 0]
  for (let unit = 1; unit <= 2 * unitsPerArm; unit++) {
    if (random() < 0.5) control++
    else if (random() >= lost) candidate++
    if (unit % lookEvery === 0 && sampleRatioCheck([{ counts: [control, candidate], shares }]).p < pauseAt) return true
  }
  return false
}

it('the check of equally much feedback sees what is grave, and errs as seldom as it says', (t) => {
  for (const unitsPerArm of [1000, 5000]) {
    const seen = [0, 0.1, 0.15, 0.2, 0.3].map((lost) => paused(unitsPerArm, lost))
    t.diagnostic(
      `${unitsPerArm} units an arm; lost 0, 10, 15, 20, 30 %: paused ${seen.map((share) => `${(100 * share).toFixed(1)} %`).join(', ')}`,
    )
    const [none = 1, , , , most = 0] = seen
    // At most p, and what 500 runs leave to chance.
    assert.ok(none <= 0.006, `${none}`)
    assert.ok(most > 0.9, `${most}`)
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
      'the more is lost, the more often it is seen',
    )
  }
})
