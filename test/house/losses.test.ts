import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { rowOf } from '../fakes/ledger.ts'
import { callers, type DialectId, dialects, providersAt, type Six, startSix } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/**
 * What has no place in the provider's dialect is told in the caller's own words: in a header, in the log, in the ledger.
 * A strict caller is refused instead. And what was sealed for one target is not shown to another.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let six: Six
let strict: Thalamus
beforeAll(async () => {
  six = await startSix()
  strict = await startThalamus({
    config: { providers: providersAt(six.sim.origin), defaults: { strict: true } },
    env: { PROVIDER_KEY: 'sk-of-the-providers-0001' },
  })
})
afterAll(() => Promise.all([six?.stop(), strict?.stop()]))

type Body = Readonly<Record<string, unknown>>

/** How a caller of each dialect asks for a few words, and where. */
const tongues: Readonly<Record<(typeof callers)[number], { path(model: string): string; body(model: string): Body }>> =
  {
    'openai-chat': {
      path: () => '/v1/chat/completions',
      body: model => ({ model, messages: [{ role: 'user', content: 'hi' }] }),
    },
    'openai-responses': { path: () => '/v1/responses', body: model => ({ model, input: 'hi' }) },
    'anthropic-messages': {
      path: () => '/v1/messages',
      body: model => ({ model, max_tokens: 4096, messages: [{ role: 'user', content: 'hi' }] }),
    },
    'gemini-generate': {
      path: model => `/v1beta/models/${model}:generateContent`,
      body: () => ({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    },
  }

type Asking = {
  readonly caller: (typeof callers)[number]
  readonly provider: DialectId
  readonly extra: Body
  readonly at?: Pick<Thalamus, 'url' | 'key'>
  readonly headers?: Readonly<Record<string, string>>
}

function say({ caller, provider, extra, at = six.house, headers = {} }: Asking): Promise<Answered> {
  const model = `${provider}/echo`
  const { path, body } = tongues[caller]
  return ask(at, JSON.stringify({ ...body(model), ...extra }), { path: path(model), headers })
}

/** What is sent, whom it is for, and how it is lost. */
const losses: readonly (readonly [
  caller: (typeof callers)[number],
  provider: DialectId,
  extra: Body,
  lost: string[],
])[] = [
  [
    'openai-chat',
    'anthropic-messages',
    { seed: 7, logit_bias: { 50: 1 }, n: 2, prompt_cache_key: 'k', brand_new: 1 },
    ['seed', 'logit_bias', 'n', 'prompt_cache_key', 'brand_new'],
  ],
  ['openai-chat', 'openai-responses', { seed: 7, stop: ['x'] }, ['seed', 'stop']],
  [
    'openai-chat',
    'gemini-generate',
    {
      messages: [
        { role: 'system', name: 'boss', content: 'x' },
        { role: 'user', name: 'ada', content: 'hi' },
      ],
    },
    ['messages[0].name', 'messages[1].name'],
  ],
  ['openai-chat', 'cohere-chat', { metadata: { a: 'b' }, user: 'u' }, ['metadata', 'user']],
  ['openai-chat', 'cohere-chat', { constructor: 1 }, ['constructor']],
  ['openai-chat', 'openai-responses', { max_tokens: 5 }, ['max_tokens']],
  ['openai-chat', 'cohere-chat', { safety_identifier: 'u' }, ['safety_identifier']],
  ['openai-responses', 'cohere-chat', { safety_identifier: 'u' }, ['safety_identifier']],
  ['openai-chat', 'bedrock-converse', { functions: [{ name: 'f' }] }, ['functions']],
  [
    'openai-responses',
    'openai-chat',
    { truncation: 'auto', reasoning: { effort: 'low', summary: 'auto' } },
    ['truncation', 'reasoning.summary'],
  ],
  [
    'openai-responses',
    'gemini-generate',
    { text: { verbosity: 'low' }, max_tool_calls: 3, include: ['web_search_call.action.sources'] },
    ['text.verbosity', 'max_tool_calls', 'include'],
  ],
  [
    'anthropic-messages',
    'openai-chat',
    {
      system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
      container: 'c',
      thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' },
    },
    ['system[0].cache_control', 'container', 'thinking.display'],
  ],
  ['anthropic-messages', 'openai-responses', { top_k: 5, stop_sequences: ['x'] }, ['top_k', 'stop_sequences']],
  ['anthropic-messages', 'cohere-chat', { metadata: { user_id: 'u' } }, ['metadata.user_id']],
  [
    'gemini-generate',
    'anthropic-messages',
    { generationConfig: { seed: 7, presencePenalty: 0.5 }, safetySettings: [], labels: { a: 'b' } },
    ['generationConfig.seed', 'generationConfig.presencePenalty', 'safetySettings', 'labels'],
  ],
  [
    'gemini-generate',
    'openai-chat',
    { generationConfig: { thinkingConfig: { includeThoughts: true }, mediaResolution: 'MEDIA_RESOLUTION_LOW' } },
    ['generationConfig.thinkingConfig.includeThoughts', 'generationConfig.mediaResolution'],
  ],
]

describe.each([...losses])('%s to %s with %j', (caller, provider, extra, lost) => {
  test('is answered, and what was left out is named in the header, the log and the ledger', async () => {
    const answered = await say({ caller, provider, extra })
    expect(answered.status).toBe(200)
    expect(answered.headers.get('x-thalamus-lost')?.split(', ').sort()).toEqual([...lost].sort())
    expect([...(await rowOf(six.house, answered.id)).lost].sort()).toEqual([...lost].sort())
    const line = await six.house.logged(each => each.event === 'request' && each.request_id === answered.id)
    expect([...(line.lost as string[])].sort()).toEqual([...lost].sort())
  })

  const ways = [
    ['by its header', () => six.house, { 'x-thalamus-strict': '1' }],
    ['by the config', () => strict, {}],
  ] as const

  test.each(ways)('is refused where the caller is strict %s, and nobody is asked', async (_, at, headers) => {
    await six.heard()
    const answered = await say({ caller, provider, extra, at: at(), headers })
    expect(answered.status).toBe(400)
    for (const name of lost) expect(answered.text).toContain(name)
    expect(await rowOf(at() as Thalamus, answered.id)).toMatchObject({ code: 'invalid_request', status: 400 })
    expect(await six.heard()).toEqual([])
  })
})

describe('a strict caller', () => {
  test.each(callers)('of %s is answered where nothing is lost', async caller => {
    for (const provider of dialects) {
      const answered = await say({ caller, provider, extra: {}, at: strict })
      expect([provider, answered.status, answered.headers.get('x-thalamus-lost')]).toEqual([provider, 200, null])
    }
  })

  test('may be lenient by its header where the config is strict', async () => {
    const asked = { caller: 'openai-chat', provider: 'anthropic-messages', extra: { seed: 7 } } as const
    const answered = await say({ ...asked, at: strict, headers: { 'x-thalamus-strict': '0' } })
    expect([answered.status, answered.headers.get('x-thalamus-lost')]).toEqual([200, 'seed'])
  })

  test('is told the field at fault, where its dialect has a place for that', async () => {
    const asked = { caller: 'openai-chat', provider: 'anthropic-messages', extra: { seed: 7 } } as const
    const answered = await say({ ...asked, headers: { 'x-thalamus-strict': 'true' } })
    expect(answered.json()).toMatchObject({ error: { param: 'seed', type: 'invalid_request_error' } })
  })

  test('has to say so in a way that can be understood', async () => {
    const asked = { caller: 'openai-chat', provider: 'openai-chat', extra: {} } as const
    const answered = await say({ ...asked, headers: { 'x-thalamus-strict': 'maybe' } })
    expect(answered.status).toBe(400)
    expect(answered.text).toContain('x-thalamus-strict must be 1 or 0')
  })

  test('loses nothing to a provider of its own dialect, whatever it sends', async () => {
    for (const caller of callers) {
      await six.heard()
      const extra = caller === 'gemini-generate' ? { safetySettings: [] } : { metadata: {} }
      const answered = await say({ caller, provider: caller, extra, at: strict })
      expect([answered.status, answered.headers.get('x-thalamus-lost')]).toEqual([200, null])
      expect((await six.heard())[0]?.body).toContain(JSON.stringify(extra).slice(1, -1))
    }
  })
})

/** Marks of what was sealed here, in every form in which a text may carry them. */
const marks = ['thal1.', Buffer.from('thal1.').toString('base64').slice(0, 7)]

/** How a conversation that called a tool is gone on with, in each dialect, with all that the reply held. */
const goOn: Readonly<Record<(typeof callers)[number], { first: Body; next(reply: never): Body }>> = {
  'openai-chat': {
    first: { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }] },
    next: ({ choices: [{ message }] }: { choices: [{ message: { tool_calls: { id: string }[] } }] }) => ({
      messages: [
        { role: 'user', content: 'hi' },
        message,
        ...message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'rain' })),
      ],
    }),
  },
  'openai-responses': {
    first: {
      tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } }],
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
    },
    next: ({ output }: { output: { type: string; call_id: string }[] }) => ({
      input: [
        { role: 'user', content: 'hi' },
        ...output,
        ...output
          .filter(({ type }) => type === 'function_call')
          .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'rain' })),
      ],
    }),
  },
  'anthropic-messages': {
    first: {
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' },
    },
    next: ({ content }: { content: { type: string; id: string }[] }) => ({
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content },
        {
          role: 'user',
          content: content
            .filter(({ type }) => type === 'tool_use')
            .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'rain' })),
        },
      ],
    }),
  },
  'gemini-generate': {
    first: {
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    },
    next: ({ candidates: [{ content }] }: { candidates: [{ content: { parts: { functionCall?: object }[] } }] }) => ({
      contents: [
        { role: 'user', parts: [{ text: 'hi' }] },
        content,
        {
          role: 'user',
          parts: content.parts
            .flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
            .map(call => ({ functionResponse: { ...call, args: undefined, response: { output: 'rain' } } })),
        },
      ],
    }),
  },
}

const pairs = callers.flatMap(caller => dialects.map(provider => [caller, provider] as const))

describe.each(pairs)('a caller of %s, answered by %s with thoughts and a call', (caller, maker) => {
  test('may go on with any other provider, which sees nothing that was sealed', async () => {
    const model = `${maker}/tools+think+redacted`
    const { path, body } = tongues[caller]
    const { first, next } = goOn[caller]
    const begun = await ask(six.house, JSON.stringify({ ...body(model), ...first }), { path: path(model) })
    expect(begun.status).toBe(200)
    const seals = sealsIn(begun.text)
    for (const provider of dialects) {
      const other = `${provider}/tools`
      await six.heard()
      const turn = { ...body(other), ...first, ...next(begun.json() as never) }
      const answered = await ask(six.house, JSON.stringify(turn), { path: path(other) })
      const [sent] = await six.heard()
      expect([provider, answered.status, answered.status === 200 ? '' : answered.text]).toEqual([provider, 200, ''])
      for (const mark of marks) expect(sent?.body).not.toContain(mark)
      if (provider === maker) continue
      for (const seal of seals) expect(sent?.body).not.toContain(seal)
      expect(sent?.body).toContain('rain')
    }
  })
})

/** The signatures in a reply, as they came from their maker or as they were sealed. */
function sealsIn(text: string): readonly string[] {
  const found =
    text.match(/"(?:signature|data|encrypted_content|thoughtSignature|thought_signature)":"[^"]{12,}"/g) ?? []
  return found.map(field => (JSON.parse(`{${field}}`) as Record<string, string>)[field.split('"')[1] ?? ''] ?? '')
}
