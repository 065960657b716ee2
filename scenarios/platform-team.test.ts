import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const page = new URL('../docs/platform-team.md', import.meta.url)
const program = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname

/** docs/platform-team.md, step by step: its lines go into the manifest, its commands run. Only the vendor is a fake. */
describe('the page for the platform team', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  let manifest = {}
  let text: string
  const apiKey = process.env.OPENAI_API_KEY

  const blocks = (part: string, language: string) =>
    [...part.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  const step = (number: number) => text.split(/\n## (?=\d\. )/)[number] ?? ''
  const declare = async (yaml: string) => {
    const fake = `model: gpt-4o-mini, apiKey: { env: OPENAI_API_KEY }, replicas: ["${vendor.url}"] }`
    manifest = merged(manifest, parse(yaml.replace('model: gpt-4o-mini }', fake)))
    await writeFile(join(folder, 'astra.yaml'), stringify(manifest))
  }
  const shell = async (script: string) => {
    const env = {
      ...process.env,
      ASTRA_URL: gateway.url,
      ASTRA_KEY: gateway.adminKey,
      PATH: `${folder}/bin:${process.env.PATH}`,
    }
    const run = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env })
    const { stdout, stderr } = await run.catch(({ message, stdout }) => assert.fail(`${message}\n${stdout}`))
    return { printed: stdout, said: stderr }
  }
  const take = async (number: number) => {
    for (const yaml of blocks(step(number), 'yaml')) await declare(yaml)
    const outputs = []
    for (const script of blocks(step(number), 'sh')) outputs.push(await shell(script))
    return outputs
  }

  before(async () => {
    process.env.OPENAI_API_KEY = 'sk-openai'
    vendor = await startFakeVendor({ protocol: 'openai' })
    folder = await mkdtemp(join(tmpdir(), 'astra-platform-'))
    const bin = join(folder, 'bin')
    await promisify(execFile)('mkdir', [bin])
    const shim = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`
    await writeFile(join(bin, 'astraapi'), shim, { mode: 0o755 })
    text = await readFile(page, 'utf8')
    for (const yaml of blocks(step(0), 'yaml')) await declare(yaml)
    gateway = await startTestGateway({ config: join(folder, 'astra.yaml') })
  })
  after(async () => {
    await gateway.stop()
    await vendor.close()
    await rm(folder, { recursive: true, force: true })
    if (apiKey === undefined) delete process.env.OPENAI_API_KEY
    else process.env.OPENAI_API_KEY = apiKey
  })

  it('has five steps, each with a command', () => {
    assert.equal(text.match(/\n## \d\. /g)?.length, 5)
    for (const number of [1, 2, 3, 4, 5]) assert.ok(blocks(step(number), 'sh').length > 0)
  })

  it('1: says who calls', async () => {
    const [ran] = await take(1)
    assert.match(ran?.printed ?? '', /Where is my parcel\?/)
    assert.match(await readFile(join(folder, 'shop.key'), 'utf8'), /^astra_/)
  })

  it('2: shows what it costs, by team', async () => {
    await take(2)
    // The Record of the page's own call may be a moment behind.
    await waitUntil(
      'the cost is told',
      async () => {
        const { printed } = await shell('astraapi usage --since 1d --by team,consumer')
        return /shop +growth +2 .*\$0\.0\S+ \+ 1 call unpriced/.test(printed)
      },
      20_000,
    )
  })

  it('3: bounds each application, and says why a call was refused', async () => {
    const [first, second] = await take(3)
    assert.match(first?.printed ?? '', /consumer shop +requests +600 in 1m +600/)
    assert.match(first?.printed ?? '', /consumer shop +concurrent +20 at once +20/)
    assert.match(first?.printed ?? '', /refused, as declared\n$/)
    assert.match(first?.said ?? '', /rate_limited/)
    assert.match(
      second?.printed ?? '',
      /^It was refused with "rate_limited" by the limit of consumer "blog", 30 requests an hour/,
    )
  })

  it('4: says who goes first when it is full', async () => {
    const [ran] = await take(4)
    const printed = ran?.printed ?? ''
    for (const line of [/inFlight +50 at once/, /queue +200 may wait/, /outputTokens +1000 an answer/])
      assert.match(printed, RegExp(`contract support-chat@v1 +${line.source}`))
  })

  it('5: gives each team a budget, which begins with what was spent', async () => {
    const [ran] = await take(5)
    const printed = ran?.printed ?? ''
    assert.equal(vendor.requests.at(-1)?.body.max_completion_tokens ?? vendor.requests.at(-1)?.body.max_tokens, 1000)
    assert.match(printed, /team growth +budget-day +USD 20 /)
    assert.match(printed, /team growth +budget-month +USD 300 /)
    const { limits } = JSON.parse((await shell('astraapi limits --team growth --json')).printed)
    for (const { limit, remaining } of limits) assert.ok(remaining < limit && remaining > limit - 0.01, `${remaining}`)
  })

  it('and a team whose budget does not leave room is told so, and why', async () => {
    await declare('teams: { growth: { limits: { budget: { day: 0.00061 } } } }')
    const { said } = await shell(
      'astraapi apply >&2; astraapi predict support-chat --text "One more?" --key-file shop.key || true',
    )
    assert.match(said, /budget_exhausted/)
    assert.match(said, /of team "growth"/)
    const { printed } = await shell(blocks(step(3), 'sh')[1] ?? '')
    assert.match(printed, /^It was refused with "budget_exhausted" by the limit of team "growth"/)
  })
})

/** Fields of `more` over those of `some`, as a person adds lines to a file. */
function merged(some: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>>): object {
  const both: Record<string, unknown> = { ...some }
  for (const [name, value] of Object.entries(more)) {
    const before = both[name]
    both[name] = isRecord(before) && isRecord(value) ? merged(before, value) : value
  }
  return both
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
