import { backendConformance } from './conformance.ts'
import { openEcho } from './echo/echo-harness.ts'
import { openOip } from './oip/testing/oip-harness.ts'

// The echo runs inside the gateway: there is no connection that could break, nor a replica to watch over.
backendConformance('echo', openEcho, {
  lacks: ['deadReplica', 'lastHeaders', 'busy', 'unanswered', 'torn', 'held', 'waiting', 'health', 'connections'],
})
backendConformance('oip', openOip, { lacks: ['chunks', 'cut', 'stall'] })
