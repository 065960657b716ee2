import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sums } from './sums.ts'

interface Sum {
  readonly key: string
  value: number
}

function bed(most?: number) {
  const writes: { readonly sums: readonly Sum[]; readonly done: PromiseWithResolvers<void> }[] = []
  const sums = new Sums<Sum>({
    write(sums) {
      const done = Promise.withResolvers<void>()
      writes.push({ sums, done })
      return done.promise
    },
    add: (older, newer) => {
      older.value += newer.value
    },
    ...(most === undefined ? {} : { most }),
  })
  const count = (key: string) => {
    const sum = sums.of(key, () => ({ key, value: 0 }))
    if (sum) sum.value++
    return sum !== undefined
  }
  return { sums, writes, count }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('who asks for all of it waits for what another is writing', async () => {
  const { sums, writes, count } = bed()
  count('a')
  const first = sums.flush()
  let all = false
  const second = sums.flush().then(() => {
    all = true
  })
  await turn()
  assert.deepEqual([writes.length, all], [1, false])
  writes[0]?.done.resolve()
  await Promise.all([first, second])
  assert.deepEqual([writes.length, all], [1, true])
})

test('what fails to be written is kept, with what came meanwhile, and who waited writes it', async () => {
  const { sums, writes, count } = bed()
  count('a')
  const first = sums.flush()
  count('a')
  count('b')
  const second = sums.flush()
  writes[0]?.done.reject(new Error('down'))
  await assert.rejects(first, /down/)
  await turn()
  assert.deepEqual(writes[1]?.sums, [
    { key: 'a', value: 2 },
    { key: 'b', value: 1 },
  ])
  writes[1]?.done.resolve()
  await second
  await sums.flush()
  assert.equal(writes.length, 2)
})

test('beyond the bound there is none to add to', () => {
  const { count } = bed(1)
  assert.deepEqual([count('a'), count('b'), count('a')], [true, false, true])
})
