import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { responseId, targetOf } from './response-id.ts'

const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })

test('the id of a response tells which target made it, in letters that every client takes', () => {
  const target = fc.tuple(fc.stringMatching(/^[a-z-]{1,12}$/), name).map(([provider, model]) => `${provider}/${model}`)
  const request = fc.stringMatching(/^req_[0-9a-f]{1,32}$/)
  fc.assert(
    fc.property(target, request, (maker, id) => {
      const made = responseId({ maker, id })
      expect(made).toMatch(/^resp_[A-Za-z0-9_-]+$/)
      expect(targetOf(made)).toBe(maker)
    }),
  )
})

test('two requests to one target have two ids', () => {
  expect(responseId({ maker: 'a/b', id: 'req_1' })).not.toBe(responseId({ maker: 'a/b', id: 'req_2' }))
})

test.each(['resp_67e554a155508191900ee113293c4c83', 'resp_', '', 'gen-1764265411', 'resp_dGhhbDE6', 'resp_dGhhbDE6é'])(
  "another's id tells nothing: %s",
  id => {
    expect(targetOf(id)).toBeUndefined()
  },
)
