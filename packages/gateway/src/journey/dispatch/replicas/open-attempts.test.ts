import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OpenAttempt } from './member.ts'
import { OpenAttempts } from './open-attempts.ts'

const attempt = () => ({ place: -1 }) as OpenAttempt

test('holds what a Set would hold, whatever comes and goes', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 100 })
  fc.assert(
    fc.property(steps, (steps) => {
      const all = Array.from({ length: 10 }, attempt)
      const open = new OpenAttempts()
      const set = new Set<OpenAttempt>()
      for (const [adds, at] of steps) {
        const one = all[at] ?? assert.fail()
        if (!adds) {
          open.delete(one)
          set.delete(one)
        } else if (!set.has(one)) {
          open.add(one)
          set.add(one)
        }
        assert.equal(open.size, set.size)
        assert.deepEqual(new Set(open), set)
        for (const each of all) assert.equal(open.has(each), set.has(each))
      }
    }),
  )
})
