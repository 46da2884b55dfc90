import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { dropFields, fieldsOf, maxDepth, setFields, UneditableJson } from './json-edit.ts'

/** One field as it is spelled: what stands before its name, the name, what is between, and the value. */
type Spelled = {
  readonly name: string
  readonly value: unknown
  readonly before: string
  readonly nameText: string
  readonly colon: string
  readonly valueText: string
  readonly after: string
}

const space = fc.constantFrom('', '', ' ', '\n  ', '\t', '\r\n')
const awkward = fc.constantFrom(
  '',
  'model',
  '}',
  '{',
  '"',
  '\\',
  '\\"',
  'a\\',
  ',"x":[',
  '🚢',
  'é',
  '\u2028',
  '__proto__',
  '\ud800',
)
const name = fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 8 }))
const scalar = fc.oneof(
  awkward,
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const value = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
  ),
})).any

/** Names and strings in every spelling that means the same: as they are, or with each character escaped. */
const escaped = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`

const spelled: fc.Arbitrary<Spelled> = fc
  .record({
    name,
    value,
    before: space,
    colonBefore: space,
    colonAfter: space,
    after: space,
    inEscapes: fc.boolean(),
    indent: fc.constantFrom(0, 1),
  })
  .map(({ name, value, before, colonBefore, colonAfter, after, inEscapes, indent }) => ({
    name,
    value,
    before,
    nameText: inEscapes ? escaped(name) : JSON.stringify(name),
    colon: `${colonBefore}:${colonAfter}`,
    valueText: inEscapes && typeof value === 'string' ? escaped(value) : JSON.stringify(value, null, indent),
    after,
  }))

const object = fc.uniqueArray(spelled, { selector: each => each.name, maxLength: 5 })

const textOf = (fields: readonly Spelled[], spell = (field: Spelled): string => field.valueText): string =>
  ` {${fields.map(field => `${field.before}${field.nameText}${field.colon}${spell(field)}${field.after}`).join(',')}}\n`

const runs = { numRuns: 20_000 }

describe('the top-level fields of an object', () => {
  test('are those that JSON.parse finds, in their order and at their places', () => {
    fc.assert(
      fc.property(object, written => {
        const text = textOf(written)
        const parsed = JSON.parse(text) as Record<string, unknown>
        const found = fieldsOf(text)
        expect(found.map(field => field.name)).toEqual(written.map(field => field.name))
        for (const { name, from, start, end } of found) {
          expect(Bun.deepEquals(JSON.parse(text.slice(start, end)), parsed[name])).toBe(true)
          expect(JSON.parse(`{${text.slice(from, end)}}`)).toHaveProperty([name])
        }
      }),
      runs,
    )
  })

  test('may be none', () => {
    expect(fieldsOf('  { } ')).toEqual([])
  })
})

describe('setting fields', () => {
  test('changes their values and no other byte', () => {
    fc.assert(
      fc.property(object, fc.func(fc.boolean()), (written, isSet) => {
        const set = written.filter(field => isSet(field.name))
        const json = new Map(set.map(field => [field.name, '{"set":"}"}']))
        const text = textOf(written)
        expect(setFields(text, fieldsOf(text), json)).toBe(
          textOf(written, field => json.get(field.name) ?? field.valueText),
        )
      }),
      runs,
    )
  })

  test('adds those that are not there after the last one', () => {
    expect(
      setFields(
        '{"a": 1 }',
        fieldsOf('{"a": 1 }'),
        new Map([
          ['b', '2'],
          ['"', '3'],
        ]),
      ),
    ).toBe('{"a": 1,"b":2,"\\"":3 }')
    expect(setFields('{ }', [], new Map([['b', '2']]))).toBe('{"b":2 }')
  })
})

describe('dropping fields', () => {
  test('leaves an object with the others, each spelled as it was, whatever is dropped', () => {
    fc.assert(
      fc.property(object, fc.func(fc.boolean()), (written, isDropped) => {
        const text = textOf(written)
        const kept = written.filter(field => !isDropped(field.name))
        const left = dropFields(text, fieldsOf(text), field => isDropped(field))
        expect(fieldsOf(left).map(({ from, end }) => left.slice(from, end))).toEqual(
          kept.map(field => field.nameText + field.colon + field.valueText),
        )
        expect(Object.keys(JSON.parse(left) as object).length).toBe(kept.length)
      }),
      runs,
    )
  })

  test('leaves the very text where nothing is dropped', () => {
    fc.assert(
      fc.property(object, written =>
        expect(dropFields(textOf(written), fieldsOf(textOf(written)), () => false)).toBe(textOf(written)),
      ),
    )
  })
})

describe('what two parsers could understand differently', () => {
  const refusals: readonly (readonly [string, string, string])[] = [
    ['a name that stands twice', '{"model":"a","x":1,"model":"b"}', 'duplicate at model'],
    ['a name that stands twice, once escaped', '{"model":"a","\\u006dodel":"b"}', 'duplicate at model'],
    [
      'a name that stands twice among many',
      `{${'abcdefghijklmnopqrstuvwxyz'.replace(/./g, '"$&":1,')}"c":2}`,
      'duplicate at c',
    ],
    ['objects too deep', `{"a":${'{"b":'.repeat(maxDepth + 1)}1${'}'.repeat(maxDepth + 1)}}`, 'deep at a'],
    ['arrays too deep', `{"ok":[],"a":${'['.repeat(maxDepth + 1)}${']'.repeat(maxDepth + 1)}}`, 'deep at a'],
  ]
  test.each([...refusals])('%s is refused', (_, text, message) => {
    expect(() => fieldsOf(text)).toThrow(new UneditableJson(...(message.split(' at ') as ['deep', string])))
  })

  test('the greatest depth, a name twice in two objects, and brackets in strings are none of it', () => {
    const texts = [
      `{"a":${'['.repeat(maxDepth)}${']'.repeat(maxDepth)}}`,
      '{"a":{"a":1},"b":{"a":1}}',
      `{${'abcdefghijklmnopqrstuvwxyz'.replace(/./g, '"$&":1,')}"C":2}`,
      `{"a":["${'['.repeat(1000)}"]}`,
    ]
    for (const text of texts) expect(() => fieldsOf(text)).not.toThrow()
  })
})
