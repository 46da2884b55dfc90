import { describe, expect, test } from 'bun:test'
import type { Delta } from '../../src/model/delta.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { anchorIn, askedOf, type Caller, callers, faultsIn, understood } from './callers.ts'
import { idleMs, type Line, type Provider, type Told, told } from './rig.ts'
import { framesOf, type Told as Reply, speakers } from './speakers.ts'

/** When a stream is gone on with and when it is not, what is asked of the second target, and what becomes of its words. */

const text = 'The quick brown fox jumps over the lazy dog, and then it sleeps until the sun goes down.'
const said = text.slice(0, 46)
const usage = { input: 30, output: 20 }

/** Tells all of this but its end, and then nothing more. */
const broken = (dialect: string, reply: Reply, ending: Line['ending'] = 'ends', array = false): Line => {
  const { all, spoken, contentType } = framesOf(dialect, reply, { array })
  return { contentType, reads: [Buffer.concat(all.slice(0, Math.min(2, spoken))), ...all.slice(2, spoken)], ending }
}

const whole = (dialect: string, reply: Reply): Line => {
  const { all, contentType } = framesOf(dialect, reply)
  return { contentType, reads: all, ending: 'ends' }
}

const goesOn =
  (dialect: string, more: Partial<Reply> = {}, full = text) =>
  (body: JsonObject): Line => {
    const anchor = anchorIn(body)
    const from = anchor === undefined ? said.length : full.indexOf(anchor)
    return whole(dialect, { texts: [full.slice(from)], usage, ...more })
  }

const pair = (
  first: Provider['answers'],
  second: Provider['answers'],
  dialects: readonly [string, string],
): Provider[] => [
  { name: 'a', dialect: dialects[0], answers: first },
  { name: 'b', dialect: dialects[1], answers: second },
]

const [chat, responses, anthropic, gemini] = callers as readonly [Caller, Caller, Caller, Caller]

/** Ends with an error, and nobody else was asked. */
function expectUnsafe(caller: Caller, { bytes, asked, happened, record }: Told): void {
  expect(caller.complaints(Buffer.from(bytes).toString())).toEqual([])
  expect(faultsIn(caller, bytes)).not.toEqual([])
  expect(asked.map(({ provider }) => provider)).toEqual(['a'])
  expect(happened).toMatchObject([{ type: 'standby', from: { provider: 'a' }, result: 'unsafe' }])
  expect({ status: record.status, ok: record.code === 'ok' }).toEqual({ status: 200, ok: false })
}

const seal = { dialect: 'anthropic-messages', maker: 'p/m-1', value: 'c2ln' }
const call: readonly Delta[] = [
  { type: 'tool', at: 1, id: 'call_1', name: 'look' },
  { type: 'input', at: 1, text: '{"a":' },
]

const wholeCall: readonly Delta[] = [
  { type: 'tool', at: 1, id: 'call_1', name: 'look' },
  { type: 'input', at: 1, text: '{"a":1}' },
  // It leaves when something follows.
  { type: 'text', at: 2, text: 'So' },
]

describe('with a tool call begun, a stream that breaks off ends with an error', () => {
  const pairs = callers.flatMap(caller => speakers.map(each => [caller.name, each, caller] as const))
  test.each(pairs)('%s, told by %s', async (_, primary, caller) => {
    const array = caller.array === true && primary === 'gemini-generate'
    // Gemini's calls come whole.
    const after = primary === 'gemini-generate' ? wholeCall : call
    const line = broken(primary, { texts: [said], after }, 'breaks', array)
    const providers = pair(() => line, goesOn('openai-chat'), [primary, 'openai-chat'])
    expectUnsafe(caller, await told({ ...askedOf(caller), providers }))
  })
})

describe('it ends with an error as well', () => {
  const odd: readonly (readonly [string, Caller, string, Reply])[] = [
    [
      'after signed thoughts',
      anthropic,
      'anthropic-messages',
      {
        texts: [],
        after: [
          { type: 'reasoning', at: 0, text: 'hm' },
          { type: 'seal', at: 0, seal },
          { type: 'text', at: 1, text: said },
        ],
      },
    ],
    ['in the middle of thoughts', chat, 'openai-chat', { thoughts: ['hm', 'hm'], texts: [] }],
    [
      'when thoughts come back after the text',
      chat,
      'openai-chat',
      { texts: [said], after: [{ type: 'reasoning', at: 1, text: 'hm' }] },
    ],
    [
      'after a refusal',
      responses,
      'openai-responses',
      {
        texts: [],
        after: [
          { type: 'refusal', at: 0, text: 'I will' },
          { type: 'refusal', at: 0, text: ' not' },
        ],
      },
    ],
    [
      'after a citation',
      anthropic,
      'anthropic-messages',
      {
        texts: [said],
        after: [
          { type: 'citation', at: 0, citation: { url: 'https://x.test', title: 'x', quoted: 'q', start: 0, end: 3 } },
        ],
      },
    ],
    [
      'after log probabilities',
      chat,
      'openai-chat',
      { texts: [said], after: [{ type: 'logprobs', tokens: [{ token: 'x', logprob: -1, top: [] }] }] },
    ],
    [
      'with a second text begun',
      anthropic,
      'anthropic-messages',
      { texts: [said], after: [{ type: 'text', at: 1, text: 'More' }] },
    ],
    [
      'after media',
      gemini,
      'gemini-generate',
      {
        texts: [said],
        after: [
          { type: 'media', at: 1, kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aGk=' } },
        ],
      },
    ],
  ]
  test.each([...odd])('%s', async (_, caller, primary, reply) => {
    const providers = pair(() => broken(primary, reply), goesOn('openai-chat'), [primary, 'openai-chat'])
    expectUnsafe(caller, await told({ ...askedOf(caller), providers }))
  })

  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  const wishes: readonly (readonly [string, Caller, JsonObject])[] = [
    ['JSON is asked for (chat)', chat, { response_format: { type: 'json_object' } }],
    [
      'a schema is asked for (chat)',
      chat,
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
    ],
    ['a schema is asked for (responses)', responses, { text: { format: { type: 'json_schema', name: 'x', schema } } }],
    ['a schema is asked for (Anthropic)', anthropic, { output_config: { format: { type: 'json_schema', schema } } }],
    ['JSON is asked for (Gemini)', gemini, { generationConfig: { responseMimeType: 'application/json' } }],
    ['several replies are asked for (chat)', chat, { n: 2 }],
    ['several replies are asked for (Gemini)', gemini, { generationConfig: { candidateCount: 2 } }],
    ['log probabilities are asked for (chat)', chat, { logprobs: true }],
    ['sound is asked for (chat)', chat, { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'pcm16' } }],
    ['what went before is kept by its provider alone (responses)', responses, { previous_response_id: 'resp_1' }],
  ]
  test.each([...wishes])('where %s', async (_, caller, extra) => {
    const own = caller.dialect
    const providers = pair(() => broken(own, { texts: [said] }), goesOn('openai-chat'), [own, 'openai-chat'])
    expectUnsafe(caller, await told({ ...askedOf(caller, extra), providers }))
  })
})

describe('what is asked of the second', () => {
  async function asked(extra: JsonObject, second: Partial<Provider> & { readonly dialect: string }, first = said) {
    const providers = pair(
      () => broken('openai-chat', { texts: [first.slice(0, 5), first.slice(5)] }),
      goesOn(second.dialect),
      ['openai-chat', second.dialect],
    )
    const { asked } = await told({
      ...askedOf(chat, extra),
      providers: providers.map((each, n) => (n === 1 ? { ...each, ...second } : each)),
    })
    return asked[1]?.body ?? {}
  }

  test('has the same stop sequences, what is left of the tokens and what is to be repeated, and no thoughts', async () => {
    const long = `${text} `.repeat(5)
    const more = { max_completion_tokens: 500, stop: ['END'], reasoning_effort: 'high', temperature: 0.2 }
    const body = await asked(more, { dialect: 'openai-chat' }, long)
    expect(body).toMatchObject({ stop: ['END'], temperature: 0.2 })
    expect(body.reasoning_effort).toBeUndefined()
    const spent = Math.ceil(long.length / 4)
    expect(body.max_completion_tokens).toBeGreaterThanOrEqual(500 - spent)
    expect(body.max_completion_tokens).toBeLessThanOrEqual(500 - spent + 15)
  })

  test('leaves thoughts off where the caller wants none', async () => {
    expect(await asked({ reasoning_effort: 'none' }, { dialect: 'openai-chat' })).toMatchObject({
      reasoning_effort: 'none',
    })
  })

  test('is no wish but the text itself, where the model goes on with that by its maker’s word', async () => {
    const body = await asked({}, { dialect: 'anthropic-messages', model: 'claude-sonnet-4-5' }, `${said} `)
    expect(body.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'text', text: said.trimEnd() }] },
    ])
    const mistral = await asked({}, { dialect: 'openai-chat', quirks: { prefillBy: 'prefix' } }, `${said}\n\n`)
    expect((mistral.messages as JsonObject[]).at(-1)).toEqual({
      role: 'assistant',
      content: said.trimEnd(),
      prefix: true,
    })
  })

  test.each(['claude-opus-4-6', 'claude-sonnet-5', 'm-1'])('is a wish for %s, which does not', async model => {
    const { messages } = await asked({}, { dialect: 'anthropic-messages', model })
    expect((messages as JsonObject[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('is the first request again, where nothing but white space was said', async () => {
    const body = await asked(
      {},
      { dialect: 'anthropic-messages', answers: () => whole('anthropic-messages', { texts: ['x'] }) },
      '\n\n   \n',
    )
    expect((body.messages as JsonObject[]).map(({ role }) => role)).toEqual(['user'])
  })
})

describe('a model that goes on by itself', () => {
  const manners: readonly (readonly [string, readonly string[]])[] = [
    ['goes on at once', ['dog, and', text.slice(said.length)]],
    ['gives back all of it', [text]],
    ['makes its own white space', ['\n', text.slice(said.length)]],
  ]
  test.each([...manners])('and %s is joined without a seam', async (_, texts) => {
    const spaced = texts[0] === '\n' ? `${said}\n` : said
    const full = spaced + text.slice(said.length)
    const first = texts.length === 2 && texts[0] !== '\n' ? said : spaced
    const more = texts[0] === text ? [text] : texts[0] === '\n' ? texts : [text.slice(said.length)]
    const providers = pair(
      () => broken('openai-chat', { texts: [first] }),
      () => whole('anthropic-messages', { texts: more, usage }),
      ['openai-chat', 'anthropic-messages'],
    )
    const { bytes } = await told({
      ...askedOf(chat),
      providers: providers.map(each => ({ ...each, model: 'claude-3-5-haiku-20241022' })),
    })
    expect(understood(chat, bytes).text).toBe(full)
  })
})

describe('what the second says', () => {
  test.each([...callers])('besides the text keeps its order behind it, and its thoughts are left out', async caller => {
    const after: Delta[] = [
      { type: 'tool', at: 2, id: 'call_1', name: 'look' },
      { type: 'input', at: 2, text: '{"a":1}' },
    ]
    const more = { thoughts: ['hm, a fox'], after, stop: { reason: 'tools' } as const }
    for (const second of ['openai-chat', 'anthropic-messages', 'bedrock-converse', 'cohere-chat']) {
      const providers = pair(() => broken('openai-chat', { texts: [said] }), goesOn(second, more), [
        'openai-chat',
        second,
      ])
      const outcome = await told({ ...askedOf(caller), providers })
      expect(caller.complaints(Buffer.from(outcome.bytes).toString())).toEqual([])
      expect(understood(caller, outcome.bytes)).toMatchObject({
        text,
        thinking: '',
        calls: [{ name: 'look', args: { a: 1 } }],
        finish: 'call',
        faults: [],
      })
    }
  })

  test.each([...callers])('is not signed: neither its thoughts nor the text are its own alone (%#)', async caller => {
    const more: readonly (readonly [string, Partial<Reply>])[] = [
      ['anthropic-messages', { thoughts: ['hm'], after: [{ type: 'seal', at: 0, seal }] }],
      ['gemini-generate', { after: [{ type: 'seal', at: 0, seal: { ...seal, dialect: 'gemini-generate' } }] }],
    ]
    for (const [second, reply] of more) {
      const providers = pair(() => broken('openai-chat', { texts: [said] }), goesOn(second, reply), [
        'openai-chat',
        second,
      ])
      const { bytes, asked } = await told({ ...askedOf(caller), providers })
      expect(asked).toHaveLength(2)
      expect(caller.complaints(Buffer.from(bytes).toString())).toEqual([])
      expect(understood(caller, bytes)).toMatchObject({ text, thinking: '', faults: [] })
      expect(Buffer.from(bytes).toString()).not.toMatch(/c2ln|thal1\.|signature_delta|encrypted_content":"/)
    }
  })

  test('that stops by a sequence, or for length, stops the reply so', async () => {
    for (const [reason, finish] of [
      ['length', 'length'],
      ['sequence', 'stop'],
    ] as const) {
      const providers = pair(
        () => broken('gemini-generate', { texts: [said] }),
        goesOn('cohere-chat', { stop: { reason } }),
        ['gemini-generate', 'cohere-chat'],
      )
      const { bytes } = await told({ ...askedOf(anthropic), providers })
      expect(understood(anthropic, bytes)).toMatchObject({ text, finish })
    }
  })

  test('that is cut off while it repeats adds nothing', async () => {
    const providers = pair(
      () => broken('openai-chat', { texts: [said] }),
      () => whole('openai-chat', { texts: ['The quick brown fox jum'], stop: { reason: 'length' } }),
      ['openai-chat', 'openai-chat'],
    )
    const { bytes } = await told({ ...askedOf(chat), providers })
    expect(understood(chat, bytes)).toMatchObject({ text: said, finish: 'length' })
  })

  test('in other words from the beginning is given up; the next target is asked, and nothing is held against it', async () => {
    const anew = 'The quick brown fox jumps over the lazy cat instead.'
    const providers: Provider[] = [
      {
        name: 'a',
        dialect: 'openai-chat',
        answers: () => broken('openai-chat', { texts: [said, text.slice(46, 60)] }),
      },
      { name: 'b', dialect: 'openai-chat', answers: () => whole('openai-chat', { texts: [`${anew} `, 'And so on.'] }) },
      { name: 'c', dialect: 'gemini-generate', answers: goesOn('gemini-generate') },
    ]
    const { bytes, record, health } = await told({ ...askedOf(chat), providers })
    expect(understood(chat, bytes)).toMatchObject({ text, faults: [], finish: 'stop' })
    expect(record.tries.map(({ part, reason }) => [part, reason])).toEqual([
      [true, 'cut_short'],
      [undefined, 'untold'],
      [undefined, undefined],
    ])
    expect(health.told.find(({ place }) => place.provider === 'b')?.outcome.failure?.counts).toBe(false)
  })

  test('is gone on with by a third where it breaks off, too', async () => {
    const part = (from: number, to: number) => () =>
      broken('anthropic-messages', { texts: [text.slice(from, to)], usage: { input: 7, output: 3 } })
    const providers: Provider[] = [
      { name: 'a', dialect: 'anthropic-messages', answers: part(0, 30) },
      { name: 'b', dialect: 'anthropic-messages', answers: part(0, 46) },
      { name: 'c', dialect: 'cohere-chat', answers: goesOn('cohere-chat') },
    ]
    for (const caller of callers) {
      const { bytes, asked } = await told({ ...askedOf(caller), providers })
      expect(caller.complaints(Buffer.from(bytes).toString())).toEqual([])
      expect(understood(caller, bytes)).toMatchObject({ text, faults: [], finish: 'stop' })
      expect(asked.map(({ provider }) => provider)).toEqual(['a', 'b', 'c'])
    }
  })
})

describe('the books', () => {
  test('a target that does not understand the wish is no reason not to ask the next', async () => {
    const refusal = () =>
      new Response('{"error":{"message":"no such role","type":"invalid_request_error"}}', {
        status: 400,
        headers: { 'content-type': 'application/json' },
      })
    const providers: Provider[] = [
      { name: 'a', dialect: 'openai-chat', answers: () => broken('openai-chat', { texts: [said] }) },
      { name: 'b', dialect: 'openai-chat', answers: refusal },
      { name: 'c', dialect: 'openai-chat', answers: goesOn('openai-chat') },
    ]
    const { bytes, record } = await told({ ...askedOf(chat), providers })
    expect(understood(chat, bytes)).toMatchObject({ text, faults: [] })
    expect(record.tries.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['upstream_failed', 'cut_short'],
      ['invalid_request', 'untold'],
      ['ok', undefined],
    ])
  })

  test('each part’s usage is its own, and the caller is told that of all', async () => {
    // Anthropic tells what a prompt has used at the beginning of a stream.
    const start = Buffer.from(framesOf('anthropic-messages', { texts: [said] }).all[0] ?? []).toString()
    const told7 = start
      .replace('"input_tokens":0', '"input_tokens":7')
      .replace('"output_tokens":0', '"output_tokens":1')
    const { all, spoken, contentType } = framesOf('anthropic-messages', { texts: [said] })
    const first: Line = { contentType, reads: [Buffer.from(told7), ...all.slice(1, spoken)], ending: 'ends' }
    for (const caller of callers) {
      const providers = pair(() => first, goesOn('gemini-generate'), ['anthropic-messages', 'gemini-generate'])
      const { bytes, record } = await told({ ...askedOf(caller), providers })
      expect(understood(caller, bytes)).toMatchObject({ prompt: 37, completion: 21 })
      expect(record).toMatchObject({
        usage: { input: 37, output: 21 },
        cost: 79,
        tries: [
          { part: true, usage: { input: 7, output: 1 }, cost: 9 },
          { usage: { input: 30, output: 20 }, cost: 70 },
        ],
      })
    }
  })

  test('when nobody goes on, what the first had told is the request’s', async () => {
    const providers = pair(
      () => broken('openai-chat', { texts: [said] }),
      () => new Response('{}', { status: 503 }),
      ['openai-chat', 'openai-chat'],
    )
    const { record, happened, bytes } = await told({ ...askedOf(chat), providers })
    expect(happened.at(-1)).toMatchObject({ type: 'standby', result: 'failed' })
    expect(understood(chat, bytes).faults[0]).toMatch(/Nobody could go on with it/)
    expect(record).toMatchObject({
      usage: undefined,
      cost: undefined,
      tries: [{ part: true }, { outcome: 'overloaded' }],
    })
  })
})

describe('nobody is left to go on, because', () => {
  const dies = { dialect: 'openai-chat', answers: () => broken('openai-chat', { texts: [said] }) } as const
  const two: Provider[] = [
    { name: 'a', ...dies },
    { name: 'b', ...dies },
  ]
  const cases: readonly (readonly [string, Provider[], number, RegExp])[] = [
    ['the tries are used up, which is said', two, 1, /All tries that this request may have, 1, are used up/],
    ['there is no other, which is said', two.slice(0, 1), 4, /This model has no other target/],
  ]
  test.each([...cases])('%s', async (_, providers, tries, says) => {
    const { bytes } = await told({ ...askedOf(chat), providers, plan: { tries } })
    expect(understood(chat, bytes).faults[0]).toMatch(says)
  })
})

describe('a target that falls silent', () => {
  const providers = pair(() => broken('anthropic-messages', { texts: [said] }, 'is silent'), goesOn('cohere-chat'), [
    'anthropic-messages',
    'cohere-chat',
  ])

  test('is gone on for when it has been silent for as long as it may, and not a moment later', async () => {
    const { bytes, asked } = await told({ ...askedOf(chat), providers })
    expect(understood(chat, bytes).text).toBe(text)
    expect(asked.map(({ provider, at }) => [provider, at])).toEqual([
      ['a', 0],
      ['b', idleMs],
    ])
  })

  test('has the other’s connection opened in half of that time, and nothing is asked there yet', async () => {
    const { warmed, asked } = await told({ ...askedOf(chat), providers })
    expect(warmed).toEqual([{ host: 'b.test', at: idleMs / 2 }])
    expect(asked.filter(({ at }) => at < idleMs)).toHaveLength(1)
  })

  test('without standby ends the reply with an error, and no connection is opened', async () => {
    const { bytes, asked, warmed } = await told({ ...askedOf(chat), providers, plan: { standby: false } })
    expect(faultsIn(chat, bytes)).toHaveLength(1)
    expect([asked.length, warmed]).toEqual([1, []])
  })
})

test('a stream goes on under the id that its own provider gave it', async () => {
  const own = 'gen-1763-foreign'
  const line = broken('openai-chat', { texts: [said] })
  const renamed = {
    ...line,
    reads: line.reads.map(read => Buffer.from(Buffer.from(read).toString().replaceAll('chatcmpl-BxY7', own))),
  }
  const { bytes } = await told({
    ...askedOf(chat),
    providers: pair(() => renamed, goesOn('gemini-generate'), ['openai-chat', 'gemini-generate']),
  })
  const ids = [
    ...Buffer.from(bytes)
      .toString()
      .matchAll(/"id":"([^"]*)"/g),
  ].map(([, id]) => id)
  expect([new Set(ids), ids.length > 2]).toEqual([new Set([own]), true])
})
