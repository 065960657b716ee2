import type { Payload, PayloadStore, StoredPayload } from '../../../kernel/payload.ts'
import type { ReaderOperations } from '../reader.ts'
import type { WorkerLink } from '../worker-link.ts'
import type { WriterOperations } from '../writer.ts'

export function payloadStore(writer: WorkerLink<WriterOperations>, reader: WorkerLink<ReaderOperations>): PayloadStore {
  return {
    put: (payloads) => writer.ask('putPayloads', payloads),
    async payload(callId) {
      const stored = await reader.ask('payload', callId)
      return stored && readOf(stored)
    },
    async payloads(filter) {
      const { payloads, next } = await reader.ask('payloads', filter)
      return { payloads: payloads.map(readOf), next }
    },
    count: (of) => reader.ask('countPayloads', of),
    async forget(of) {
      for (let gone = 0; ; ) {
        // Records are written between the steps.
        const step = await writer.ask('forgetPayloads', of)
        gone += step.gone
        if (!step.full) return gone
      }
    },
    expire: (now, bytesMax) => writer.ask('expirePayloads', { now, bytesMax }),
  }
}

function readOf(stored: StoredPayload): Payload {
  return { ...stored, inputs: JSON.parse(stored.inputs), outputs: JSON.parse(stored.outputs) }
}
