import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundRows } from './rows-bound.ts'

const tensor = (...shape: number[]) => {
  const count = shape.reduce((product, size) => product * size, 1)
  return [{ name: 'x', datatype: 'UINT8' as const, shape, data: new Uint8Array(count) }]
}
const refused = { code: 'invalid', message: /"x" has shape .* may have 65536 rows: send several calls/ }

test('rows are bounded where the first dimension is a batch, and claims where there is nothing', () => {
  for (const [shape, joins] of [
    [[65_536], true],
    [[65_536, 2], true],
    [[65_537], false],
    [[0, 1000], true],
    [[], true],
  ] as const) {
    boundRows(tensor(...shape), joins)
  }
  assert.throws(() => boundRows(tensor(65_537), true), refused)
  for (const joins of [true, false]) {
    assert.throws(() => boundRows(tensor(9e12, 0), joins), refused)
    assert.throws(() => boundRows(tensor(1, 0, 9e12), joins), refused)
    assert.throws(() => boundRows(tensor(65_536, 2, 0), joins), refused)
  }
})
