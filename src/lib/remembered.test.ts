import { expect, test } from 'bun:test'
import { remembered } from './remembered.ts'

/** Tells what it was asked, in order. */
function spied(most: number) {
  const asked: string[] = []
  const find = remembered((text: string) => {
    asked.push(text)
    if (text === 'nothing') throw new Error('There is nothing.')
    return { text }
  }, most)
  return { asked, find }
}

test('what was found is not looked for again', () => {
  const { asked, find } = spied(10)
  expect(find('a')).toBe(find('a'))
  expect(find('b')).toEqual({ text: 'b' })
  expect(asked).toEqual(['a', 'b'])
})

test('what was thrown is', () => {
  const { asked, find } = spied(10)
  expect(() => find('nothing')).toThrow('There is nothing.')
  expect(() => find('nothing')).toThrow('There is nothing.')
  expect(asked).toEqual(['nothing', 'nothing'])
})

test('no more is remembered than there is room for', () => {
  const { asked, find } = spied(2)
  for (const text of ['a', 'b', 'a', 'c', 'c', 'a']) find(text)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('a text that is very long is not kept', () => {
  const { asked, find } = spied(2)
  const long = 'a'.repeat(201)
  find(long)
  find(long)
  expect(asked).toEqual([long, long])
})
