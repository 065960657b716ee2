// `npm test`: types, lint, tests, in that order, stopping at the first that fails.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules', '.bin')
const only = process.argv.slice(2)

const steps: readonly { readonly name: string; readonly command: string; readonly args: readonly string[] }[] = [
  { name: 'types', command: join(bin, 'tsc'), args: ['--noEmit'] },
  { name: 'lint', command: join(bin, 'biome'), args: ['check', '--error-on-warnings', '.'] },
  {
    name: 'tests',
    command: process.execPath,
    args: [
      '--test',
      '--test-concurrency=2',
      // A test that waits for ever is a failure that should name itself.
      '--test-timeout=180000',
      '--test-reporter=spec',
      ...(only.length > 0
        ? only
        : ['packages/**/*.test.ts', 'models/**/*.test.ts', 'scenarios/**/*.test.ts', 'bench/**/*.test.ts']),
    ],
  },
]

for (const { name, command, args } of steps) {
  const startedAt = performance.now()
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${bin}:${process.env.PATH}`, NODE_OPTIONS: '' },
  })
  console.log(
    `${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  )
  if (status !== 0) process.exit(1)
}
