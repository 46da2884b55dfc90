import { describe, expect, test } from 'bun:test'
import { requestId } from './id.ts'
import { traceOf } from './trace.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const parent = 'b7ad6b7169203331'
const zeros = (count: number): string => '0'.repeat(count)
const own = `req_${'1'.repeat(32)}`

const traceIn = (traceparent: string): string => traceOf(own, traceparent)

describe("a caller's trace", () => {
  test.each([
    `00-${trace}-${parent}-01`,
    `00-${trace}-${parent}-00`,
    `00-${trace}-${parent}-ff`,
    `01-${trace}-${parent}-01`,
    `cc-${trace}-${parent}-01-what-will-be-the-future-will-be-like`,
    `cc-${trace}-${parent}-01-`,
  ])('is taken from %s', header => expect(traceIn(header)).toBe(trace))

  test.each([
    '',
    'nonsense',
    trace,
    `ff-${trace}-${parent}-01`,
    `00-${zeros(32)}-${parent}-01`,
    `00-${trace}-${zeros(16)}-01`,
    `cc-${zeros(32)}-${parent}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent.toUpperCase()}-01`,
    `0-${trace}-${parent}-01`,
    `.0-${trace}-${parent}-01`,
    `00-${trace}-${parent}`,
    `00-${trace}-${parent}-1`,
    `00-${trace}-${parent}-0G`,
    `00-${trace}-${parent}-01-`,
    `00-${trace}-${parent}-01.`,
    `00-${trace}-${parent}-01-more`,
    `cc-${trace}-${parent}-01.what`,
    `cc-${trace}-${parent}-011`,
    `00-${trace.slice(1)}-${parent}-01`,
    `00-${trace}0-${parent}-01`,
    `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`,
    ` 00-${trace}-${parent}-01`,
  ])('is none in %p', header => expect(traceIn(header)).toBe(own.slice(4)))
})

describe('a trace of our own', () => {
  test('is what the id of a request is made of', () => {
    const id = requestId()
    expect(traceOf(id, undefined)).toBe(id.slice(4))
    expect(id.slice(4)).toMatch(/^(?!0{32})[\da-f]{32}$/)
  })

  test.each(['mine-1', `req_${zeros(32)}`, `req_${'x'.repeat(32)}`, `REQ_${'1'.repeat(32)}`])(
    'is one also where the id is %s, and the same each time',
    id => {
      const made = traceOf(id, undefined)
      expect(made).toMatch(/^(?!0{32})[\da-f]{32}$/)
      expect([traceOf(id, undefined), traceOf(`${id}-`, undefined) === made]).toEqual([made, false])
    },
  )
})
