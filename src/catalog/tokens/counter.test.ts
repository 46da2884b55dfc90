import { afterAll, expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { tokenCounter } from './counter.ts'

const counter = tokenCounter(systemClock)
afterAll(() => counter.stop())

test('texts are counted by OpenAI’s vocabulary, their own marks among them as plain text', async () => {
  // platform.openai.com/tokenizer, GPT-4o.
  expect(await counter.count(['Hello, world!'])).toBe(4)
  expect(await counter.count(['Hello, world!', 'Hello, world!'])).toBe(8)
  expect(await counter.count(['<|endoftext|>'])).toBeGreaterThan(1)
  expect(await counter.count([])).toBe(0)
})

test('a run of 40,000 characters without a space takes no longer than a page of prose', async () => {
  const before = performance.now()
  expect(await counter.count(['世'.repeat(40_000)])).toBeGreaterThan(1000)
  expect(performance.now() - before).toBeLessThan(2000)
})

test('who has waited too long gets four characters a token', async () => {
  const clock = fakeClock()
  const slow = tokenCounter(clock)
  const counting = slow.count(['x'.repeat(4000)])
  clock.advance(10_000)
  expect(await counting).toBe(1000)
  slow.stop()
})

test('who waits when the counter stops gets a rough count, and the next one is counted again', async () => {
  const stopping = tokenCounter(systemClock)
  const counting = stopping.count(['x'.repeat(400)])
  stopping.stop()
  expect(await counting).toBe(100)
  expect(await stopping.count(['Hello, world!'])).toBe(4)
  stopping.stop()
})
