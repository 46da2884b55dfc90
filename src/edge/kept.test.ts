import { expect, test } from 'bun:test'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import type { Forwarded } from '../line.ts'
import { openMemory } from '../stores/memory/open.ts'
import type { Door } from './door.ts'
import { answerKept, type KeptPlace } from './kept.ts'

test('a provider is asked with what the reference knows of the query, and never with a caller’s key', async () => {
  const { replies } = openMemory()
  replies.keep({ id: 'resp_1', keyId: 'k', at: 0, maker: 'acme/m', kept: undefined, lasting: true })
  const asked: string[] = []
  const door = {
    replies,
    rooms: { authenticate: () => ({ keyId: 'k' }) },
    async forward({ path }: Forwarded) {
      asked.push(path)
      return new Response()
    },
  } as unknown as Door
  const query = 'key=thal_1&limit=1&include%5B%5D=a&other=b'
  for (const what of ['reply', 'items', 'cancel'] as const) {
    const place: KeptPlace = { kind: 'kept', method: 'GET', dialect: openaiResponses, id: 'resp_1', what }
    await answerKept(new Request(`http://gateway.test/v1/responses/resp_1?${query}`), door, place)
  }
  const known = '?limit=1&include%5B%5D=a'
  expect(asked).toEqual([`/resp_1${known}`, `/resp_1/input_items${known}`, `/resp_1/cancel${known}`])
})
