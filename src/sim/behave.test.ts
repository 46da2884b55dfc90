import { describe, expect, test } from 'bun:test'
import { behaviours, readBehaviours, readHeader, splitName } from './behave.ts'

test('a model name carries its behaviours after plus signs', () => {
  const { model, asked } = splitName('echo+slow=200+cut=3+no-done')
  expect(model).toBe('echo')
  expect(readBehaviours(asked)).toEqual({ slow: 200, cut: 3, 'no-done': 1 })
})

test('the header carries them with commas, and blanks do not matter', () => {
  expect(readHeader(' delay=5 ,, 429 ')).toEqual({ delay: 5, 429: 1 })
  expect(readHeader(undefined)).toEqual({})
})

test('a behaviour with a usual number may come without one', () => {
  expect(readBehaviours(['slow', 'cut'])).toEqual({ slow: 2000, cut: 3 })
})

describe('what makes no sense is refused:', () => {
  test.each([
    ['ctu', /no behaviour 'ctu'. Nearest: cut/],
    ['toString', /no behaviour 'toString'/],
    ['', /no behaviour ''/],
    ['delay', /wants a number of ms/],
    ['delay=soon', /wants a number of ms/],
    ['delay=-1', /wants a number of ms/],
    ['delay=99999999', /up to 3600000/],
    ['503=2', /takes no value/],
  ])('%s', (asked, sentence) => {
    expect(() => readBehaviours([asked])).toThrow(sentence)
  })
})

test('the documentation lists each behaviour with its number', async () => {
  const page = await Bun.file(new URL('../../docs/sim.md', import.meta.url)).text()
  const [, table = ''] = page.split('| behaviour | usual | what it does |\n')
  const listed = table.slice(0, table.indexOf('\n\n')).split('\n').slice(1)
  const rows = Object.entries(behaviours).map(([name, { unit, usual, does }]) => {
    const written = unit === undefined ? name : `${name}=${unit.toUpperCase()}`
    return `| \`${written}\` | ${usual ?? ''} | ${does} |`
  })
  expect(listed.toSorted()).toEqual(rows.toSorted())
})
