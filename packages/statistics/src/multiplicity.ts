/**
 * The error probability of one success metric of one candidate: alpha / (metrics x candidates), after Bonferroni, so that all of
 * them together err with at most alpha. It holds for any dependence between metrics, and at any time, as each sequence does.
 *
 * Guardrails get no correction where they *stop* something: correcting would make each of them blinder, and harm missed costs more than a
 * false alarm. The price is that of G guardrails at harmAlpha each, up to G x harmAlpha of A/A experiments are rolled back for
 * nothing. Where guardrails must be shown safe (`prove: safe`), all of them must be; such a conjunction needs no
 * correction (Berger 1982, intersection-union).
 */
export function alphaPerMetric(alpha: number, successMetrics: number, candidates: number): number {
  return alpha / Math.max(1, successMetrics * candidates)
}
