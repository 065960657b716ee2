import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startGateway } from '@astraapi/gateway'
import { type Astra, createAstra } from '@astraapi/sdk'
import { type HeldOutMail, heldOutMail } from '../../models/spam/held-out.ts'
import type { ExperimentJson, ExperimentReport } from '../../packages/cli/src/report/experiment-json.ts'
import { demoManifest, experimentName, type VariantName, variants } from './demo-manifest.ts'

const models = join(import.meta.dirname, '..', '..', 'models')

/** What a run came to. */
export interface DemoRun {
  readonly report: ExperimentReport
  /** Calls that were sent before it was decided, those in flight included. */
  readonly calls: number
  /** Which version answered each of some calls after the decision. */
  readonly servedAfter: Readonly<Record<string, number>>
}

export interface DemoOptions {
  readonly variant: VariantName
  readonly print: (line: string) => void
  /** Calls in flight. */
  readonly clients?: number
}

/** A gateway of its own in a temporary folder, and real mails through the SDK until the controller has decided. */
export async function runDemo({ variant, print, clients = 8 }: DemoOptions): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-demo-'))
  const config = join(folder, 'astra.yaml')
  await writeFile(config, demoManifest(variant))
  const gateway = await startGateway({
    ...{ listen: '127.0.0.1:0', data: join(folder, 'data'), config, models, logLevel: 'silent', print: () => {} },
    experimentsEvery: '500ms',
  })
  try {
    const admin = createAstra({ url: gateway.url, key: (await readFile(gateway.adminKeyPath ?? '', 'utf8')).trim() })
    const mailServer = createAstra({ url: gateway.url, key: await keyFor(admin, 'mail-server') })
    await change(admin, 'start')
    print(`The experiment runs: ${variants[variant].candidate} against ${variants[variant].control}, 50/50.`)
    const calls = await sendUntilDecided(mailServer, admin, { variant, clients, print })
    const { data: report } = await admin.request<ExperimentReport>('GET', `/experiments/${experimentName}/report`)
    return { report, calls, servedAfter: await servedNow(mailServer) }
  } finally {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function keyFor(admin: Astra, consumer: string): Promise<string> {
  const body = { consumer, permissions: ['infer'] }
  return (await admin.request<{ readonly secret: string }>('POST', '/keys', { body })).data.secret
}

async function change(admin: Astra, action: string): Promise<void> {
  const { etag } = await admin.request('GET', `/experiments/${experimentName}`)
  await admin.request('POST', `/experiments/${experimentName}/${action}`, { body: {}, ifMatch: etag })
}

interface Sending extends Required<DemoOptions> {}

/** Each mail is one unit with one call: real units, none of them twice. */
async function sendUntilDecided(server: Astra, admin: Astra, { variant, clients, print }: Sending): Promise<number> {
  const mails = heldOutMail()
  let calls = 0
  let decided = false
  const client = async () => {
    for (const mail of mails) {
      if (decided) return
      calls++
      await sendOne(server, mail, variants[variant].truth)
    }
  }
  const watch = async () => {
    let said: string | undefined
    while (!decided) {
      await pause(250)
      const { data } = await admin.request<ExperimentJson>('GET', `/experiments/${experimentName}`)
      decided = data.status !== 'running'
      const [evaluation] = data.evaluations
      const text = evaluation?.verdict.text
      if (!decided && text !== undefined && text !== said) print(`${String(calls).padStart(5)} calls  ${text}`)
      said = text
    }
  }
  const sending = Promise.all(Array.from({ length: clients }, client))
  const watching = watch()
  try {
    await sending
    // The last units have to be frozen and looked at.
    if (!decided) await Promise.race([watching, pause(10_000)])
  } finally {
    if (!decided) print('All held-out mails were sent, and nothing is decided.')
    decided = true
    await watching
  }
  return calls
}

/** The mail server asks, and later learns what was right: it knows the mail, not the call. */
async function sendOne(server: Astra, { id, text, label }: HeldOutMail, truth: boolean): Promise<void> {
  const output = await predict(server, text, { unit: id, reference: id })
  if (!truth || output === undefined) return
  await server.feedback({ reference: id, metric: 'correct', value: output.label === label, source: 'ground_truth' })
}

interface Output {
  readonly label: string
}

/** Undefined where the call failed: the mail server goes on, and the Record tells. */
async function predict(server: Astra, text: string, options: object): Promise<Output | undefined> {
  try {
    return (await server.model('spam', 'v1').predict({ text }, options)).output as Output
  } catch {
    return undefined
  }
}

async function servedNow(server: Astra): Promise<Readonly<Record<string, number>>> {
  const served: Record<string, number> = {}
  for (let i = 0; i < 20; i++) {
    const { version } = await server.model('spam', 'v1').predict({ text: 'Lunch at noon?' }, { unit: `after-${i}` })
    served[version] = (served[version] ?? 0) + 1
  }
  return served
}
