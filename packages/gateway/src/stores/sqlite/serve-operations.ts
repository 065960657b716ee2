import { parentPort, workerData } from 'node:worker_threads'
import { AstraError, type ErrorCode, type ErrorFacts } from '../../kernel/errors.ts'
import { DataFolderError } from './data-folder.ts'
import { storageFault } from './storage-fault.ts'

/** What a worker can be asked for, by name. Inputs and outputs are plain data. One that takes long answers later, and lets others in. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>

/** What a worker is given at its start. */
export interface WorkerGiven {
  /** The data folder, absolute. */
  readonly folder: string
  /** Who uses it, in words. */
  readonly owner: string
}

export interface Ask {
  readonly id: number
  readonly name: string
  /** `WorkerLink` has checked it against the operation's own type. */
  readonly input: never
}

/** Number 0 answers the start. */
export type Reply = { readonly id: number } & ({ readonly output: unknown } | { readonly fault: Fault })

/** An error, as it crosses threads. */
export type Fault =
  | { readonly code: ErrorCode; readonly facts: Pick<ErrorFacts, 'detail' | 'next' | 'reason'> }
  | { readonly dataFolder: string }

/**
 * A worker's half of a `WorkerLink`: opens, says that it is ready or why not, then answers one ask after the other. `open`
 * returns what makes the operations, at the first ask. A message that is no ask ends the worker.
 */
export function serveOperations(open: (given: WorkerGiven) => () => Operations): void {
  if (!parentPort) throw new Error('serveOperations runs in a worker')
  const port = parentPort
  const answer = async (id: number, run: () => unknown): Promise<void> => {
    let reply: Reply
    try {
      const output = run()
      // Nothing comes in between where nothing is awaited.
      reply = { id, output: output instanceof Promise ? await output : output }
    } catch (thrown) {
      reply = { id, fault: faultOf(thrown) }
    }
    port.postMessage(reply)
  }

  void answer(0, () => {
    const make = open(workerData)
    let operations: Operations | undefined
    port.on('message', ({ id, name, input }: Ask) => {
      void answer(id, () => {
        operations ??= make()
        const operation = operations[name]
        if (!operation) throw new Error(`there is no operation "${name}"`)
        return operation(input)
      })
    })
  })
}

function faultOf(thrown: unknown): Fault {
  if (thrown instanceof DataFolderError) return { dataFolder: thrown.message }
  if (thrown instanceof AstraError) {
    const { detail, next, reason } = thrown.facts
    return { code: thrown.code, facts: { ...(detail && { detail }), ...(next && { next }), ...(reason && { reason }) } }
  }
  const { wrong, next } = storageFault(thrown)
  return { code: 'store_unavailable', facts: { reason: `${wrong}. ${next}` } }
}
