import type { Catalog, Contract, Version } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { concurrencyMax, type Evaluate, type EvaluationCase, type EvaluationRun } from '../../kernel/evaluation.ts'
import type { AskOwn } from '../../kernel/own-call.ts'
import { deployedContract, deployedVersion } from '../catalog/deployed.ts'
import { type AskPorts, askCases } from './ask-cases.ts'
import { RunTally } from './run-tally.ts'
import { verdictOf } from './verdict.ts'

export interface EvaluatePorts extends AskPorts {
  readonly ask: AskOwn
  readonly catalog: () => Catalog
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
}

const concurrencyDefault = 4

/** Asks a version, and another one beside it if wished, all cases of a set, and says how they did. */
export function createEvaluate(ports: EvaluatePorts): Evaluate {
  return async (run) => {
    const version = versionOf(run, run.version, ports)
    const against = run.against === undefined ? undefined : versionOf(run, run.against, ports)
    const { contract } = version
    const [startedAt, began] = [ports.clock.now(), ports.clock.elapsed()]
    const tally = new RunTally(run, version, against)
    const partial = await askCases(
      {
        cases: run.cases,
        versions: [version, ...(against ? [against] : [])].map(({ id }) => id),
        concurrency: Math.min(run.concurrency ?? concurrencyDefault, concurrencyMax, contract.limits.inFlightMax),
        signal: run.signal,
        ask: (one, id) => askOne(run, contract, one, id, ports.ask),
        take: (asked) => tally.take(asked),
      },
      ports,
    )
    const { kind, model, major, cases } = run
    const told = {
      ...{ kind, model, major, cases: cases.length, ...tally.told() },
      ...(partial === undefined ? {} : { partial }),
      ...{ startedAt, durationMs: ports.clock.elapsed() - began },
    }
    return { ...told, verdict: verdictOf(told) }
  }
}

function askOne(run: EvaluationRun, { limits }: Contract, { input }: EvaluationCase, version: string, ask: AskOwn) {
  const { id, kind, model, major, signal, catalog } = run
  return ask({
    ...{ role: kind, model, major, version, input, signal },
    ...{ timeoutMs: limits.timeoutMs, reference: id },
    ...(catalog ? { catalog } : {}),
  })
}

/** Rejects like any change of it does where it is not there, or was retired. */
function versionOf({ model, major, catalog }: EvaluationRun, id: string, ports: EvaluatePorts): Version {
  const { state, ...compiled } = catalog ?? ports.catalog()
  deployedVersion(deployedContract(state, model, major), `${model}@v${major}`, id)
  const version = compiled.model(model)?.contracts.get(major)?.versions.get(id)
  if (version === undefined) throw new AstraError('unknown_version')
  if (version.state.retired === undefined) return version
  throw new AstraError('version_retired', { detail: `${model}@v${major} ${id} was retired`, next: 'Name another one.' })
}
