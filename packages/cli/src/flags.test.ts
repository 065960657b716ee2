import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { addFlags, type FlagName, flagTable, readFlag } from './flags.ts'

for (const name of Object.keys(flagTable) as FlagName[]) {
  const { flags, env, initial } = flagTable[name]

  test(`${name}: the command line, then ${env}, then the default`, () => {
    const command = addFlags(new Command(), [name]).parse([flags.split(' ')[0] ?? '', 'given'], { from: 'user' })
    assert.equal(readFlag(name, command.opts(), { [env]: 'set' }), 'given')
    assert.equal(readFlag(name, {}, { [env]: 'set' }), 'set')
    assert.equal(readFlag(name, {}, { [env]: '' }), initial)
    assert.equal(readFlag(name, {}, {}), initial)
    assert.match(command.helpInformation(), new RegExp(env))
  })
}

test('names and defaults of a gateway are those that every document states', () => {
  const { listen, data, config, models } = flagTable
  assert.deepEqual(
    [listen, data, config, models].map(({ flags, env, initial }) => `${flags.split(' ')[0]} ${env} ${initial}`),
    [
      '--listen ASTRA_LISTEN 127.0.0.1:8787',
      '--data ASTRA_DATA .astra',
      '--config ASTRA_CONFIG astra.yaml',
      '--models ASTRA_MODELS models',
    ],
  )
})
