import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { traceFrom } from './trace.ts'

const id = '01976f3a-1111-7222-8333-444444444444'
const own = { traceId: '01976f3a111172228333444444444444', sampled: false, tracestate: undefined }

describe('traceFrom', () => {
  it("goes on with the caller's trace", () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
    assert.deepEqual(traceFrom({ traceparent, tracestate: 'v=1' }, id), {
      traceId: 'ab'.repeat(16),
      sampled: true,
      tracestate: 'v=1',
    })
  })

  it('begins a trace of its own, named by the call, where there is none or a malformed one', () => {
    const malformed = [
      undefined,
      '',
      'rubbish',
      `00-${'0'.repeat(32)}-${'cd'.repeat(8)}-01`,
      `00-${'ab'.repeat(16)}-${'0'.repeat(16)}-01`,
      `ff-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
      `00-${'AB'.repeat(16)}-${'cd'.repeat(8)}-01`,
    ]
    for (const traceparent of malformed)
      assert.deepEqual(traceFrom({ traceparent, tracestate: 'v=1' }, id), own, String(traceparent))
  })

  it('leaves an overlong tracestate out', () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`
    assert.equal(traceFrom({ traceparent, tracestate: 'x'.repeat(513) }, id).tracestate, undefined)
  })
})
