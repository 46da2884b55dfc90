import { isObject } from '../model/json.ts'
import type { Path } from './problem.ts'

export type Found = { readonly path: Path; readonly value: unknown }

/**
 * Every value that stands at a pattern such as `keys.*.secret`, where `*` is any entry of a list or map. It asks
 * nothing of the rest: rules that use it also speak about a file whose other parts are wrong.
 */
export function find(value: unknown, pattern: string): readonly Found[] {
  let found: readonly Found[] = [{ path: [], value }]
  for (const step of pattern.split('.')) found = found.flatMap(each => into(each, step))
  return found
}

function into({ path, value }: Found, step: string): readonly Found[] {
  return entriesOf(value)
    .filter(([name]) => step === '*' || name === step)
    .map(([name, inner]) => ({ path: [...path, name], value: inner }))
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((inner: unknown, index) => [index, inner] as const)
  return isObject(value) ? Object.entries(value) : []
}

/** Whether a path lies at the pattern or inside of it. */
export function liesIn(path: Path, pattern: string): boolean {
  const steps = pattern.split('.')
  return path.length >= steps.length && steps.every((step, i) => step === '*' || step === path[i])
}
