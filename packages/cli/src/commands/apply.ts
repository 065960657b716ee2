import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { Exit, Failure, Refused } from '../failures.ts'
import { putGateFiles, readGateFiles, withFiles } from '../gate-files.ts'
import type { Io } from '../io.ts'
import { type ManifestFile, readManifestFile } from '../manifest-file.ts'
import type { Applied, Plan, PlannedGate } from '../platform.ts'
import { breakingChanges, diffOption, faultText, missedText, printPlan } from '../print-plan.ts'
import { type ConsentOptions, requireConsent } from '../require-consent.ts'

export interface ApplyOptions extends ClientOptions, ConsentOptions {
  readonly diff?: boolean
}

export function applyCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'apply [file]',
    summary: 'make the deployed state what a manifest says, whole or not at all; "-" reads stdin',
    examples: ['astraapi apply', 'astraapi apply prod.yaml --yes'],
    options: [diffOption, ['--yes', 'ask nothing, even where callers would be cut off']],
  }).action(async (named: string | undefined, options: ApplyOptions) => {
    await applyManifest(await readManifestFile(named, io), options, io)
  })
}

/** Shows what would change, asks where callers would be cut off, and does it. Throws when nothing was applied. */
export async function applyManifest(
  body: ManifestFile,
  options: ApplyOptions,
  io: Io,
  noteOnFaults?: string,
): Promise<void> {
  const client = await connect(options, io.env)
  const files = await readGateFiles(body, client, io)
  const wanted = { body: withFiles(body, files) }
  const { data: plan, text } = await client.request<Plan>('POST', '/api/v1/manifest/plan', wanted)
  if (!options.json) printPlan(plan, body.file, io.out, options.diff ? 'whole' : 'none')
  if (!plan.valid) {
    if (options.json) io.out.raw(`${text}\n`)
    if (noteOnFaults !== undefined) io.notes.line(noteOnFaults)
    throw new Exit(1, 'not valid')
  }
  await confirmBreaking(plan, options, io)
  await putGateFiles(files, client, io)
  if (plan.changes.length === 0 && !options.json) return
  // Only what was shown is applied: had the state moved on since, the gateway refuses.
  const ifMatch = String(plan.revision)
  const due = plan.gates?.filter(({ passed }) => passed === undefined) ?? []
  if (due.length > 0) io.notes.line(`Running ${due.length === 1 ? 'a gate' : `${due.length} gates`} …`)
  const applied = await client
    .request<Applied>('PUT', '/api/v1/manifest', { body, ifMatch, patient: due.length > 0 })
    .catch((thrown) => {
      throw thrown instanceof Refused ? notPassed(thrown, body.file) : thrown
    })
  if (!options.json) for (const gate of applied.data.gates ?? []) io.notes.line(passedText(gate), 'green')
  if (options.json) io.out.raw(`${applied.text}\n`)
  else io.notes.line(`Applied: revision ${applied.data.revision}.`, 'green')
}

/** What gates found stands in the manifest's lines, as a plan's faults do. */
function notPassed(refused: Refused, file: string): Failure {
  const { code, errors = [], next = '' } = refused.problem
  if (code !== 'gate_failed') return refused
  return new Failure(1, [...errors.map((fault) => faultText(fault, file)), `${next} (${code})`].join('\n'))
}

function passedText({ contract, version, data, passed, missed }: PlannedGate): string {
  return `${contract} ${version} passed ${data}: ${passed?.words ?? ''}${missedText(missed)}`
}

async function confirmBreaking(plan: Plan, options: ApplyOptions, io: Io): Promise<void> {
  const breaking = breakingChanges(plan)
  if (breaking.length === 0) return
  const list = breaking.map(({ action, what }) => `${action} ${what}`).join(', ')
  await requireConsent({ fact: `This breaks callers: ${list}.`, question: 'Apply it?' }, options, io)
}
