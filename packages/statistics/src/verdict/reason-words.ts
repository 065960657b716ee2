import type { CandidateAnalysis, RatioCheck } from '../analysis/analysis.ts'
import type { Reason, ReasonCode } from '../decide/table.ts'
import { countWords, durationWords, numberWords, pWords } from './numbers.ts'

type Words = (reason: Reason, analysis: CandidateAnalysis) => string

const words: Readonly<Record<ReasonCode, Words>> = {
  'latest-calls-failed': ({ actual = 0 }, { circuit }) =>
    `${actual} of its last ${circuit.candidate.recentFailures.length} calls failed`,
  'server-errors': ({ actual = 0 }, { circuit }) =>
    `${numberWords(100 * actual)} % of its ${countWords(circuit.candidate.calls)} calls ended with a 5xx`,
  'control-failing': ({ actual = 0 }, { control, circuit }) =>
    `${control} fails itself (${actual} of its last ${circuit.control.recentFailures.length} calls), so no traffic is moved to it`,
  'guardrail-harmful': metricWordsOf,
  'success-worse': metricWordsOf,
  'success-better': metricWordsOf,
  'sample-ratio': ({ actual = 0 }, { sampleRatio }) =>
    `the arms got ${countsOf(sampleRatio)} units where ${expectedOf(sampleRatio)} were due (${pWords(actual)})`,
  'feedback-ratio': feedbackWords,
  'maximal-duration': ({ limit = 0 }) => `in ${durationWords(limit)}`,
  'too-few-units': ({ actual = 0, limit = 0 }) =>
    `${countWords(actual)} of ${countWords(limit)} units in the smaller arm`,
  'too-early': ({ actual = 0, limit = 0 }) => `${durationWords(actual)} of at least ${durationWords(limit)}`,
  'no-success-metric': () => 'no success metric is declared, so nothing can show it better',
  'not-shown-better': ({ metric }) => `${metric} not shown better`,
  'guardrail-not-shown-safe': ({ metric }) => `${metric} not shown to be within its margin`,
}

/** A reason in words, a part of a sentence without a full stop. */
export const reasonWords: Words = (reason, analysis) => words[reason.code](reason, analysis)

function metricWordsOf({ metric: name }: Reason, { metrics }: CandidateAnalysis): string {
  return metrics.find(({ metric }) => metric.name === name)?.words ?? `${name}`
}

/** Of one metric where it names one, else of any. */
function feedbackWords({ metric: name, actual = 0 }: Reason, { metrics, feedbackRatio }: CandidateAnalysis): string {
  const own = metrics.find(({ metric }) => metric.name === name)?.feedback
  const check = own ?? feedbackRatio
  const came = `${own ? name : 'feedback'} came for ${countsOf(check)} units where ${expectedOf(check)} were due`
  return own
    ? `${came}, among ${listOf(own.units)} whose window has ended (${pWords(actual)})`
    : `${came} (${pWords(actual)})`
}

const listOf = (numbers: Readonly<Record<string, number>>): string =>
  Object.entries(numbers)
    .map(([arm, n]) => `${countWords(Math.round(n))} (${arm})`)
    .join(' and ')

const countsOf = ({ counts }: RatioCheck): string => listOf(counts)
const expectedOf = ({ expected }: RatioCheck): string => listOf(expected)
