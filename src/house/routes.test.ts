import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import type { Operation } from '../model/call.ts'
import { place } from './places.ts'
import { among, waysTo } from './routes.ts'
import { configOf } from './sample.test-data.ts'

function routeOf(
  id: string,
  config: object = {},
  env: Readonly<Record<string, string>> = {},
  simUrl = () => 'http://127.0.0.1:9/v1',
) {
  const placed = place(configOf(config, env), env).find(each => each.row.id === id)
  if (!placed) throw new Error(`${id} has no place.`)
  const first = among(new Map([[id, waysTo(placed, simUrl, '1.2.3', fakeClock())]]))(id, 'openai-chat', undefined)
  if (!first) throw new Error(`No way leads to ${id}.`)
  return first
}

const asking = (operation: Operation) => ({ operation, model: 'm', stream: false })

const caller = {
  authorization: 'Bearer thal_1',
  cookie: 'a=b',
  'x-sim': 'slow',
  'user-agent': 'app',
  'x-forwarded-for': '10.1.1.1',
}

describe('a route', () => {
  test('leads to the operation at the provider’s own place', () => {
    const openai = routeOf('openai')
    expect((['chat', 'completions', 'embeddings'] as const).map(operation => openai.url(asking(operation)))).toEqual([
      'https://api.openai.com/v1/chat/completions',
      'https://api.openai.com/v1/completions',
      'https://api.openai.com/v1/embeddings',
    ])
  })

  test('leads to where the operator says, for known providers too', () => {
    const config = { providers: { openai: { base_url: 'https://eu.example.com/openai/v1/' } } }
    expect(routeOf('openai', config).url(asking('chat'))).toBe('https://eu.example.com/openai/v1/chat/completions')
  })

  test('carries the provider’s key and nothing of the caller’s', () => {
    const route = routeOf('openai', {}, { OPENAI_API_KEY: 'sk-1' })
    expect(Object.fromEntries(route.headers(caller, false))).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer sk-1',
      'content-type': 'application/json',
      'user-agent': 'thalamus/1.2.3',
    })
    expect(route.headers(caller, true).get('accept')).toBe('text/event-stream')
    expect(routeOf('ollama').headers(caller, false).has('authorization')).toBe(false)
  })

  test('carries on what its row lets pass, and to no other call', () => {
    const route = routeOf('sim')
    expect(route.headers(caller, false).get('x-sim')).toBe('slow')
    expect(route.headers({}, false).has('x-sim')).toBe(false)
  })

  test('knows its key where it is shown', () => {
    const route = routeOf('openai', {}, { OPENAI_API_KEY: 'sk-1' })
    expect([route.shows('no: sk-1!'), route.shows('no: sk-2!')]).toEqual([true, false])
    // As JSON may write it.
    expect([route.shows('{"a":"\\u0073k\\u002d1"}'), route.shows('{"a":"\\\\u0073k-1"}')]).toEqual([true, false])
    expect(routeOf('ollama').shows('anything')).toBe(false)
  })

  test('to Bedrock is in the region that the environment names, and tells the model there', () => {
    const route = routeOf('bedrock', {}, { AWS_REGION: 'eu-west-1', AWS_BEARER_TOKEN_BEDROCK: 'abc' })
    const model = 'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-opus-4-8'
    const path = '/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.anthropic.claude-opus-4-8'
    const place = `https://bedrock-runtime.eu-west-1.amazonaws.com${path}`
    expect(route.url({ operation: 'chat', model, stream: false })).toBe(`${place}/converse`)
    expect(route.url({ operation: 'chat', model, stream: true })).toBe(`${place}/converse-stream`)
    const call = { url: `${place}/converse`, body: '{}' }
    expect(route.headers(caller, false, call).get('authorization')).toBe('Bearer abc')
    expect(route.headers(caller, true, call).get('accept')).toBe('application/vnd.amazon.eventstream')
  })

  test('signs each call by itself where there are credentials in place of a key, for the region of its address', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_SESSION_TOKEN: 'lent' }
    const config = { providers: { bedrock: { base_url: 'https://bedrock-runtime.us-west-2.amazonaws.com' } } }
    const route = routeOf('bedrock', config, env)
    const url = route.url({ operation: 'chat', model: 'amazon.nova-lite-v1:0', stream: false })
    const [one, other] = ['{"a":1}', '{"a":2}'].map(body => route.headers(caller, false, { url, body }))
    expect(one?.get('authorization')).toStartWith(
      'AWS4-HMAC-SHA256 Credential=AKIA1/20270115/us-west-2/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=',
    )
    expect(one?.get('x-amz-security-token')).toBe('lent')
    expect(one?.get('authorization')).not.toBe(other?.get('authorization') ?? '')
    expect(['s3cret', 'lent', 'AKIA1'].map(text => route.shows(`no: ${text}!`))).toEqual([true, true, false])
  })

  test('signs for the region that the environment names where the address names none', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_DEFAULT_REGION: 'ap-south-1' }
    const route = routeOf('bedrock', { providers: { bedrock: { base_url: 'https://aws.example.com' } } }, env)
    const headers = route.headers(caller, false, { url: 'https://aws.example.com/model/m/converse', body: '{}' })
    expect(headers.get('authorization')).toContain('/ap-south-1/bedrock/aws4_request')
    expect(headers.has('x-amz-security-token')).toBe(false)
  })

  test('is taken in the caller’s dialect where the provider speaks it, and in its first otherwise', () => {
    const env = { OPENAI_API_KEY: 'sk-1' }
    const openai = place(configOf({}, env), env).find(each => each.row.id === 'openai')
    if (!openai) throw new Error('openai has no place.')
    const route = among(new Map([['openai', waysTo(openai, () => '', '1', fakeClock())]]))
    const spoken = ['openai-chat', 'openai-responses', 'anthropic-messages'].map(
      dialect => route('openai', dialect, undefined)?.dialect.id,
    )
    expect(spoken).toEqual(['openai-chat', 'openai-responses', 'openai-chat'])
  })

  test('to the sim starts it when it is first asked, and not before', () => {
    let started = 0
    const route = routeOf('sim', {}, {}, () => `http://127.0.0.1:${++started}/v1`)
    expect(started).toBe(0)
    expect(route.url(asking('chat'))).toBe('http://127.0.0.1:1/v1/chat/completions')
  })
})
