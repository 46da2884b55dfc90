import { describe, expect, test } from 'bun:test'
import { sampleCaller } from '../../test/fakes/visit.ts'
import { Fault } from '../model/fault.ts'
import { authenticate } from './authenticate.ts'

const known = { find: (hash: string) => (hash === 'hash of thal_1' ? sampleCaller : undefined) }
const hash = (secret: string): string => `hash of ${secret}`
const at = (headers: Readonly<Record<string, string>>, query = ''): Request =>
  new Request(`http://127.0.0.1/v1/models${query}`, { headers })

async function outcome(request: Request): Promise<string> {
  try {
    return (await authenticate(request, known, hash)).keyId
  } catch (error) {
    return error instanceof Fault ? `${error.code} ${error.status}` : String(error)
  }
}

describe('a key is found', () => {
  const places: readonly (readonly [string, Request])[] = [
    ['in Authorization', at({ authorization: 'Bearer thal_1' })],
    ['in Authorization, in small letters', at({ authorization: 'bearer  thal_1 ' })],
    ['where Anthropic’s client puts it', at({ 'x-api-key': 'thal_1' })],
    ['where Google’s client puts it', at({ 'x-goog-api-key': 'thal_1' })],
    ['where Azure’s client puts it', at({ 'api-key': 'thal_1' })],
    ['in the query', at({}, '?a=b&key=thal_1')],
    ['beside a password that is for a proxy', at({ authorization: 'Basic dGhhbF8x', 'x-api-key': 'thal_1' })],
    ['beside an Authorization without one', at({ authorization: 'Bearer ', 'api-key': 'thal_1' })],
  ]
  test.each([...places])('%s', async (_, request) => {
    expect(await outcome(request)).toBe('key_1')
  })
})

describe('a request is not let in', () => {
  const cases: readonly (readonly [string, Request])[] = [
    ['without a key', at({})],
    ['with another key', at({ authorization: 'Bearer thal_2' })],
    ['with a password', at({ authorization: 'Basic dGhhbF8x' })],
    ['with two keys in one', at({ authorization: 'Bearer thal_1 thal_1' })],
    ['with an empty key', at({ 'x-api-key': '' }, '?key=')],
    [
      'with a key before which stands another, that is wrong',
      at({ authorization: 'Bearer no', 'x-api-key': 'thal_1' }),
    ],
  ]
  test.each([...cases])('%s', async (_, request) => {
    expect(await outcome(request)).toBe('unauthenticated 401')
  })

  test('with a key longer than any, and that is not even hashed', async () => {
    let hashed = 0
    const request = at({ authorization: `Bearer ${'x'.repeat(1025)}` })
    const refused = await (async () => authenticate(request, known, () => String(++hashed)))().catch(
      (error: unknown) => error,
    )
    expect(String(refused)).toContain('not known')
    expect(hashed).toBe(0)
  })
})
