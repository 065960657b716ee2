import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stream } from '../testing/asking.ts'
import { listenTo, noteArrival, withArrivals } from './arrivals.ts'
import type { ProviderName } from './providers.ts'
import { ask, openProvider, protocols } from './testing/provider-harness.ts'

for (const name of Object.keys(protocols) as ProviderName[]) {
  test(`${name}: what the package keeps to itself shows that upstream is still there`, async () => {
    const harness = await openProvider(name)
    const events = stream(harness, ask('[pings]'))[Symbol.asyncIterator]()
    const stillThere = { done: false, value: { type: 'still-there' } }
    assert.deepEqual(await events.next(), stillThere)
    const next = events.next()
    harness.upstream.letGo()
    assert.deepEqual(await next, stillThere)
    await events.return?.()
    await harness.backend.close()
    await harness.close()
  })
}

test('bytes that bring a part are told by it alone, and those of other requests not at all', async () => {
  const { signal } = new AbortController()
  const parts = new ReadableStream<string>({
    pull(controller) {
      noteArrival(signal)
      noteArrival(new AbortController().signal)
      controller.enqueue('part')
      controller.close()
    },
  })
  const seen: (string | undefined)[] = []
  for await (const part of withArrivals(parts, listenTo(signal))) seen.push(part)
  assert.deepEqual(seen, ['part'])
})

test('whoever leaves early lets go of the stream', async () => {
  const left = Promise.withResolvers<void>()
  const endless = new ReadableStream<string>({
    pull: (controller) => controller.enqueue('part'),
    cancel: () => left.resolve(),
  })
  for await (const _ of withArrivals(endless, listenTo(new AbortController().signal))) break
  await left.promise
})
