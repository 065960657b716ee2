import type { CaseSetStore } from '../../../kernel/case-set.ts'
import type { ReaderOperations } from '../reader.ts'
import type { WorkerLink } from '../worker-link.ts'
import type { WriterOperations } from '../writer.ts'

export function setStore(writer: WorkerLink<WriterOperations>, reader: WorkerLink<ReaderOperations>): CaseSetStore {
  return {
    list: () => reader.ask('sets', undefined),
    put: (set, lines) => writer.ask('putSet', { set, lines }),
    lines: (page) => reader.ask('setLines', page),
    remove: (name) => writer.ask('removeSet', name),
    gateResults: (keys) => reader.ask('gateResults', keys),
    saveGateResult: (result) => writer.ask('saveGateResult', result),
  }
}
