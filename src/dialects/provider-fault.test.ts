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

describe('the books keep of a refusal', () => {
  const noted = (body: string, kind?: string) =>
    refused(refusal({ body }), { code: 'invalid_request', words: 'Your prompt was: secret.', ...(kind && { kind }) })
      .noted

  const forms: readonly (readonly [string, unknown, string])[] = [
    ["OpenAI's class and code", { error: { message: 'secret', type: 'a_class', code: 'a_code' } }, 'a_class, a_code'],
    ["Anthropic's class", { type: 'error', error: { type: 'a_class', message: 'secret' } }, 'a_class'],
    [
      "Google's status and reasons, in a list too",
      [{ error: { code: 400, status: 'A_CLASS', details: [{ reason: 'A_REASON', metadata: { a: 'secret' } }] } }],
      'A_CLASS, A_REASON',
    ],
    ['class and code without an envelope', { message: 'secret', type: 'a_class', code: '1210' }, 'a_class, 1210'],
    ['a word once', { error: { type: 'a_class', code: 'a_class' } }, 'a_class'],
    ['no sentence in the place of a word', { error: { type: 'my secret is', code: ['secret'], status: 7 } }, '…'],
    ['nothing of a word that is too long for one', { error: { type: 'x'.repeat(65) } }, '…'],
    ['nothing of what says nothing else', { error: 'secret' }, '…'],
  ]
  test.each([...forms])('%s', (_, body, kept) => {
    expect(noted(JSON.stringify(body))).toBe(`a answered 418: ${kept}`)
  })

  test('the class that stands beside it, and nothing of a page', () => {
    expect(noted('{"message":"secret"}', 'ValidationException')).toBe('a answered 418: ValidationException')
    expect(noted('<p>secret</p>')).toBe('a answered 418: …')
  })

  test('the same of what is told inside a reply', () => {
    const body = '{"error":{"message":"secret","type":"a_class"}}'
    const fault = failedInside('secret', 'overloaded', { said: { dialect: 'd', contentType: 'x', body } })
    expect([fault.message, fault.noted]).toEqual([
      'The provider failed inside its reply: secret',
      'The provider failed inside its reply: a_class',
    ])
  })
})

test('what cannot be meant is told with what stands there', () => {
  expect(odd('choices', 5).message).toBe("The provider's reply cannot be understood: 'choices' is 5.")
  expect(odd('choices', undefined).message).toEndWith("'choices' is missing.")
  expect(odd('choices', 'x'.repeat(99)).message.length).toBeLessThan(120)
  expect(odd('choices', 'secret').noted).toBe("The provider's reply cannot be understood: 'choices' is ….")
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
