import { describe, expect, test } from 'bun:test'
import { callIds } from './call-ids.ts'

/** `a` and `A` are one letter on this wire. */
const ids = () => callIds((id, n) => id.toLowerCase() + (n === 1 ? '' : `_${n}`))

describe('ids of calls', () => {
  type Step = readonly ['called' | 'answered', string, string]
  const rows: readonly (readonly [string, readonly Step[]])[] = [
    [
      'are kept, and repeated by the results',
      [
        ['called', 'a', 'a'],
        ['called', 'b', 'b'],
        ['answered', 'b', 'b'],
        ['answered', 'a', 'a'],
      ],
    ],
    [
      'that come again in a later turn are numbered, with their results',
      [
        ['called', 'a', 'a'],
        ['answered', 'a', 'a'],
        ['called', 'a', 'a_2'],
        ['answered', 'a', 'a_2'],
      ],
    ],
    [
      'that come twice in one turn are answered in their order',
      [
        ['called', 'a', 'a'],
        ['called', 'a', 'a_2'],
        ['answered', 'a', 'a'],
        ['answered', 'a', 'a_2'],
      ],
    ],
    [
      'do not become the ids of others',
      [
        ['called', 'a_2', 'a_2'],
        ['called', 'a', 'a'],
        ['called', 'A', 'a_3'],
        ['called', 'a', 'a_4'],
        ['answered', 'A', 'a_3'],
      ],
    ],
    [
      'of a call that is answered twice stay its own',
      [
        ['called', 'a', 'a'],
        ['answered', 'a', 'a'],
        ['answered', 'a', 'a'],
      ],
    ],
  ]
  test.each([...rows])('%s', (_, steps) => {
    const given = ids()
    expect(steps.map(([way, id]) => given[way](id))).toEqual(steps.map(([, , wire]) => wire))
  })
})
