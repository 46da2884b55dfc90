import { expect, test } from 'bun:test'
import { codeOfStatus, Fault, type FaultCode } from './fault.ts'
import { quoted, say } from './sentence.ts'

const statuses: Readonly<Record<FaultCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  model_not_found: 404,
  invalid_request: 400,
  too_large: 413,
  rate_limited: 429,
  over_budget: 402,
  guard_blocked: 400,
  no_target: 503,
  upstream_failed: 502,
  upstream_timeout: 504,
  overloaded: 503,
  client_closed: 499,
  internal: 500,
}

test.each(Object.entries(statuses) as [FaultCode, number][])(
  '%s is told as %i, if nothing else is said',
  (code, status) => {
    expect(new Fault(code, 'Do this.').status).toBe(status)
    expect(new Fault(code, 'Do this.', { status: 418 }).status).toBe(418)
  },
)

test('a fault stays itself, and anything else is a failure of ours whose details go no further than the cause', () => {
  const fault = new Fault('forbidden', 'No.')
  expect(Fault.from(fault)).toBe(fault)
  const error = new TypeError('undefined is not a function at /secret/place.ts')
  const ours = Fault.from(error)
  expect([ours.code, ours.cause]).toEqual(['internal', error])
  expect(ours.message).not.toContain('secret')
  expect(Fault.from('thrown text').cause).toBe('thrown text')
})

test('what a fault quotes is for the caller, and the books leave it out, however deep it stands', () => {
  const inner = new Fault('invalid_request', say`'a' must be ${1}; it is ${quoted('secret')}.`)
  const outer = new Fault('upstream_failed', say`${inner} Nobody else: ${quoted('hidden', 'a_class')}`)
  expect([inner.message, inner.noted]).toEqual(["'a' must be 1; it is secret.", "'a' must be 1; it is …."])
  expect([outer.message, outer.noted]).toEqual([
    "'a' must be 1; it is secret. Nobody else: hidden",
    "'a' must be 1; it is …. Nobody else: a_class",
  ])
  expect(new Fault('forbidden', 'No.').noted).toBe('No.')
})

test('what stands in a sentence is nothing but text', () => {
  expect(say`${'$1 $& \\n'} ${quoted('`')}`).toEqual({ message: '$1 $& \\n `', noted: '$1 $& \\n …' })
})

const meanings: readonly (readonly [number, FaultCode])[] = [
  [400, 'invalid_request'],
  [401, 'upstream_failed'],
  [402, 'upstream_failed'],
  [403, 'upstream_failed'],
  [404, 'model_not_found'],
  [408, 'upstream_timeout'],
  [413, 'too_large'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
  [500, 'upstream_failed'],
  [502, 'upstream_failed'],
  [503, 'overloaded'],
  [504, 'upstream_timeout'],
  [529, 'overloaded'],
]

test.each([...meanings])("a provider's %i is %s", (status, code) => {
  expect(codeOfStatus(status)).toBe(code)
})
