import { type ExecutionResult, GraphQLError } from 'graphql'
import { AstraError, toAstraError } from '../../../kernel/errors.ts'
import type { ReportFault } from './serve-call.ts'

/**
 * Reports what went wrong in this door while a result was made, a value that breaks its type above all. Errors of calls and
 * operations are AstraErrors and known where they arose; graphql-js's own words about a request point at its text.
 */
export function reportFaults({ errors = [] }: ExecutionResult, report: ReportFault): void {
  for (const error of errors) {
    let root: Error = error
    while (root instanceof GraphQLError && root.originalError) root = root.originalError
    const ofRequest = root instanceof GraphQLError && (!error.path || root.nodes)
    if (!ofRequest && !(root instanceof AstraError)) report(toAstraError(root))
  }
}

/** The same for each result as it comes, and for the error that ends them. */
export async function* reportFaultsOf(
  results: AsyncIterable<ExecutionResult>,
  report: ReportFault,
): AsyncGenerator<ExecutionResult, void> {
  try {
    for await (const result of results) {
      reportFaults(result, report)
      yield result
    }
  } catch (thrown) {
    const error = toAstraError(thrown)
    if (error.code === 'internal') report(error)
    throw error
  }
}
