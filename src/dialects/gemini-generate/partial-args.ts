import type { Json } from '../../model/json.ts'

/**
 * A function call's arguments that come in pieces, each with the place where it belongs (`$.recipe.steps[0].text`). A string
 * may come in several pieces, one after another for the same place.
 */
export class PartialArgs {
  readonly #args: Box = {}

  /** Puts a piece where it belongs; false if it does not say where, or what. */
  add(piece: Json | undefined): boolean {
    const path = isBox(piece) && typeof piece.jsonPath === 'string' ? stepsOf(piece.jsonPath) : undefined
    const value = isBox(piece) ? held(piece) : undefined
    if (!path || value === undefined) return false
    return put(this.#args, path, value)
  }

  /** The arguments as JSON text. */
  text(): string {
    return JSON.stringify(this.#args)
  }
}

type Box = { [step: string]: Json | undefined }
type Step = string | number

const isBox = (value: unknown): value is Box => typeof value === 'object' && value !== null && !Array.isArray(value)

const valueNames = ['stringValue', 'numberValue', 'boolValue'] as const

function held(piece: Box): Json | undefined {
  if (piece.nullValue !== undefined) return null
  return valueNames.map(name => piece[name]).find(value => value !== undefined)
}

/** A step of a JSONPath: a name, an index, or a name in quotes. */
const stepForm = /\.([^.[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy

/** The steps of a JSONPath of names and indices alone; undefined if it is another. */
function stepsOf(path: string): readonly Step[] | undefined {
  const matches = [...path.slice(1).matchAll(stepForm)]
  const length = matches.reduce((sum, [whole]) => sum + whole.length, 0)
  if (!path.startsWith('$') || matches.length === 0 || length !== path.length - 1) return undefined
  return matches.map(([, name, index, single, double]) =>
    index === undefined ? (name ?? unescaped(single ?? double ?? '')) : Number(index),
  )
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1')

function put(box: Json, [step, ...more]: readonly Step[], value: Json): boolean {
  if (step === undefined || typeof box !== 'object' || box === null) return false
  if (Array.isArray(box) !== (typeof step === 'number')) return false
  const inside = box as { [step: Step]: Json | undefined }
  const there = Object.hasOwn(inside, step) ? inside[step] : undefined
  if (more.length > 0) {
    const inner = there ?? (typeof more[0] === 'number' ? [] : {})
    inside[step] = inner
    return put(inner, more, value)
  }
  inside[step] = typeof there === 'string' && typeof value === 'string' ? there + value : value
  return true
}
