// The statistics of A/B tests: evidence -> analysis -> decision -> verdict, and what they are made of.
export { analyse } from './analysis/analyse.ts'
export type {
  Analysis,
  Bounds,
  CandidateAnalysis,
  FeedbackCheck,
  GuardrailResult,
  MetricResult,
  RatioCheck,
  RunningPs,
} from './analysis/analysis.ts'
export { scaleOf } from './analysis/found.ts'
export { marginOf } from './analysis/guardrail.ts'
export { type AllocateOptions, type AllocationMethod, allocate } from './bandits/allocate.ts'
export { type Belief, type ThompsonOptions, thompsonShares } from './bandits/thompson.ts'
export {
  type BanditArm,
  mayStop,
  optimalShares,
  type ShareOptions,
  type StopOptions,
} from './bandits/track-and-stop.ts'
export { type CompareOptions, type Comparison as AnswerComparison, compareOutputs } from './compare/compare-outputs.ts'
export { type Decision, decide, decideCandidate, type ExperimentDecision } from './decide/decide.ts'
export { type Action, decisionTable, type Reason, type ReasonCode, type Row } from './decide/table.ts'
export { type Thresholds, thresholdDefaults } from './decide/thresholds.ts'
export { type Drift, type DriftOptions, type DriftSketch, type DriftTest, drift } from './drift/drift.ts'
export { type DriftMeasures, driftMeasures } from './drift/drift-measures.ts'
export { type DriftOfMany, driftOfMany } from './drift/drift-of-many.ts'
export { type Combined, combineEpochs, combineLnEValues } from './epochs.ts'
export {
  type Accumulator,
  type ArmEvidence,
  type CircuitCounts,
  type CountedValues,
  circuitWindow,
  type Epoch,
  type Evidence,
  fromStoredEdges,
  type Margin,
  type MetricDefinition,
  type MetricType,
  type Moments,
  type Plan,
  planDefaults,
  type RateCounts,
  type SecondMoments,
} from './evidence.ts'
export { bernoulliInterval, type ExactOptions } from './intervals/bernoulli.ts'
export { type Comparison, comparisonOf, comparisonOfRates } from './intervals/comparison.ts'
export {
  deltaMethodLift,
  differenceInterval,
  isShownBeyond,
  liftInterval,
  lnEAgainst,
  type SequenceOptions,
} from './intervals/contrast.ts'
export { cellsOf, mergeCounted, quantileOf } from './intervals/counted.ts'
export { cupedEstimates, type Estimate, type EstimatePair, meanEstimate, ratioEstimate } from './intervals/estimate.ts'
export type { Interval } from './intervals/interval.ts'
export { pOfLnE, priorUnits, runningP } from './intervals/normal-mixture.ts'
export { quantileInterval } from './intervals/quantile.ts'
export { quantileP } from './intervals/quantile-arms.ts'
export { quantileEffect } from './intervals/quantile-effect.ts'
export { addPair, addValue, emptyMoments, emptyPairs, mergeMoments, mergePairs, mergeRates } from './moments.ts'
export { alphaPerMetric } from './multiplicity.ts'
export { effectFound, type PowerOptions, rateVariances, unitsForDecision, type Variances } from './power.ts'
export { type CountedShares, sampleRatioCheck } from './sample-ratio.ts'
export {
  addCategories,
  addCategory,
  type CategorySketch,
  categorySketchOf,
  categoryTotal,
  emptyCategorySketch,
  mergeCategorySketches,
} from './sketches/category-sketch.ts'
export { countAtMost, countBelow, countedValues } from './sketches/count-bounds.ts'
export {
  addNumber,
  addNumbers,
  emptyNumberSketch,
  mergeNumberSketches,
  type NumberSketch,
  type NumberSketchOptions,
  numberSketchOf,
} from './sketches/number-sketch.ts'
export { parseCategorySketch, parseNumberSketch } from './sketches/parse-sketch.ts'
export { sketchQuantile } from './sketches/sketch-quantile.ts'
export { chiSquareOfCounts } from './special/chi-square.ts'
export { countWords, durationWords, levelWords, numberWords, signedWords } from './verdict/numbers.ts'
export { type Verdict, type VerdictOptions, verdictOf } from './verdict/verdict.ts'
