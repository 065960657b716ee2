import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const root = new URL('..', import.meta.url).pathname
const read = (path: string) => readFile(path, 'utf8')

/**
 * The SDK's README as the author of an application follows it, block by block: packed, installed beside the repository, types
 * generated, compiled and run against the models that come along. Not checked, as no registry may be asked: other versions of
 * Node.js and TypeScript than the workspace's own, whose compiler stands in for the one that an application installs; nor
 * bundlers and browsers.
 */
describe('the SDK in an application of its own', () => {
  let gateway: TestGateway
  let folder: string
  let here: string
  let shop: string
  let text: string

  const blocks = (section: string, language: string) => {
    const part = text.split(`## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
    return [...part.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  }
  const shell = async (script: string, cwd = here) => {
    const env = {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      ASTRA_URL: gateway.url,
      ASTRA_KEY: gateway.adminKey,
      npm_config_offline: 'true',
      npm_config_cache: join(folder, 'npm-cache'),
    }
    const run = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, timeout: 120_000 })
    const { stdout, stderr } = await run.catch(({ message, stdout }) => assert.fail(`${message}\n${stdout}`))
    return { stdout, stderr }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-sdk-packed-'))
    here = join(folder, 'astraapi')
    shop = join(folder, 'shop')
    text = await read(join(root, 'packages/sdk/README.md'))
    await mkdir(join(here, 'packages'), { recursive: true })
    await mkdir(shop)
    for (const shared of ['node_modules', 'scripts', 'packages/cli'])
      await symlink(join(root, shared), join(here, shared))
    // Copied, as packing changes it for a moment.
    for (const own of ['package.json', 'packages/sdk']) await cp(join(root, own), join(here, own), { recursive: true })
    gateway = await startTestGateway({ config: join(root, 'astra.yaml'), models: repositoryModels })
  })
  after(async () => {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('is its sources within this repository', () => {
    assert.equal(import.meta.resolve('@astraapi/sdk'), new URL('../packages/sdk/src/index.ts', import.meta.url).href)
  })

  it('is packed as JavaScript that needs nothing else, and its folder is afterwards as it was', async () => {
    await writeFile(join(shop, 'package.json'), '{ "type": "module" }')
    const [install = ''] = blocks('Install', 'sh')
    await shell(install)

    const installed = join(shop, 'node_modules/@astraapi/sdk')
    assert.deepEqual((await readdir(installed)).sort(), ['README.md', 'dist', 'package.json'])
    assert.equal(JSON.parse(await read(join(installed, 'package.json'))).engines.node, '>=20')
    const files = (await readdir(join(installed, 'dist'), { recursive: true })).filter((file) => file.endsWith('.js'))
    const sources = await Promise.all(files.map((file) => read(join(installed, 'dist', file))))
    const imported = sources.flatMap((source) => [...source.matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name))
    assert.ok(imported.length > 20)
    for (const name of imported) assert.match(name, /^\.\.?\/.+\.js$/)

    assert.equal(
      await read(join(here, 'packages/sdk/package.json')),
      await read(join(root, 'packages/sdk/package.json')),
    )
    assert.ok(!(await readdir(join(here, 'packages/sdk'))).includes('dist'))
  })

  it('gets its types from the gateway, and from a contract file that was kept', async () => {
    const [generate = ''] = blocks('Generate the types', 'sh')
    const { stderr } = await shell(generate)
    assert.equal(stderr.match(/^Wrote /gm)?.length, 3)
    assert.match(await read(join(shop, 'astra-models.ts')), / from '@astraapi\/sdk'/)
  })

  it('compiles and runs the examples', async () => {
    // As `npm install --save-dev typescript @types/node` would.
    await mkdir(join(shop, 'node_modules/@types'))
    for (const name of ['typescript', '@types/node', '.bin'])
      await symlink(join(root, 'node_modules', name), join(shop, 'node_modules', name))
    const [tsconfig = ''] = blocks('Compile and run', 'json')
    await writeFile(join(shop, 'tsconfig.json'), tsconfig)
    const examples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
    assert.ok(examples.length >= 10)
    await writeFile(join(shop, 'app.ts'), examples.join('\n'))

    const [run = ''] = blocks('Compile and run', 'sh')
    const { stdout, stderr } = await shell(run)
    const said = [
      /^(ham|spam) 0\.\d+ by version 1\.[01], call [0-9a-f-]{36}$/m,
      /^told by 1\.0\nA fox\n1 item, no tokens$/m,
      /^cancelled$/m,
      /^ {2}calls: \[$/m,
      /^export interface Models \{$/m,
    ]
    // Compiled, and as it stands.
    for (const line of said) assert.equal([...stdout.matchAll(new RegExp(line, 'gm'))].length, 2, `${line}\n${stdout}`)
    assert.match(stderr, /path: '\/input\/text',\s+message: 'must have at most 1000000 characters/)
  })

  it('does not compile a wrong field', async () => {
    await writeFile(
      join(shop, 'app.ts'),
      `${blocks('First call', 'ts')[0]}await astra.models.spam.v1.predict({ txt: 'a' })`,
    )
    await assert.rejects(shell('npx tsc --noEmit', shop), /error TS2561/)
  })
})
