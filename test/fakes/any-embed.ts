import * as fc from 'fast-check'
import type { Embed, EmbedInput, EmbedTask, Vectors } from '../../src/model/embed.ts'

const tasks: readonly EmbedTask[] = [
  ...(['query', 'document', 'similarity', 'classification', 'clustering', 'question', 'fact', 'code-query'] as const),
]

const words = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), fc.constant('Grüße 👋\n"quoted"'))

const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 })

/** Texts with titles, as each dialect can be told them; all that can be wanted of their vectors. */
export const anyEmbed = (dialect = 'another'): fc.Arbitrary<Embed> =>
  fc.record({
    inputs: fc.array(fc.tuple(words, optional(words)), { minLength: 1, maxLength: 4 }).map(all => all.map(inputAt)),
    dimensions: optional(fc.integer({ min: 1, max: 4096 })),
    task: optional(fc.constantFrom(...tasks)),
    truncate: optional(fc.boolean()),
    user: optional(words),
    places: fc.constant({}),
    apart: fc.constant([]),
    extras: fc.constant({ dialect, fields: {} }),
  })

const inputAt = ([text, title]: readonly [string, string | undefined], i: number): EmbedInput => ({
  type: 'parts',
  at: `inputs[${i}]`,
  parts: [{ type: 'text', text, at: `inputs[${i}]` }],
  ...(title !== undefined && { title: { text: title, at: `inputs[${i}].title` } }),
})

/** What providers answer with: numbers that 32 bits hold, as all of them do. */
export const anyVectors: fc.Arbitrary<Vectors> = fc.record({
  vectors: fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 4,
  }),
  model: optional(fc.stringMatching(/^[a-z]{1,8}$/)),
  usage: optional(
    fc
      .integer({ min: 0, max: 1_000_000 })
      .map(input => ({ input, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 })),
  ),
})
