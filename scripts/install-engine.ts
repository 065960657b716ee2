// `npm run engine`: installs node-llama-cpp, by which the runtime serves GGUF files, into engines/llama. It stands outside of the
// repository's own dependencies because its optional ones bring CUDA builds of hundreds of megabytes; of its builds only this
// platform's comes along, and nothing is compiled or downloaded by scripts.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '3.22.1'
const builds: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
}

const platform = `${process.platform}-${process.arch}`
const build = builds[platform]
if (build === undefined)
  fail(`There is no build of the local engine for ${platform}; there are ${Object.keys(builds).join(', ')}.`)

const folder = fileURLToPath(new URL('../engines/llama', import.meta.url))
mkdirSync(folder, { recursive: true })
console.error(`Installing node-llama-cpp ${version} for ${platform} into engines/llama (about 85 MB) …`)
const npm = process.env.npm_execpath
const args = [
  'install',
  '--no-save',
  '--no-package-lock',
  '--omit=optional',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--prefix',
  folder,
  `node-llama-cpp@${version}`,
  `@node-llama-cpp/${build}@${version}`,
]
const { status } = spawnSync(npm ? process.execPath : 'npm', npm ? [npm, ...args] : args, {
  cwd: folder,
  stdio: 'inherit',
  shell: !npm && process.platform === 'win32',
})
if (status !== 0)
  fail('npm install failed (its messages stand above). Is the package registry reachable? Then run it again.')
console.log(
  `Put a GGUF file at ${join('models', '<name>', '<version>', 'model.gguf')}; docs/local-models.md goes on from there.`,
)

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
