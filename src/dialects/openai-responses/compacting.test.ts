import { expect, test } from 'bun:test'
import type { JsonObject } from '../../model/json.ts'
import { holdsSealed } from '../../model/sealed.ts'
import { compacting } from './compacting.ts'
import { openaiResponses } from './index.ts'

const body = {
  model: 'm',
  instructions: 'Be brief.',
  tools: [{ type: 'function', name: 'f' }],
  input: [
    { role: 'user', content: 'What is 2+2?' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '4.' }] },
  ],
}
const reply = {
  id: 'resp_1',
  created_at: 7,
  output: [{ type: 'reasoning' }, { type: 'message', content: [{ type: 'output_text', text: 'Two and two is 4.' }] }],
  usage: { total_tokens: 9 },
}

test('the model is asked for a summary of all that was said, without tools', () => {
  const asked = compacting.asked(body)
  expect(asked).toMatchObject({ model: 'm', instructions: 'Be brief.', store: false })
  expect(asked.tools).toBeUndefined()
  const input = asked.input as readonly JsonObject[]
  expect(input.slice(0, 2)).toEqual(body.input)
  expect(JSON.stringify(input.at(-1))).toContain('Sum up our conversation')
  expect(compacting.asked({ model: 'm', input: 'hi' }).input).toHaveLength(2)
})

test('what the user said stays, and the summary is sealed', () => {
  const told = compacting.told(body, reply, 'req.1')
  expect(told).toMatchObject({ id: 'resp_1', object: 'response.compaction', created_at: 7, usage: reply.usage })
  const [said, compaction] = told.output as readonly JsonObject[]
  expect(said).toEqual({
    type: 'message',
    id: 'msg_req1_0',
    status: 'completed',
    role: 'user',
    content: 'What is 2+2?',
  })
  expect(compaction).toMatchObject({ id: 'cmp_req1', type: 'compaction' })
  expect(holdsSealed(JSON.stringify(compaction?.encrypted_content))).toBe(true)
})

test('a summary of ours is told to any model in words; another maker’s compaction stays sealed', () => {
  const [, compaction = {}] = compacting.told(body, reply, 'r').output as readonly JsonObject[]
  const understood = (item: JsonObject) =>
    openaiResponses.request.understand({ model: 'm', input: [item, { role: 'user', content: 'And 3+3?' }] }).messages[0]
  expect(understood(compaction)).toMatchObject({
    role: 'user',
    parts: [{ type: 'text', text: 'What was said so far, in short:\n\nTwo and two is 4.' }],
  })
  expect(understood({ type: 'compaction', encrypted_content: 'gAAA' })?.parts[0]).toMatchObject({ type: 'opaque' })
})
