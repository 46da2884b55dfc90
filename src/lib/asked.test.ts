import { expect, test } from 'bun:test'
import { askedIn, wholeUrl } from './asked.ts'

const cases: readonly (readonly [url: string, path: string, query: string])[] = [
  ['http://gateway.test/v1/models', '/v1/models', ''],
  ['http://gateway.test:4000/v1/models?a=/b?c', '/v1/models', '?a=/b?c'],
  ['https://[::1]/', '/', ''],
  ['http://a:99999/readyz', '/readyz', ''],
  ['http://gateway.test//readyz', '//readyz', ''],
  ['/readyz', '/readyz', ''],
  ['/readyz?from=http://x/y', '/readyz', '?from=http://x/y'],
  ['//readyz', '//readyz', ''],
]

test.each([...cases])('%p asks for %p and %p', (url, path, query) => {
  expect(askedIn(url)).toEqual([path, query])
  expect(askedIn(wholeUrl(url))).toEqual([path, query])
  expect(URL.canParse(wholeUrl(url))).toBe(true)
})
