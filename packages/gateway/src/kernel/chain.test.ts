import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Chain, type Link } from './chain.ts'

const step = fc.record({ do: fc.constantFrom('push', 'push', 'remove', 'renew', 'rotate'), at: fc.nat(30) })

test('stands as a list would, whatever is pushed, removed, renewed and rotated', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const chain = new Chain<number>()
      const made: Link<number>[] = []
      let list: Link<number>[] = []
      for (const { do: what, at } of steps) {
        const link = made[at % Math.max(1, made.length)]
        if (what === 'push') {
          const pushed = chain.push(made.length)
          made.push(pushed)
          list.push(pushed)
        } else if (what === 'rotate') {
          chain.rotate()
          list = [...list.slice(1), ...list.slice(0, 1)]
        } else if (link && what === 'renew') {
          chain.renew(link)
          if (list.includes(link)) list = [...list.filter((one) => one !== link), link]
        } else if (link) {
          assert.equal(chain.remove(link), list.includes(link))
          list = list.filter((one) => one !== link)
          // What has gone knows nobody.
          assert.deepEqual([link.before, link.after], [undefined, undefined])
        }
        const values = list.map(({ value }) => value)
        assert.deepEqual([...chain], values)
        assert.deepEqual([chain.length, chain.first, chain.last], [values.length, values[0], values.at(-1)])
      }
    }),
  )
})

test('what is read may be removed meanwhile', () => {
  const chain = new Chain<number>()
  const links = [1, 2, 3].map((n) => chain.push(n))
  const read: number[] = []
  for (const n of chain) {
    read.push(n)
    const link = links[n - 1]
    if (link) chain.remove(link)
  }
  assert.deepEqual([read, chain.length], [[1, 2, 3], 0])
})
