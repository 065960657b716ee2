// `npm run verify`: the long proofs (soaks, simulations), which `npm test` leaves out. Run before an issue is called done.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', '--test', '--test-concurrency=1', '--test-reporter=spec', '{packages,scenarios}/**/*.verify.ts'],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)
