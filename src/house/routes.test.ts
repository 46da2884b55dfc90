import { describe, expect, test } from 'bun:test'
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
  const first = among(new Map([[id, waysTo(placed, simUrl, '1.2.3')]]))(id, 'openai-chat', undefined)
  if (!first) throw new Error(`No way leads to ${id}.`)
  return first
}

const asking = (operation: Operation) => ({ operation, model: 'm', stream: false })

const caller = new Request('http://gateway.test/', {
  headers: {
    authorization: 'Bearer thal_1',
    cookie: 'a=b',
    'x-sim': 'slow',
    'user-agent': 'app',
    'x-forwarded-for': '10.1.1.1',
  },
})

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
    expect(route.headers(new Request('http://gateway.test/'), false).has('x-sim')).toBe(false)
  })

  test('knows its key where it is shown', () => {
    const route = routeOf('openai', {}, { OPENAI_API_KEY: 'sk-1' })
    expect([route.shows('no: sk-1!'), route.shows('no: sk-2!')]).toEqual([true, false])
    expect(routeOf('ollama').shows('anything')).toBe(false)
  })

  test('to the sim starts it when it is first asked, and not before', () => {
    let started = 0
    const route = routeOf('sim', {}, {}, () => `http://127.0.0.1:${++started}/v1`)
    expect(started).toBe(0)
    expect(route.url(asking('chat'))).toBe('http://127.0.0.1:1/v1/chat/completions')
  })
})
