import { expect, test } from 'bun:test'
import { turnsEnd } from './turn.ts'

test('all who ask in one turn of the event loop go on together, and who asks later in the next', async () => {
  const story: string[] = []
  const first = turnsEnd()
  expect(turnsEnd()).toBe(first)
  void first.then(() => story.push('one'))
  void first.then(() => story.push('two'))
  await Promise.resolve()
  expect([story, turnsEnd() === first]).toEqual([[], true])
  await first
  expect([story, turnsEnd() === first]).toEqual([['one', 'two'], false])
  await turnsEnd()
})
