import { isObject, type Json } from '../../../src/model/json.ts'
import type { Chance } from './chance.ts'

/** Hurts one place of a JSON value: what a careless client or a broken provider might do. The value itself is left alone. */
export function hurt(value: Json, chance: Chance, others: readonly Json[]): Json {
  const path = pathInto(value, chance)
  return changed(value, path, here => chance.of(ways)(here, chance, others))
}

type Way = (here: Json | undefined, chance: Chance, others: readonly Json[]) => Json | undefined

const ways: readonly Way[] = [
  () => undefined,
  (_, chance) => chance.of(odd),
  (_, chance) => chance.of(odd),
  retyped,
  crooked,
  renamed,
  reordered,
  (here, chance, others) => (others.length > 0 ? pick(chance.of(others), chance) : here),
  (here, chance) => (isObject(here) ? { ...here, [chance.of(names)]: chance.of(odd) } : here),
  (here, chance) => (Array.isArray(here) ? [...here, ...here.slice(chance.below(here.length + 1))] : here),
]

/** Values that somebody has sent where nobody expected them. */
const odd: readonly Json[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, 4_294_967_296, '', ' ', 'x', '0', '-1', 'NaN', 'null', '[DONE]'],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'data:image/png;base64,AAAA',
    'data:,%E0%A4%A',
    'data:',
  ],
  ...[
    'https://example.com/a.png',
    'thal1.b3BlbmFp.YQ.YQ',
    'thal1.....',
    '{"a":',
    '\ud83d',
    '\u0000',
    '\u2028',
    'é'.repeat(300),
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    { type: 'text' },
    { type: 'text', text: 'x' },
    { type: 'constructor' },
    { error: {} },
  ],
  nested(60),
]

function nested(depth: number): Json {
  let value: Json = 'deep'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value]
  return value
}

const names = [
  'constructor',
  '__proto__',
  'type',
  'error',
  'index',
  'id',
  'cache_control',
  'usage',
  'x',
  'text',
  'name',
]

/** The same, as another kind of value. */
function retyped(here: Json | undefined): Json | undefined {
  if (typeof here === 'string') return Number.isNaN(Number(here)) ? [{ type: 'text', text: here }] : Number(here)
  if (typeof here === 'number' || typeof here === 'boolean') return String(here)
  if (Array.isArray(here)) return Object.fromEntries(here.entries())
  return isObject(here) ? [here] : here
}

/** A text that is cut, doubled, or has another character in it. */
function crooked(here: Json | undefined, chance: Chance): Json | undefined {
  if (typeof here !== 'string') return typeof here === 'number' ? here * chance.of([-1, 0.5, 1000]) : here
  const at = chance.below(here.length + 1)
  return chance.of([
    here.slice(0, at),
    here + here,
    here.slice(0, at) + chance.of(['"', '\\', '\n', '\ud83d', '.', '{']) + here.slice(at),
  ])
}

function renamed(here: Json | undefined, chance: Chance): Json | undefined {
  if (!isObject(here)) return here
  const from = chance.of([...Object.keys(here), ''])
  const to = chance.oneIn(3) ? chance.of(names) : otherwiseSpelled(from)
  return Object.fromEntries(Object.entries(here).map(([name, value]) => [name === from ? to : name, value]))
}

/** `tool_calls` for `toolCalls`, and the other way round. */
const otherwiseSpelled = (name: string): string =>
  name.includes('_')
    ? name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    : name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

function reordered(here: Json | undefined, chance: Chance): Json | undefined {
  if (!Array.isArray(here)) return here
  const at = chance.below(here.length + 1)
  return [...here.slice(at), ...here.slice(0, at)]
}

type Path = readonly (string | number)[]

/** The way to some value inside, deep ones as likely as shallow ones. */
function pathInto(value: Json, chance: Chance): Path {
  const path: (string | number)[] = []
  let here: Json | undefined = value
  while (here !== undefined) {
    const keys: readonly (string | number)[] = Array.isArray(here)
      ? [...here.keys()]
      : isObject(here)
        ? Object.keys(here)
        : []
    if (keys.length === 0 || (path.length > 0 && chance.oneIn(4))) return path
    const key = chance.of(keys)
    path.push(key)
    here = within(here, key)
  }
  return path
}

const within = (value: Json, key: string | number): Json | undefined =>
  Array.isArray(value) ? (value[Number(key)] as Json | undefined) : isObject(value) ? value[key] : undefined

function pick(value: Json, chance: Chance): Json | undefined {
  return pathInto(value, chance).reduce<Json | undefined>(
    (here, key) => (here === undefined ? undefined : within(here, key)),
    value,
  )
}

/** The value with another one at the end of a path; where that is `undefined`, with none. */
function changed(value: Json, [key, ...rest]: Path, change: (here: Json | undefined) => Json | undefined): Json {
  if (key === undefined) return change(value) ?? null
  const inner = within(value, key)
  const made = rest.length === 0 || inner === undefined ? change(inner) : changed(inner, rest, change)
  if (Array.isArray(value)) {
    const before = value as readonly Json[]
    return made === undefined ? before.filter((_, n) => n !== key) : before.map((each, n) => (n === key ? made : each))
  }
  const entries = Object.entries(isObject(value) ? value : {}).map(([name, each]) => [name, name === key ? made : each])
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as Json
}
