import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { readManifest } from '../packages/gateway/src/control/manifest/read-manifest.ts'
import { findPython, pythonMissing } from './testing/python/find-python.ts'
import { waitUntil } from './testing/wait-until.ts'

const root = new URL('..', import.meta.url).pathname

/** Of the usage report. */
interface Row {
  readonly by: Readonly<Record<string, string>>
  readonly costUsd: number
}

/**
 * The README as a newcomer runs it, block by block, in a copy of the repository's root. Only the port differs, as the usual one
 * may be taken on the machine that tests.
 */
describe('the README', () => {
  let folder: string
  let address: string
  let stop: () => Promise<unknown>
  let printed = ''
  const readme = () => readFile(join(root, 'README.md'), 'utf8')
  const blocks = async (section: string, language: string) => {
    const text = (await readme()).split(`## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
    return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  }
  const here = (text: string) => text.replaceAll('127.0.0.1:8787', address)
  /** Not the synchronous kind: what stands in for vendors lives in this process. */
  const shell = async (script: string) => {
    const env = { ...process.env, ASTRA_LISTEN: address }
    // One of them waits for what it started, and would do so for ever.
    const options = { cwd: folder, env, timeout: 120_000 }
    const ran = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here(script)], options)
    const { stdout } = await ran.catch(({ message, stdout }) => assert.fail(`${message}\n${stdout}`))
    return stdout
  }
  const editManifest = async (edit: (yaml: string) => string) => {
    const file = join(folder, 'astra.yaml')
    const yaml = await readFile(file, 'utf8')
    const edited = edit(yaml)
    assert.notEqual(edited, yaml)
    await writeFile(file, edited)
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-readme-'))
    for (const shared of ['node_modules', 'packages', 'scripts', 'package-lock.json'])
      await symlink(join(root, shared), join(folder, shared))
    for (const own of ['package.json', 'astra.yaml', 'models'])
      await cp(join(root, own), join(folder, own), { recursive: true })
    await symlink(join(root, 'node_modules'), join(folder, 'models', 'node_modules')).catch(() => undefined)
    const child = spawn('npm', ['start', '--', '--listen', '127.0.0.1:0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      env: { ...process.env, OPENAI_API_KEY: 'sk-openai', ANTHROPIC_API_KEY: 'sk-anthropic' },
    })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    stop = () => {
      if (child.pid) process.kill(-child.pid, 'SIGTERM')
      return exited
    }
    address = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', (chunk) => {
        printed += chunk
        const found = /ready at http:\/\/(\S+)/.exec(printed)
        if (found?.[1]) resolve(found[1])
      })
      child.once('exit', (code) => reject(new Error(`npm start exited with ${code}: ${printed}`)))
    })
  })
  after(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('makes a first call with curl, whose answer looks as shown', async () => {
    const [curl = '', graphql = ''] = await blocks('The first call', 'sh')
    const [shown = ''] = await blocks('The first call', 'json')
    const answer = JSON.parse(await shell(curl))
    assert.deepEqual(Object.keys(answer), Object.keys(JSON.parse(shown)))
    assert.equal(answer.output.label, 'spam')
    const { data, errors } = JSON.parse(await shell(`export DEMO_KEY=$(cat .astra/demo.key)\n${graphql}`))
    assert.equal(errors, undefined)
    assert.equal(data.models.embed.v1.output.embedding.length, 512)
  })

  it('shows the error of a typo as it is', async () => {
    const [curl = ''] = await blocks('The first call', 'sh')
    const problem = JSON.parse(await shell(curl.replace('"text"', '"txet"')))
    const [, shown = ''] = await blocks('The first call', 'json')
    for (const field of ['title', 'detail', 'code', 'next', 'type']) {
      assert.ok(shown.includes(JSON.stringify(problem[field])), `${field}: ${problem[field]}`)
    }
  })

  it('generates types, and runs the SDK example with them', async () => {
    const [, , generate = ''] = await blocks('The first call', 'sh')
    const [example = ''] = await blocks('The first call', 'ts')
    await shell(generate)
    await writeFile(join(folder, 'example.ts'), example.replaceAll('127.0.0.1:8787', address))
    const printed = await shell(`export DEMO_KEY=$(cat .astra/demo.key)\n'${process.execPath}' example.ts`)
    assert.match(printed, /^(ham|spam) 1\.[01]\nOnce upon a time/)
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts'] }),
    )
    await shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p .`)
    await writeFile(join(folder, 'wrong.ts'), example.replace('{ text: ', '{ txet: '))
    await assert.rejects(
      shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p .`),
      /txet/,
      'a wrong field does not compile',
    )
  })

  it("adds one's own ONNX model in five lines", async () => {
    await copyFile(join(root, 'scenarios/testing/iris.onnx'), join(folder, 'iris.onnx'))
    const [place = '', commands = ''] = await blocks('Your own ONNX model', 'sh')
    const [lines = ''] = await blocks('Your own ONNX model', 'yaml')
    assert.equal(lines.trimEnd().split('\n').length, 5)
    await shell(place)
    await editManifest((yaml) => yaml.replace('models:\n', `models:\n${lines}`))
    assert.match(await shell(commands), /label/)
  })

  it('calls over plain HTTP: a batch, a stream, feedback by reference', async () => {
    const http = (await blocks('The first call', 'sh')).at(-1) ?? ''
    const printed = await shell(
      http
        .replaceAll('curl -s ', 'curl -sS --fail-with-body -w "\\n" ')
        .replaceAll('curl -sN ', 'curl -sSN --fail-with-body '),
    )
    assert.equal(JSON.parse(printed.split('\n')[0] ?? '').results.length, 2)
    assert.match(printed, /event: answer-end/)
    assert.match(printed, /\{"call":"[0-9a-f-]{36}"\}/)
  })

  it('adds a replica, shows it and removes it', async () => {
    const [commands = ''] = await blocks('More replicas', 'sh')
    const [lines = ''] = await blocks('More replicas', 'yaml')
    const printed = await shell(commands.replaceAll('127.0.0.1:9001', `127.0.0.1:${await freePort()}`))
    assert.match(printed, /1\.1 +embedded +ready/)
    assert.match(printed, /1\.1 +http:\/\/127\.0\.0\.1:\d+ +(warming|ready)/)
    const yaml = `models:\n  spam:\n    owner: me\n    contracts:\n      v1:\n        task: embedding\n${lines}`
    const { faults } = readManifest(yaml) as { faults?: unknown }
    assert.equal(faults, undefined)
  })

  it('makes a key for an application that is declared', async () => {
    const [lines = ''] = await blocks('A key for an application', 'yaml')
    const [commands = ''] = await blocks('A key for an application', 'sh')
    await editManifest((yaml) => yaml.replace('consumers:\n', `consumers:\n${lines}`))
    assert.match(await shell(commands), /astra_[\w-]{49}/)
  })

  it('compares two versions on live traffic, and reports', async () => {
    const section = 'A new version, tried on live traffic'
    const [metrics = '', experiment = ''] = await blocks(section, 'yaml')
    const [commands = ''] = await blocks(section, 'sh')
    await editManifest(
      (yaml) => yaml.replace('        labels: [ham, spam]\n', `        labels: [ham, spam]\n${metrics}`) + experiment,
    )
    assert.match(await shell(commands), /^(Nothing was analysed yet|Not decided yet).*spam@v1: running since/ms)
    assert.match(await readFile(join(folder, 'spam-1-1.html'), 'utf8'), /^<!doctype html>.*<title>spam-1-1: running</s)
    await shell('npm run -s astraapi -- experiments stop spam-1-1')
  })

  it('tries a version on held-out mails, and refuses one that does not pass', async () => {
    const section = 'Before it gets any traffic'
    const told = (await readme()).split(`## ${section}\n`)[1]?.split('\n## ')[0]?.replaceAll('\n', ' ') ?? ''
    const [said = '', refusal = ''] = [...told.matchAll(/ \*(\S[^*]+)\*/g)].map(([, words = '']) => words)
    const [commands = ''] = await blocks(section, 'sh')
    assert.ok((await shell(commands)).startsWith(said), said)
    const [gates = ''] = await blocks(section, 'yaml')
    const [, version = ''] = /`("2\.0": [^`]*)`/.exec(told) ?? []
    const before = await readFile(join(folder, 'astra.yaml'), 'utf8')
    await editManifest((yaml) =>
      yaml
        .replace('        labels: [ham, spam]\n', `        labels: [ham, spam]\n${gates}`)
        .replace('          "1.1": {}\n', `          "1.1": {}\n          ${version}\n`),
    )
    await assert.rejects(shell('npm run -s astraapi -- apply 2>&1'), ({ message }: Error) => message.includes(refusal))
    await writeFile(join(folder, 'astra.yaml'), before)
  })

  it('looks back at what happened', async () => {
    const [commands = ''] = await blocks('What happened to a call', 'sh')
    const { calls } = JSON.parse(await shell('npm run -s astraapi -- calls --limit 5 --json'))
    const printed = await shell(commands.replace('CALL-ID', calls[0].id))
    assert.match(printed, /Assigned to/)
  })

  describe('its language models, at fakes of the vendors', () => {
    let openai: FakeVendor
    let anthropic: FakeVendor
    const section = 'Language models'
    const question = 'Where is my parcel?'
    /** The only difference: at another address than the vendor's own the key has to be named. */
    const settings = (vendor: FakeVendor, key: string) => `apiKey: { env: ${key} }, replicas: ["${vendor.url}"]`
    const faked = (yaml: string) =>
      yaml
        .replaceAll('model: gpt-4o-mini }', `model: gpt-4o-mini, ${settings(openai, 'OPENAI_API_KEY')} }`)
        .replaceAll(/model: (claude[\w-]+) \}/g, `model: $1, ${settings(anthropic, 'ANTHROPIC_API_KEY')} }`)
    const program = async (code: string, name: string) => {
      await writeFile(join(folder, 'llm', name), here(code))
      return await shell(`export DEMO_KEY=$(cat .astra/demo.key)\n'${process.execPath}' llm/${name}`)
    }

    const haveCost = async (versions: readonly string[]) => {
      const { rows } = JSON.parse(await shell('npm run -s astraapi -- usage --by model,version --json'))
      return versions.every((version) =>
        rows.some(({ by, costUsd }: Row) => by.model === 'chat' && by.version === version && costUsd > 0),
      )
    }

    before(async () => {
      openai = await startFakeVendor({ protocol: 'openai' })
      anthropic = await startFakeVendor({ protocol: 'anthropic' })
      await mkdir(join(folder, 'llm'))
    })
    after(async () => {
      await openai.close()
      await anthropic.close()
    })

    it('adds one with a command, whose vendor gets the key and nobody else', async () => {
      const [commands = ''] = await blocks(section, 'sh')
      const hint = commands.split('\n')[0]?.replace(' --apply', ' --apply --listen 127.0.0.1:0')
      await waitUntil('the start says the same', () => printed.includes(`OPENAI_API_KEY is set: "${hint}"`), 20_000)
      const at = `--replica ${openai.url} --api-key-env OPENAI_API_KEY`
      const told = await shell(commands.replace('gpt-4o-mini', `gpt-4o-mini ${at}`))
      assert.match(told, new RegExp(`\n${question.replace('?', '\\?')}\n$`))
      assert.equal(openai.requests.at(-1)?.headers.authorization, 'Bearer sk-openai')
      assert.doesNotMatch(printed + told + (await readFile(join(folder, 'astra.yaml'), 'utf8')), /sk-openai/)
    })

    it('names every flag that an Ollama needs', async () => {
      const [, flags = ''] = /`(--backend [^`]*ollama[^`]*)`/.exec(await readme()) ?? []
      const lines = await shell(`npm run -s astraapi -- add mine ${flags} --model llama3.2 --dry-run`)
      assert.match(lines, /vendor: ollama, replicas: \[ http:\/\/127\.0\.0\.1:11434\/v1 \]/)
    })

    it("is called by OpenAI's and Anthropic's clients, streamed", async () => {
      const [withOpenai = '', withAnthropic = ''] = await blocks(section, 'ts')
      assert.equal(await program(withOpenai, 'openai.ts'), question)
      assert.equal(await program(withAnthropic, 'anthropic.ts'), question)
    })

    const python = findPython('openai')
    it("is called by OpenAI's client for Python", { skip: python === undefined && pythonMissing }, async () => {
      const [code = ''] = await blocks(section, 'python')
      await writeFile(join(folder, 'llm/chat.py'), here(code))
      assert.equal(await shell(`export DEMO_KEY=$(cat .astra/demo.key)\n'${python}' llm/chat.py`), question)
    })

    it('streams typed by REST, GraphQL and SDK, and its examples compile', async () => {
      const [, commands = ''] = await blocks(section, 'sh')
      const [, , withSdk = ''] = await blocks(section, 'ts')
      const told = await shell(
        commands.replaceAll('curl -sN ', 'curl -sSN --fail-with-body ').replace('--out ', '--out llm/'),
      )
      assert.match(told, /event: chunk\ndata: \{"type":"text-delta","choice":0,"text":"Where "\}/)
      assert.match(told, /event: answer-end/)
      assert.match(told, /event: next\ndata: .*"text":"parcel\?"/)
      assert.match(told, /event: complete/)
      assert.match(await program(withSdk, 'sdk.ts'), /^Where is my parcel\?\d+\n$/)
      const tsconfig = { extends: join(root, 'tsconfig.json'), include: ['*.ts'] }
      await writeFile(join(folder, 'llm/tsconfig.json'), JSON.stringify(tsconfig))
      await shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p llm`)
      await writeFile(join(folder, 'llm/wrong.ts'), withSdk.replace("'text-delta'", "'text-detla'"))
      await assert.rejects(shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p llm`), /text-detla/)
    })

    it('falls back to the second vendor, and says what it cost', async () => {
      const [versions = '', prices = ''] = await blocks(section, 'yaml')
      await editManifest(
        (yaml) => yaml.replace(/( {2}chat:[\s\S]*?) {8}versions:\n.*\n/, `$1${faked(versions)}`) + prices,
      )
      await shell('npm run -s astraapi -- apply')
      openai.script('failed')
      const failed = await shell(`npm run -s astraapi -- predict chat --text '${question}' --json`)
      const well = await shell(`npm run -s astraapi -- predict chat --text '${question}' --json`)
      assert.deepEqual([JSON.parse(failed).version, JSON.parse(well).version], ['2.0', '1.0'])
      await waitUntil('both versions have their cost', () => haveCost(['1.0', '2.0']), 20_000)
    })

    it('puts a prompt beside the ONNX models of a contract', async () => {
      const [, , version = ''] = await blocks(section, 'yaml')
      const at = `${version.replace(/\n/, `\n            replicas: ["${openai.url}"]\n`)}`
      const prompt = at.replace('gpt-4o-mini }', 'gpt-4o-mini, apiKey: { env: OPENAI_API_KEY } }')
      await editManifest((yaml) => yaml.replace('          "1.1": {}\n', `          "1.1": {}\n${prompt}`))
      await shell('npm run -s astraapi -- apply')
      const answer = await shell('npm run -s astraapi -- predict spam --text "You won!" --version-pin 1.2 --json')
      const { version: served, output } = JSON.parse(answer)
      assert.equal(served, '1.2')
      assert.match(output.label, /^(ham|spam)$/)
    })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
