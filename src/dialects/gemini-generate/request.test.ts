import { describe, expect, test } from 'bun:test'
import { worded, writtenAs } from '../../../test/fakes/written.ts'
import type { Letter } from '../../model/call.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Address } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'
import { geminiGenerate } from './index.ts'

const { request, path } = geminiGenerate
const hello = { contents: [{ parts: [{ text: 'hello' }] }] }

describe('a call is what its address says:', () => {
  const calls: readonly (readonly [string, Address, JsonObject, object])[] = [
    ['a whole reply', { operation: 'chat', model: 'gemini-3-pro' }, hello, { stream: false }],
    [
      'a stream of events',
      { operation: 'chat', model: 'gemini-3-pro', stream: true, array: false },
      hello,
      { stream: true },
    ],
    [
      'an array',
      { operation: 'chat', model: 'gemini-3-pro', stream: true, array: true },
      hello,
      { stream: true, array: true },
    ],
    [
      'a stream of several candidates',
      { operation: 'chat', model: 'gemini-3-pro', stream: true },
      { ...hello, generationConfig: { candidateCount: 2 } },
      { stream: true, choices: 2 },
    ],
    [
      'an array of several candidates, as Python spells it',
      { operation: 'chat', model: 'gemini-3-pro', stream: true, array: true },
      { ...hello, generation_config: { candidate_count: '3' } },
      { stream: true, array: true, choices: 3 },
    ],
    [
      'a stream of one candidate',
      { operation: 'chat', model: 'gemini-3-pro', stream: true },
      { ...hello, generationConfig: { candidateCount: 1 } },
      { stream: true },
    ],
    [
      'several candidates in a whole reply',
      { operation: 'chat', model: 'gemini-3-pro' },
      { ...hello, generationConfig: { candidateCount: 2 } },
      { stream: false },
    ],
    ['a model by its full name', { operation: 'chat', model: 'models/gemini-3-pro' }, hello, { stream: false }],
    [
      'a count',
      { operation: 'count_tokens', model: 'gemini-3-pro' },
      { generateContentRequest: hello },
      { stream: false },
    ],
    [
      'a single content without its list',
      { operation: 'chat', model: 'gemini-3-pro' },
      { contents: { parts: { text: 'hello' } } },
      { stream: false },
    ],
    [
      'a count of a single content',
      { operation: 'count_tokens', model: 'gemini-3-pro' },
      { contents: { parts: { text: 'hello' } } },
      { stream: false },
    ],
    ['an embedding', { operation: 'embeddings', model: 'gemini-3-pro' }, { content: { parts: [] } }, { stream: false }],
  ]
  test.each([...calls])('%s', (_, address, body, more) => {
    const { operation } = address
    expect(request.read(body, address)).toEqual({
      operation,
      model: 'gemini-3-pro',
      wantsUsage: true,
      ...more,
    } as never)
  })

  const refusals: readonly (readonly [string, Address, JsonObject, string])[] = [
    ['no model', { operation: 'chat' }, hello, 'model'],
    ['no contents', { operation: 'chat', model: 'm' }, {}, 'contents'],
    ['empty contents', { operation: 'chat', model: 'm' }, { contents: [] }, 'contents'],
    ['contents that are a text', { operation: 'chat', model: 'm' }, { contents: 'hello' }, 'contents'],
    ['a content that is a text', { operation: 'chat', model: 'm' }, { contents: [{}, 'hello'] }, 'contents[1]'],
    [
      'a counted request without contents',
      { operation: 'count_tokens', model: 'm' },
      { generate_content_request: {} },
      'generate_content_request.contents',
    ],
    ['nothing to embed', { operation: 'embeddings', model: 'm' }, {}, 'content'],
    ['no batch to embed', { operation: 'embeddings', model: 'm', batch: true }, { requests: [] }, 'requests'],
    [
      'nothing to embed in a batch',
      { operation: 'embeddings', model: 'm', batch: true },
      { requests: [{ content: {} }, {}] },
      'requests[1].content',
    ],
  ]
  test.each([...refusals])('%s is refused, with the field at fault', (_, address, body, param) => {
    const fault = faultOf(() => request.read(body, address))
    expect([fault.code, fault.param]).toEqual(['invalid_request', param])
  })
})

describe('the text goes on', () => {
  const reworded = (text: string, model: string): string => {
    const letter = {
      dialect: 'gemini-generate',
      ...writtenAs(text),
      call: { operation: 'chat', model: 'smart', stream: false, wantsUsage: true },
    } as Letter
    return worded(request.reword(letter, { model, quirks: {} })).body
  }

  test('as it is, whatever the model', () => {
    const text = ' {"contents" : [{"parts":[{"text":"é\\u00e9"}]}],"x":1.0 } '
    expect(reworded(text, 'gemini-3-pro')).toBe(text)
  })

  test('as it is, where a single content stands without its list', () => {
    const text = '{"system_instruction": {"parts": {"text": "a"}}, "contents": {"parts": {"text": "b"}}}'
    expect(reworded(text, 'gemini-3-pro')).toBe(text)
    expect(reworded('{"requests": {"model":"models/smart","content":{"parts":{"text":"é"}}}}', 'e')).toBe(
      '{"requests": {"model":"models/e","content":{"parts":{"text":"é"}}}}',
    )
  })

  test('with the target’s name where it names the model a second time', () => {
    expect(reworded('{"model":"models/smart","contents":[]}', 'gemini-3-pro')).toBe(
      '{"model":"models/gemini-3-pro","contents":[]}',
    )
    expect(
      reworded('{"requests": [ {"content":{"parts":[{"text":"é"}]},"model":"models/smart"} , {"n":1.0}]}', 'e'),
    ).toBe('{"requests": [ {"content":{"parts":[{"text":"é"}]},"model":"models/e"} , {"n":1.0}]}')
    expect(reworded('{"generateContentRequest": {"contents":[ ],"model":"models/smart"}}', 'gemini-3-pro')).toBe(
      '{"generateContentRequest": {"contents":[ ],"model":"models/gemini-3-pro"}}',
    )
  })

  test('and a name that stands twice further in is refused', () => {
    const text = '{"generateContentRequest":{"model":"a","model":"b"}}'
    expect(faultOf(() => reworded(text, 'm')).param).toBe('generateContentRequest')
  })
})

describe('a model is asked at', () => {
  const paths: readonly (readonly [string, Parameters<typeof path>[0], string])[] = [
    ['its reply', { operation: 'chat', stream: false, model: 'gemini-3-pro' }, '/models/gemini-3-pro:generateContent'],
    [
      'its stream',
      { operation: 'chat', stream: true, model: 'gemini-3-pro' },
      '/models/gemini-3-pro:streamGenerateContent?alt=sse',
    ],
    [
      'its array',
      { operation: 'chat', stream: true, array: true, model: 'gemini-3-pro' },
      '/models/gemini-3-pro:streamGenerateContent',
    ],
    [
      'its count',
      { operation: 'count_tokens', stream: false, model: 'gemini-3-pro' },
      '/models/gemini-3-pro:countTokens',
    ],
    ['its embedding', { operation: 'embeddings', stream: false, model: 'e' }, '/models/e:embedContent'],
    [
      'a batch of embeddings',
      { operation: 'embeddings', stream: false, batch: true, model: 'e' },
      '/models/e:batchEmbedContents',
    ],
    ['a full name', { operation: 'chat', stream: false, model: 'models/g' }, '/models/g:generateContent'],
    ['a tuned model', { operation: 'chat', stream: false, model: 'tunedModels/x' }, '/tunedModels/x:generateContent'],
    [
      'odd letters',
      { operation: 'chat', stream: false, model: 'a?key=b#c/d' },
      '/models/a%3Fkey%3Db%23c/d:generateContent',
    ],
  ]
  test.each([...paths])('%s', (_, asking, expected) => {
    expect(path(asking)).toBe(expected)
  })

  test.each(['..', 'a/../b', 'models/..', './x', 'a//b', ''])(
    'but not where the name %p would lead elsewhere',
    model => {
      expect(faultOf(() => path({ operation: 'chat', stream: false, model })).code).toBe('model_not_found')
    },
  )

  test('and never for a completion of a text, which it does not do', () => {
    expect(faultOf(() => path({ operation: 'completions', stream: false, model: 'm' })).code).toBe('invalid_request')
  })
})

test('only videos are left where they are, unless a provider is known to fetch more', () => {
  const kinds = ['image', 'document', 'audio', 'video'] as const
  expect(kinds.filter(kind => request.takesUrls(kind, {}))).toEqual(['video'])
  expect(kinds.filter(kind => request.takesUrls(kind, { fetches: ['image'] }))).toEqual(['image'])
})
