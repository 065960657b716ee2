import { backendConformance } from './conformance.ts'
import { openEcho } from './echo/echo-harness.ts'
import { openOip, openOipChat } from './oip/testing/oip-harness.ts'
import { openPrompt } from './prompt/testing/prompt-harness.ts'
import { openVendor } from './vendor/testing/vendor-harness.ts'

// The echo runs inside the gateway: there is no connection that could break, nor a replica to watch over.
backendConformance('echo', openEcho, {
  lacks: ['deadReplica', 'lastHeaders', 'busy', 'unanswered', 'torn', 'held', 'waiting', 'health', 'connections'],
})
// What is generated streams; tensors come whole.
backendConformance('oip', openOip, { lacks: ['chunks', 'cut', 'stall'], streams: 'some versions' })
backendConformance('oip (chat)', openOipChat, { streams: 'some versions' })

// A vendor is not probed, tells nothing of its load, and is busy when it is unavailable.
for (const protocol of ['openai', 'anthropic'] as const) {
  backendConformance(protocol, () => openVendor(protocol), { lacks: ['unavailable', 'waiting', 'health'] })
}

// What upstream has against a request is for the owner of the prompt: no input is refused. The connections are upstream's.
backendConformance('prompt', openPrompt, {
  lacks: ['refused', 'unavailable', 'waiting', 'health', 'connections', 'chunks', 'cut', 'stall'],
  streams: 'no version',
})
