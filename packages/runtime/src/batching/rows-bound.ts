import { invalid, quote, type Tensor } from '@astraapi/oip'

// 8,192 batches of 8: what one caller may ask for at once.
const CALL_ROWS_MAX = 65_536

/**
 * Throws a 400 for a call of more rows than are computed for one. Its body bounds what it holds, but a tensor without
 * elements may claim any shape for nothing, so there all other dimensions count as rows: a model may go through each.
 *
 * @param joins whether the first dimension is a batch.
 */
export function boundRows(inputs: readonly Tensor[], joins: boolean): void {
  for (const { name, shape, data } of inputs) {
    if (data.length > 0 && !joins) continue
    const dims = data.length > 0 ? shape.slice(0, 1) : shape.filter((size) => size > 0)
    if (dims.reduce((rows, size) => rows * size, 1) <= CALL_ROWS_MAX) continue
    throw invalid(
      `Input ${quote(name)} has shape ${quote(shape)}, but one call may have ${CALL_ROWS_MAX} rows: send several calls`,
    )
  }
}
