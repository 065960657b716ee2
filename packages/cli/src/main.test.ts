import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runWith } from './fake-gateway.ts'

const commands = [
  ...[
    'start',
    'runtime',
    'models',
    'predict',
    'calls',
    'explain',
    'usage',
    'plan',
    'apply',
    'traffic',
    'export',
    'generate',
    'status',
  ],
  ...['calls payload', 'calls forget'],
  ...['keys', 'keys create', 'keys list', 'keys revoke', 'tokens', 'tokens create'],
  ...['experiments', 'experiments list', 'experiments show', 'experiments start', 'experiments report'],
]

for (const command of commands) {
  test(`the help of ${command} shows an example of it`, async () => {
    const { code, out, notes } = await runWith([...command.split(' '), '--help'], {})
    assert.deepEqual([code, notes], [0, ''])
    assert.match(out, new RegExp(`Examples?:\\n  \\$ astraapi ${command}`))
  })
}

test('0 and every command in the help; 2 for a command line that is wrong, with the nearest', async () => {
  const help = await runWith(['--help'], {})
  assert.equal(help.code, 0)
  for (const command of commands.filter((name) => !name.includes(' ')))
    assert.match(help.out, new RegExp(`^  ${command}\\b`, 'm'))
  for (const [argv, said] of [
    [[], /Usage: astraapi/],
    [['modles'], /Did you mean models\?/],
    [['models', '--jsn'], /Did you mean --json\?/],
    [['explain'], /missing required argument/],
    [['models', 'spam'], /too many arguments/],
    [['keys', 'revok'], /Did you mean revoke\?/],
  ] as const) {
    const { code, out, notes } = await runWith(argv, {})
    assert.deepEqual([code, out], [2, ''], argv.join(' '))
    assert.match(notes, said)
  }
})

test('2 for flags that npm kept for itself, which would have done nothing', async () => {
  for (const [argv, env, said] of [
    [['start', '127.0.0.1:1'], { npm_lifecycle_event: 'start', npm_config_listen: 'true' }, 'npm start -- --listen …'],
    [['start'], { npm_lifecycle_event: 'start', npm_config_listen: '127.0.0.1:1' }, 'npm start -- --listen …'],
    [
      ['keys', 'create', 'x'],
      { npm_lifecycle_event: 'astraapi', npm_config_key_file: 'f' },
      'npm run -s astraapi -- keys … --key-file …',
    ],
  ] as const) {
    const { code, notes } = await runWith(argv, { env })
    assert.equal(code, 2)
    assert.match(notes, /^npm took --[a-z-]+ for itself\. Put -- before the flags: /)
    assert.ok(notes.endsWith(`${said}\n`), notes)
  }
  // Those that came through are used.
  const through = { npm_lifecycle_event: 'astraapi', npm_config_since: 'x', npm_config_before: '2026-01-01' }
  assert.match((await runWith(['calls', '--since=1h', '--key-file', '/none'], { env: through })).notes, /^No key/)
  // A variable of npm's alone keeps nothing from its command.
  const env = { npm_lifecycle_event: 'test', npm_config_listen: 'x' }
  assert.match((await runWith(['explain'], { env })).notes, /missing required argument/)
})

test('--version is of the program, and of calls', async () => {
  const { code, out } = await runWith(['--version'], {})
  assert.equal(code, 0)
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
  assert.equal((await runWith(['calls', '--version', '1.0', '--key-file', '/none'], {})).code, 2)
})

test('no flag takes a key', async () => {
  for (const command of commands) {
    const { out } = await runWith([...command.split(' '), '--help'], {})
    assert.doesNotMatch(out, /--(admin-)?key[ =]/)
  }
})

const bin = fileURLToPath(new URL('../bin/astraapi.mjs', import.meta.url))

test('the program runs, and hands its exit code on', () => {
  const { status, stderr } = spawnSync(process.execPath, [bin, 'modles'], { encoding: 'utf8' })
  assert.equal(status, 2)
  assert.match(stderr, /Did you mean models\?/)
})

const oldNode = '/usr/bin/node'
const old = existsSync(oldNode) && !process.execPath.startsWith('/usr/') ? oldNode : undefined
const isOld =
  old !== undefined &&
  Number(spawnSync(old, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0]) < 24

test('under an older Node it runs itself again with the packaged one', { skip: !isOld && 'no older Node here' }, () => {
  const { status, stderr } = spawnSync(old ?? '', [bin, 'modles'], { encoding: 'utf8' })
  assert.equal(status, 2, stderr)
  assert.match(stderr, /Did you mean models\?/)
  const again = spawnSync(old ?? '', [bin, 'modles'], {
    encoding: 'utf8',
    env: { ...process.env, ASTRA_RUN_AGAIN: '1' },
  })
  assert.equal(again.status, 1)
  assert.match(again.stderr, /needs Node 24 or later/)
})
