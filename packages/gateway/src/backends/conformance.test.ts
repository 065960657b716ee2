import { backendConformance } from './conformance.ts'
import { openEcho } from './echo/echo-harness.ts'
import { openOip } from './oip/testing/oip-harness.ts'

backendConformance('echo', openEcho, { lacks: ['deadReplica', 'lastHeaders'] })
backendConformance('oip', openOip, { lacks: ['chunks', 'cut', 'stall'] })
