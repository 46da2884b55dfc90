import { expect, test } from 'bun:test'
import type { Delta } from './delta.ts'
import { Fault } from './fault.ts'
import { fold } from './fold.ts'
import { watched, watchedWhole } from './watch.ts'

const seal = { dialect: 'd', value: 'v' }
const usage = { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }
const fault = new Fault('upstream_failed', 'Oh no.')

test.each([
  [{ type: 'start' }, []],
  [{ type: 'text', at: 0, text: '' }, []],
  [{ type: 'text', at: 0, text: 'Hi' }, [{ type: 'content' }]],
  [{ type: 'reasoning', at: 0, text: 'Hm' }, [{ type: 'content' }]],
  [{ type: 'refusal', at: 0, text: 'No' }, [{ type: 'content' }]],
  [{ type: 'tool', at: 0, id: 'a', name: 'b' }, [{ type: 'content' }]],
  [{ type: 'input', at: 0, text: '' }, []],
  [{ type: 'input', at: 0, text: '{' }, [{ type: 'content' }]],
  [{ type: 'seal', at: 0, seal }, [{ type: 'content' }]],
  [{ type: 'opaque', at: 0, label: 'x', seal }, [{ type: 'content' }]],
  [{ type: 'citation', at: 0, citation: {} }, []],
  [{ type: 'logprobs', tokens: [] }, []],
  [{ type: 'extras', dialect: 'd', fields: {} }, []],
  [{ type: 'usage', usage }, [{ type: 'usage', usage }]],
  [{ type: 'stop', reason: 'end' }, [{ type: 'stop', reason: 'end' }]],
  [{ type: 'stop', reason: 'end', raw: 'stop' }, [{ type: 'stop', reason: 'stop' }]],
  [{ type: 'text', at: 0, choice: 0, text: 'Hi' }, [{ type: 'content' }]],
  [{ type: 'text', at: 0, choice: 1, text: 'Hi' }, [{ type: 'content', choice: 1 }]],
  [{ type: 'tool', at: 0, choice: 2, id: 'a', name: 'b' }, [{ type: 'content', choice: 2 }]],
  [{ type: 'stop', choice: 1, reason: 'end' }, [{ type: 'stop', reason: 'end', choice: 1 }]],
  [{ type: 'fault', fault }, [{ type: 'fault', fault }]],
  [{ type: 'done' }, [{ type: 'done' }]],
] as const)('%j means %j to who watches', (delta, events) => {
  expect(watched(delta as Delta)).toEqual(events as never)
})

test('a whole reply means what its parts do', () => {
  const deltas: Delta[] = [
    { type: 'text', at: 0, text: 'Hi' },
    { type: 'stop', reason: 'end', raw: 'stop' },
    { type: 'usage', usage },
  ]
  expect(watchedWhole(fold(deltas))).toEqual([
    { type: 'content' },
    { type: 'stop', reason: 'stop' },
    { type: 'usage', usage },
  ])
  expect(watchedWhole({ choices: [{ parts: [] }] })).toEqual([])
})
