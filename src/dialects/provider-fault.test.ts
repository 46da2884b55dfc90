import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../model/json.ts'
import { failedInside, odd, refused, unreadable, wordsOf } from './provider-fault.ts'

const refusal = (more: object = {}) =>
  ({ provider: 'a', status: 418, contentType: 'text/html', retryAfterMs: undefined, body: '', ...more }) as const

describe('a refusal', () => {
  const said = { dialect: 'd', contentType: 'application/json', body: '{}' }

  test('has the words of its provider, and in JSON its status', () => {
    const fault = refused(refusal(), { code: 'rate_limited', words: 'No.', said })
    expect([fault.code, fault.message, fault.status, fault.said]).toEqual([
      'rate_limited',
      'a answered 418: No.',
      418,
      said,
    ])
  })

  test('that is a page says what to check, and its status is not taken for its own', () => {
    const fault = refused(refusal(), { code: 'upstream_failed', words: undefined })
    expect([fault.status, fault.message]).toEqual([
      502,
      'a answered 418 and gave no reason that can be read. Check its base_url, or try again later.',
    ])
  })

  test.each([302, 399, 600, 999])('of %d, which is no status of an error, is not told with it', status => {
    const fault = refused(refusal({ status }), { code: 'upstream_failed', words: 'Moved.', said })
    expect([fault.status, fault.message, fault.said]).toEqual([502, `a answered ${status}: Moved.`, said])
  })

  test('tells when to ask again: by its header, or else by its body', () => {
    const wait = (headerMs: number | undefined, bodyMs: number | undefined) =>
      refused(refusal({ retryAfterMs: headerMs }), { code: 'rate_limited', words: '', retryAfterMs: bodyMs })
        .retryAfterMs
    expect([wait(7, 9), wait(undefined, 9), wait(undefined, undefined)]).toEqual([7, 9, undefined])
  })
})

test('what cannot be meant is told with what stands there', () => {
  expect(odd('choices', 5).message).toBe("The provider's reply cannot be understood: 'choices' is 5.")
  expect(odd('choices', undefined).message).toEndWith("'choices' is missing.")
  expect(odd('choices', 'x'.repeat(99)).message.length).toBeLessThan(120)
  const cause = new Error('why')
  expect([unreadable('it is odd.', cause).code, unreadable('it is odd.', cause).cause]).toEqual([
    'upstream_failed',
    cause,
  ])
  expect(failedInside('no.', 'overloaded', { status: 529 })).toMatchObject({ code: 'overloaded', status: 529 })
})

describe('the words of an error are found in', () => {
  const forms: readonly (readonly [string, JsonObject, string | undefined])[] = [
    ["OpenAI's form", { error: { message: 'a', type: 't', code: null } }, 'a'],
    ["Anthropic's", { type: 'error', error: { type: 't', message: 'a' }, request_id: 'r' }, 'a'],
    ["Google's", { error: { code: 400, message: 'a', status: 'INVALID_ARGUMENT' } }, 'a'],
    ["Amazon's older services'", { Message: 'a' }, 'a'],
    ['a bare string', { error: 'a' }, 'a'],
    ['no envelope', { message: 'a', code: 404 }, 'a'],
    ['a detail', { detail: 'a' }, 'a'],
    [
      "FastAPI's list of what is wrong",
      { detail: [{ loc: ['body', 'messages'], msg: 'Field required' }] },
      'Field required (body.messages)',
    ],
    [
      "Mistral's, with the list inside",
      { object: 'error', message: { detail: [{ loc: ['body'], msg: 'a' }] }, raw_status_code: 422 },
      'a (body)',
    ],
    ['a text behind the router', { error: { message: 'a', code: 429, metadata: { raw: 'b' } } }, 'a: b'],
    ['JSON behind the router', { error: { message: 'a', metadata: { raw: '{"code":"c","error":"b"}' } } }, 'a: b'],
    ['an error without words', { error: {} }, 'no reason was given'],
    ['a list of errors, the first of which says why', { error: [{ message: 'a', code: 429 }, { message: 'b' }] }, 'a'],
    ['a list of texts', { error: ['a'] }, 'a'],
    ['an empty list', { error: [] }, undefined],
    ['nothing', { object: 'error', message: '' }, undefined],
  ]
  test.each([...forms])('%s', (_, body, words) => {
    expect(wordsOf(body)).toBe(words as string)
  })

  test('no list', () => {
    expect(wordsOf([{ error: { message: 'a' } }])).toBeUndefined()
  })
})
