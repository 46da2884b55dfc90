import { expect, test } from 'bun:test'
import { Leaving } from './leaving.ts'

test('listeners are called once, in the order in which they came, functions and objects alike', () => {
  const leaving = new Leaving()
  const heard: string[] = []
  leaving.addEventListener('abort', () => heard.push('first'))
  leaving.addEventListener('abort', { handleEvent: () => heard.push('second') })
  leaving.abort()
  leaving.abort()
  expect([heard, leaving.aborted]).toEqual([['first', 'second'], true])
})

test('who has gone, or comes too late, is not called', () => {
  const leaving = new Leaving()
  const heard: string[] = []
  const gone = () => heard.push('gone')
  leaving.addEventListener('abort', gone)
  leaving.removeEventListener('abort', gone)
  leaving.removeEventListener('abort', gone)
  leaving.addEventListener('abort', () => leaving.addEventListener('abort', () => heard.push('late')))
  leaving.abort()
  expect(heard).toEqual([])
})
