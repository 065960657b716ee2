/**
 * The value of the header `endpoint-load-metrics`: an ORCA load report in the form that a request names in
 * `endpoint-load-metrics-format`, `text` or `json`, as Envoy reads it and Triton and vLLM write it. Undefined where none
 * was asked for.
 * @param waiting calls of the same version that wait or run.
 */
export function loadReport(format: string | undefined, waiting: number): string | undefined {
  if (format === undefined) return undefined
  if (/^text$/i.test(format)) return `TEXT named_metrics.waiting=${waiting}`
  if (/^json$/i.test(format)) return `JSON {"named_metrics":{"waiting":${waiting}}}`
  return undefined
}
