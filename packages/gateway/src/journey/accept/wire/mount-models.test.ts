import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { openWireBed, type WireBed } from './testing/wire-bed.ts'

const bed = (over: WireBed = {}) => openWireBed({ openai: openaiEmit, anthropic: anthropicEmit }, over)
const others = { vectors: 'embedding', judge: 'moderation', sorter: 'classification' } as const

const openaiModel = (id: string) => ({ id, object: 'model', created: 1_600_000_000, owned_by: 'mail-platform' })
const anthropicModel = { id: 'spam', type: 'model', display_name: 'spam', created_at: '2020-09-13T12:26:40.000Z' }

test("OpenAI's list has the models of every task that the door serves", async () => {
  const { json } = await bed({ others }).send('/openai/models')
  assert.deepEqual(json(), { object: 'list', data: ['spam', 'vectors', 'judge'].map(openaiModel) })
})

test("Anthropic's list has those that chat, on one page", async () => {
  const { json } = await bed({ others }).send('/anthropic/models?limit=5')
  assert.deepEqual(json(), { data: [anthropicModel], has_more: false, first_id: 'spam', last_id: 'spam' })
})

test('a list has what this key may use', async () => {
  const { send } = bed({ others, models: ['sorter'] })
  assert.deepEqual((await send('/openai/models')).json(), { object: 'list', data: [] })
  const none = { data: [], has_more: false, first_id: null, last_id: null }
  assert.deepEqual((await send('/anthropic/models')).json(), none)
})

test('one model, by any name that calls it', async () => {
  const { send } = bed()
  assert.deepEqual((await send('/openai/models/spam%40v1')).json(), openaiModel('spam'))
  assert.deepEqual((await send('/anthropic/models/spam')).json(), anthropicModel)
})

test('a model that is not there, not permitted, or of another kind', async () => {
  const { send } = bed({ others, models: ['spam', 'sorter', 'vectors'] })
  const status = async (path: string) => (await send(path)).status
  assert.equal(await status('/openai/models/spamm'), 404)
  assert.equal(await status('/openai/models/judge'), 403)
  assert.equal(await status('/anthropic/models/vectors'), 400)
  const { json } = await send('/openai/models/sorter')
  assert.match(json().error.message, /its task is classification\. Call it at POST \/models\/sorter\/v1\/predict/)
})
