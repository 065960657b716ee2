import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readManifest } from '../packages/gateway/src/control/manifest/read-manifest.ts'

const root = new URL('..', import.meta.url).pathname

/**
 * The README as a newcomer runs it, block by block, in a copy of the repository's root. Only the port differs, as the usual one
 * may be taken on the machine that tests.
 */
describe('the README', () => {
  let folder: string
  let address: string
  let stop: () => Promise<unknown>
  const readme = () => readFile(join(root, 'README.md'), 'utf8')
  const blocks = async (section: string, language: string) => {
    const text = (await readme()).split(`## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
    return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
  }
  const shell = (script: string) => {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-euo', 'pipefail', '-c', script.replaceAll('127.0.0.1:8787', address)],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ASTRA_LISTEN: address },
      },
    )
    assert.equal(status, 0, `${script}\n${stdout}\n${stderr}`)
    return stdout
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
    })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    stop = () => {
      if (child.pid) process.kill(-child.pid, 'SIGTERM')
      return exited
    }
    address = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout?.on('data', (chunk) => {
        text += chunk
        const found = /ready at http:\/\/(\S+)/.exec(text)
        if (found?.[1]) resolve(found[1])
      })
      child.once('exit', (code) => reject(new Error(`npm start exited with ${code}: ${text}`)))
    })
  })
  after(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('makes a first call with curl, whose answer looks as shown', async () => {
    const [curl = '', graphql = ''] = await blocks('The first call', 'sh')
    const [shown = ''] = await blocks('The first call', 'json')
    const answer = JSON.parse(shell(curl))
    assert.deepEqual(Object.keys(answer), Object.keys(JSON.parse(shown)))
    assert.equal(answer.output.label, 'spam')
    const { data, errors } = JSON.parse(shell(`export DEMO_KEY=$(cat .astra/demo.key)\n${graphql}`))
    assert.equal(errors, undefined)
    assert.equal(data.models.embed.v1.output.embedding.length, 512)
  })

  it('shows the error of a typo as it is', async () => {
    const [curl = ''] = await blocks('The first call', 'sh')
    const problem = JSON.parse(shell(curl.replace('"text"', '"txet"')))
    const [, shown = ''] = await blocks('The first call', 'json')
    for (const field of ['title', 'detail', 'code', 'next', 'type']) {
      assert.ok(shown.includes(JSON.stringify(problem[field])), `${field}: ${problem[field]}`)
    }
  })

  it('generates types, and runs the SDK example with them', async () => {
    const [, , generate = ''] = await blocks('The first call', 'sh')
    const [example = ''] = await blocks('The first call', 'ts')
    shell(generate)
    await writeFile(join(folder, 'example.ts'), example.replaceAll('127.0.0.1:8787', address))
    const printed = shell(`export DEMO_KEY=$(cat .astra/demo.key)\n'${process.execPath}' example.ts`)
    assert.match(printed, /^(ham|spam) 1\.[01]\nOnce upon a time/)
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts'] }),
    )
    shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p .`)
    await writeFile(join(folder, 'wrong.ts'), example.replace('{ text: ', '{ txet: '))
    assert.throws(
      () => shell(`'${join(root, 'node_modules/.bin/tsc')}' --noEmit -p .`),
      /txet/,
      'a wrong field does not compile',
    )
  })

  it("adds one's own ONNX model in five lines", async () => {
    await copyFile(join(root, 'scenarios/testing/iris.onnx'), join(folder, 'iris.onnx'))
    const [place = '', commands = ''] = await blocks('Your own ONNX model', 'sh')
    const [lines = ''] = await blocks('Your own ONNX model', 'yaml')
    assert.equal(lines.trimEnd().split('\n').length, 5)
    shell(place)
    const manifest = await readFile(join(folder, 'astra.yaml'), 'utf8')
    await writeFile(join(folder, 'astra.yaml'), manifest.replace('models:\n', `models:\n${lines}`))
    assert.match(shell(commands), /label/)
  })

  it('calls over plain HTTP: a batch, a stream, feedback by reference', async () => {
    const http = (await blocks('The first call', 'sh')).at(-1) ?? ''
    const printed = shell(
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
    const printed = shell(commands.replaceAll('127.0.0.1:9001', `127.0.0.1:${await freePort()}`))
    assert.match(printed, /1\.1 +embedded +ready/)
    assert.match(printed, /1\.1 +http:\/\/127\.0\.0\.1:\d+ +(warming|ready)/)
    const yaml = `models:\n  spam:\n    owner: me\n    contracts:\n      v1:\n        task: embedding\n${lines}`
    const { faults } = readManifest(yaml) as { faults?: unknown }
    assert.equal(faults, undefined)
  })

  it('makes a key for an application that is declared', async () => {
    const [lines = ''] = await blocks('A key for an application', 'yaml')
    const [commands = ''] = await blocks('A key for an application', 'sh')
    const manifest = await readFile(join(folder, 'astra.yaml'), 'utf8')
    await writeFile(join(folder, 'astra.yaml'), manifest.replace('consumers:\n', `consumers:\n${lines}`))
    assert.match(shell(commands), /astra_[\w-]{49}/)
  })

  it('looks back at what happened', async () => {
    const [commands = ''] = await blocks('What happened to a call', 'sh')
    const { calls } = JSON.parse(shell('npm run -s astraapi -- calls --limit 5 --json'))
    const printed = shell(commands.replace('CALL-ID', calls[0].id))
    assert.match(printed, /Assigned to/)
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
