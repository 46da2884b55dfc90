import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Chat, Message, Tool } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Aim } from '../dialect.ts'
import { request } from './request.ts'

/** A chat that Anthropic's wire can carry comes back as it was; a request that makes no sense is refused, never more. */

const dialect = 'anthropic-messages'
const aim: Aim = { provider: 'anthropic', model: 'claude-opus-4-8', quirks: {}, stream: false }

const word = fc.string({ minLength: 1 })
/** A text of nothing but white space is refused there. */
const saying = word.filter(text => text.trim() !== '')
const name = fc.stringMatching(/^[\w-]{1,20}$/)
const cache = fc.constantFrom({}, { ttl: '5m' as const }, { ttl: '1h' as const })
const sealed = (value: fc.Arbitrary<string>) => value.map(text => ({ dialect, value: text }))
const object = fc.dictionary(name, fc.oneof(fc.string(), fc.integer(), fc.boolean()), { noNullPrototype: true })
const base64 = fc.base64String({ minLength: 4 }).filter(data => data !== '')
/** A record whose optional fields are sometimes not there at all. */
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [], noNullPrototype: true })

const citation = fc.record({
  type: fc.constant('char_location'),
  cited_text: word,
  document_index: fc.nat(9),
  document_title: word,
  start_char_index: fc.nat(),
  end_char_index: fc.nat(),
})
const cited = citation.map(wire => ({
  title: wire.document_title,
  quoted: wire.cited_text,
  document: wire.document_index,
  seal: { dialect, value: JSON.stringify(wire) },
}))
const textPart = fc
  .tuple(saying, some({ cache, citations: fc.array(cited, { minLength: 1, maxLength: 2 }) }))
  .map(([text, more]): Part => ({ type: 'text', text, ...more }))
const plainText = fc.tuple(saying, some({ cache })).map(([text, more]): Part => ({ type: 'text', text, ...more }))

const source = fc.oneof(
  base64.map(data => ({ from: 'data' as const, mediaType: 'image/png', data })),
  fc.webUrl().map(url => ({ from: 'url' as const, url })),
  name.map(id => ({ from: 'file' as const, id, dialect })),
)
const image = fc
  .tuple(source, some({ cache }))
  .map(([source, more]): Part => ({ type: 'media', kind: 'image', source, ...more }))
const documentSource = fc.oneof(
  base64.map(data => ({ from: 'data' as const, mediaType: 'application/pdf', data })),
  fc.string().map(text => ({ from: 'text' as const, text })),
  fc.webUrl().map(url => ({ from: 'url' as const, url })),
)
const paper = fc
  .tuple(documentSource, some({ cache, title: word, context: word, cite: fc.constant(true) }))
  .map(([source, more]): Part => ({ type: 'media', kind: 'document', source, ...more }))
const searchResult = fc.tuple(word, word, word).map(([text, title, address]): Part => {
  const block = { type: 'search_result', source: address, title, content: [{ type: 'text', text }] }
  return {
    type: 'media',
    kind: 'document',
    source: { from: 'text', text },
    title,
    seal: { dialect, value: JSON.stringify(block) },
  }
})
const upload = name.map(
  (id): Part => ({
    type: 'opaque',
    label: 'container_upload',
    seal: { dialect, value: JSON.stringify({ type: 'container_upload', file_id: id }) },
  }),
)
const thought = fc.oneof(
  fc.tuple(fc.string(), sealed(name)).map(([text, seal]): Part => ({ type: 'reasoning', text, seal })),
  name.map((data): Part => ({ type: 'reasoning', text: '', seal: { dialect, value: `redacted_thinking:${data}` } })),
)
const serverBlock = object.map((input): Part => {
  const block = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input }
  return { type: 'opaque', label: block.type, seal: { dialect, value: JSON.stringify(block) } }
})

type Call = { readonly id: string; readonly name: string; readonly input: JsonObject; readonly failed: boolean }
const calls = fc.uniqueArray(
  fc.record<Call>({ id: word, name, input: object, failed: fc.boolean() }, { noNullPrototype: true }),
  { maxLength: 3, selector: each => each.id },
)
const callPart = ({ id, name, input }: Call): Part => ({ type: 'tool-call', id, name, input: JSON.stringify(input) })

/** The assistant says something and perhaps calls tools; the user answers these and says something. */
const exchange = fc
  .tuple(
    fc.array(fc.oneof(textPart, thought, serverBlock), { minLength: 1, maxLength: 3 }),
    calls,
    fc.array(fc.oneof(plainText, image, paper, searchResult), { maxLength: 2 }),
    fc.array(fc.oneof(plainText, image, paper, searchResult, upload), { minLength: 1, maxLength: 2 }),
    fc.array(plainText, { maxLength: 1 }),
  )
  .map(([said, called, results, asked, rules]): readonly Message[] => [
    { role: 'assistant', parts: [...said, ...called.map(callPart)] },
    { role: 'user', parts: [...called.map(call => answerOf(call, results)), ...asked] },
    ...(rules.length > 0 ? [{ role: 'system' as const, parts: rules }] : []),
  ])

/** No two calls have one id there. */
function areApart(exchanges: readonly (readonly Message[])[]): boolean {
  const parts = exchanges.flat().flatMap(({ parts }) => parts)
  const ids = parts.flatMap(part => (part.type === 'tool-call' ? [part.id] : []))
  return new Set(ids).size === ids.length
}

const answerOf = ({ id, name, failed }: Call, parts: readonly Part[]): Part => ({
  type: 'tool-result',
  call: id,
  name,
  parts,
  ...(failed ? { failed: true as const } : {}),
})

const tool: fc.Arbitrary<Tool> = fc.oneof(
  fc
    .tuple(name, object, some({ description: word, strict: fc.boolean(), cache }))
    .map(([name, schema, more]): Tool => ({ type: 'function', name, schema, ...more })),
  fc.constantFrom(
    hosted('web-search', { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }, { maxUses: 3 }),
    hosted('code-execution', { type: 'code_execution_20250825', name: 'code_execution' }),
    hosted('other', { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' }),
  ),
)

function hosted(kind: 'web-search' | 'code-execution' | 'other', wire: JsonObject, search?: object): Tool {
  return { type: 'hosted', kind, dialect, wire, ...(search ? { search } : {}) }
}

const choice = fc.oneof(
  fc.constantFrom({ type: 'auto' as const }, { type: 'required' as const }),
  name.map(name => ({ type: 'tool' as const, name })),
)
const effort = fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'xhigh' as const, 'max' as const)
const reasoning = fc.oneof(
  fc.constant({ effort: 'none' as const }),
  effort.map(effort => ({ effort })),
  fc
    .tuple(fc.oneof(fc.constant(-1), fc.integer({ min: 1 })), some({ effort, shown: fc.boolean() }))
    .map(([budget, more]) => ({ budget, ...more })),
)
const extras = some<Record<string, Json>>({
  container: name,
  inference_geo: name,
  cache_control: fc.constant({ type: 'ephemeral' }),
  'output_config.task_budget': fc.constant({ type: 'tokens', total: 20_000 }),
  'metadata.tenant': name,
})

const chat: fc.Arbitrary<Chat> = fc
  .tuple(
    fc.array(plainText, { maxLength: 2 }),
    fc.array(fc.oneof(plainText, image, paper, upload), { minLength: 1, maxLength: 2 }),
    fc.array(exchange, { maxLength: 3 }).filter(areApart),
    fc.array(tool, { minLength: 1, maxLength: 3 }),
    some({
      toolChoice: choice,
      reasoning,
      format: object.map(schema => ({ type: 'schema' as const, schema })),
      maxTokens: fc.nat(),
      temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
      topP: fc.double({ noNaN: true, noDefaultInfinity: true }),
      topK: fc.nat(),
      stop: fc.array(fc.string()),
      serviceTier: fc.constantFrom('auto', 'default'),
      user: word,
    }),
    extras,
  )
  .map(([system, first, rest, tools, more, fields]) => ({
    messages: [
      ...(system.length > 0 ? [{ role: 'system' as const, parts: system }] : []),
      { role: 'user', parts: first },
      ...rest.flat(),
    ],
    tools,
    ...more,
    extras: { dialect, fields },
  }))

/** Without the places, which are not where they were, and without what is not there. */
const meaningOf = (chat: Chat): unknown =>
  JSON.parse(JSON.stringify(chat, (key, value) => (key === 'at' ? undefined : value)))

describe('a chat that was composed', () => {
  test('is understood as what it was, and nothing of it is lost', () => {
    fc.assert(
      fc.property(chat, chat => {
        const { body, lost } = request.compose(chat, aim)
        expect(lost).toEqual([])
        expect(meaningOf(request.understand(JSON.parse(JSON.stringify(body))))).toEqual(meaningOf(chat))
      }),
      { numRuns: 300 },
    )
  })

  test('is refused or composed for any other model, but never ends in an error of ours', () => {
    const models = fc.constantFrom('claude-3-haiku-20240307', 'claude-opus-5-5', 'claude-sonnet-4-5', 'kimi-k2', '')
    const foreign = fc.constantFrom('openai-chat', dialect)
    fc.assert(
      fc.property(chat, models, foreign, (chat, model, dialect) => {
        const told = { ...chat, extras: { ...chat.extras, dialect } }
        onlyFaults(() => request.compose(told, { ...aim, model, stream: true }))
      }),
      { numRuns: 200 },
    )
  })
})

function onlyFaults(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(Fault)
  }
}

describe('a request with damage', () => {
  const junk = fc.constantFrom<Json[]>(null, 1, -1.5, true, '', 'x', [], {}, [null], [{}], { type: 'x' }, 'thal1.a.b.c')

  /** Puts something else at one of the places of a JSON value. */
  function damaged(value: Json, places: readonly number[], with_: Json): Json {
    const [place, ...rest] = places
    if (place === undefined || typeof value !== 'object' || value === null) return with_
    const entries = Object.entries(value)
    if (entries.length === 0) return with_
    const [key] = entries[place % entries.length] ?? ['']
    const inner = entries.map(([name, each]): [string, Json] => [
      name,
      name === key ? damaged(each ?? null, rest, with_) : (each ?? null),
    ])
    return Array.isArray(value) ? inner.map(([, each]) => each) : Object.fromEntries(inner)
  }

  test('is refused with a place, or understood and composed', () => {
    const spoilt = fc.tuple(chat, fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), junk)
    fc.assert(
      fc.property(spoilt, ([chat, places, with_]) => {
        const body = damaged(JSON.parse(JSON.stringify(request.compose(chat, aim).body)), places, with_) as JsonObject
        try {
          request.compose(request.understand(body), aim)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect(error).toMatchObject({ code: 'invalid_request', param: expect.stringMatching(/\w/) })
        }
      }),
      { numRuns: 500 },
    )
  })
})
