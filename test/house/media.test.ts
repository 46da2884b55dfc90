import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Server } from 'bun'
import { type Answered, ask } from '../fakes/ask.ts'
import { rowOf, settled } from '../fakes/ledger.ts'
import { providerKey, providersAt, type Six, startSix } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/**
 * Pictures and documents that a caller names by their address, for a provider that takes none: they are fetched and sent
 * along, from public addresses alone unless the operator says otherwise, and no more of them than fits.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')

let six: Six
let cautious: Thalamus
let files: Server<undefined>
let fetched: string[] = []

const served: Readonly<Record<string, () => Response>> = {
  '/cat.png': () => new Response(png, { headers: { 'content-type': 'image/png' } }),
  '/plan.pdf': () => new Response(pdf, { headers: { 'content-type': 'application/pdf' } }),
  '/login': () => new Response('<html>Who are you?</html>', { headers: { 'content-type': 'text/html' } }),
  '/big.png': () => new Response(Buffer.alloc(5000), { headers: { 'content-type': 'image/png' } }),
  '/moved': () => Response.redirect('/cat.png', 302),
}

beforeAll(async () => {
  files = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url)
      fetched.push(pathname)
      return served[pathname]?.() ?? new Response('No.', { status: 404 })
    },
  })
  six = await startSix({ config: { server: { media: { private: true, max: '4KiB' } } } })
  cautious = await startThalamus({
    config: { providers: providersAt(six.sim.origin) },
    env: { PROVIDER_KEY: providerKey },
  })
})
afterAll(() => Promise.all([six?.stop(), cautious?.stop(), files?.stop(true)]))

type Body = Readonly<Record<string, unknown>>
type Way = {
  readonly name: string
  readonly path: string
  /** Where a fault in the file is named. */
  readonly at: string
  body(model: string, url: string): Body
}

const schema = { type: 'object', properties: {} }

const pictures: readonly Way[] = [
  {
    name: 'an image of a chat completion',
    path: '/v1/chat/completions',
    at: 'messages[0].content[1]',
    body: (model, url) => ({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See?' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    }),
  },
  {
    name: 'an image of a response',
    path: '/v1/responses',
    at: 'input[0].content[1]',
    body: (model, url) => ({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'See?' },
            { type: 'input_image', image_url: url, detail: 'auto' },
          ],
        },
      ],
    }),
  },
  {
    name: 'an image of a message',
    path: '/v1/messages',
    at: 'messages[0].content[1]',
    body: (model, url) => ({
      model,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See?' },
            { type: 'image', source: { type: 'url', url } },
          ],
        },
      ],
    }),
  },
  {
    name: 'an image in a tool’s result',
    path: '/v1/messages',
    at: 'messages[2].content[0].content[0]',
    body: (model, url) => ({
      model,
      max_tokens: 100,
      tools: [{ name: 'look', input_schema: schema }],
      messages: [
        { role: 'user', content: 'See?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'image', source: { type: 'url', url } }] },
          ],
        },
      ],
    }),
  },
]

const at = (file: string): string => `http://127.0.0.1:${files.port}${file}`

/** What came of it, which files were fetched for it, and what its provider was sent. */
async function send(way: Way, provider: string, url: string, house: Thalamus = six.house) {
  fetched = []
  await six.heard()
  const answered = await ask(house, JSON.stringify(way.body(`${provider}/echo`, url)), { path: way.path })
  const [sent] = await six.heard()
  return { answered, fetched, sent: sent?.body }
}

describe.each([...pictures])('$name', way => {
  test.each(['gemini-generate', 'bedrock-converse'])('is fetched for %s, and sent along', async provider => {
    const { answered, fetched, sent } = await send(way, provider, at('/cat.png'))
    expect([answered.status, fetched]).toEqual([200, ['/cat.png']])
    expect(sent).toContain(png.toString('base64'))
    expect(sent).not.toContain('127.0.0.1')
  })

  test('is left where it is for a provider that fetches it itself', async () => {
    const provider = way.path === '/v1/messages' ? 'openai-chat' : 'anthropic-messages'
    const { answered, fetched, sent } = await send(way, provider, at('/cat.png'))
    expect([answered.status, fetched]).toEqual([200, []])
    expect(sent).toContain(at('/cat.png'))
  })

  const refused: readonly (readonly [name: string, url: () => string, says: string])[] = [
    ['a page instead', () => at('/login'), 'it is text/html'],
    ['too much', () => at('/big.png'), 'larger than 4096 bytes'],
    ['a redirect', () => at('/moved'), 'a redirect, which is not followed'],
    ['nothing', () => at('/gone.png'), 'its server answered 404'],
    ['no server', () => 'http://127.0.0.1:1/cat.png', 'could not be reached'],
    ['no address', () => 'http://nowhere.invalid/cat.png', 'its host has no address'],
    ['a password', () => 'http://me:secret@files.example/cat.png', 'may not carry a password'],
  ]
  test.each([...refused])('is refused with its place where there is %s', async (_, url, says) => {
    const { answered, sent } = await send(way, 'bedrock-converse', url())
    expectRefused(answered, way.at, says)
    expect(sent).toBeUndefined()
    expect(await rowOf(six.house, answered.id)).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('is not fetched from a private address, unless the operator allows it', async () => {
    const port = files.port
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0.0.0.0']) {
      const url = `http://${host}:${port}/cat.png`
      const { answered, fetched, sent } = await send(way, 'gemini-generate', url, cautious)
      expectRefused(answered, way.at, 'its address is not a public one')
      expect([host, fetched, sent]).toEqual([host, [], undefined])
    }
    const metadata = await send(way, 'gemini-generate', 'http://169.254.169.254/latest/meta-data', cautious)
    expectRefused(metadata.answered, way.at, 'its address is not a public one')
  })
})

function expectRefused(answered: Answered, place: string, says: string): void {
  expect(answered.status).toBe(400)
  expect(answered.text).toContain(says)
  expect(answered.text).toContain(place)
}

const documents: readonly Way[] = [
  {
    name: 'a document of a message',
    path: '/v1/messages',
    at: 'messages[0].content[0]',
    body: (model, url) => ({
      model,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', title: 'Plan', source: { type: 'url', url } },
            { type: 'text', text: 'See?' },
          ],
        },
      ],
    }),
  },
  {
    name: 'a file of a response',
    path: '/v1/responses',
    at: 'input[0].content[0]',
    body: (model, url) => ({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_file', file_url: url },
            { type: 'input_text', text: 'See?' },
          ],
        },
      ],
    }),
  },
]

describe.each([...documents])('$name', way => {
  test.each(['gemini-generate', 'bedrock-converse', 'openai-chat'])('is fetched for %s', async provider => {
    const { answered, fetched, sent } = await send(way, provider, at('/plan.pdf'))
    expect([answered.status, fetched]).toEqual([200, ['/plan.pdf']])
    expect(sent).toContain(pdf.toString('base64'))
  })

  test('is refused where it is a page', async () => {
    expectRefused((await send(way, 'bedrock-converse', at('/login'))).answered, way.at, 'it is text/html')
  })
})

test('one that is named twice is fetched, and of very many none', async () => {
  const many = (n: number) => ({
    name: '',
    path: '/v1/chat/completions',
    at: '',
    body: (model: string, url: string) => ({
      model,
      messages: [
        { role: 'user', content: Array.from({ length: n }, () => ({ type: 'image_url', image_url: { url } })) },
      ],
    }),
  })
  expect((await send(many(2), 'gemini-generate', at('/cat.png'))).answered.status).toBe(200)
  const { answered, fetched } = await send(many(33), 'gemini-generate', at('/cat.png'))
  expect([answered.status, fetched]).toEqual([400, []])
  expect(answered.text).toContain('33 files by URL; at most 32')
})

test('base64 in a data URL is nobody’s to fetch, and goes on', async () => {
  const url = `data:image/png;base64,${png.toString('base64')}`
  for (const way of pictures.slice(0, 2)) {
    const { answered, fetched, sent } = await send(way, 'bedrock-converse', url)
    expect([answered.status, fetched]).toEqual([200, []])
    expect(sent).toContain(png.toString('base64'))
  }
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await Promise.all([settled(six.house), settled(cautious)])
  expect(six.sim.stats.inFlight).toBe(0)
  for (const house of [six.house, cautious]) expect(house.logLines().filter(line => line.level === 'error')).toEqual([])
})
