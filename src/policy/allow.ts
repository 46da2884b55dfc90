import type { Caller } from '../model/caller.ts'
import type { Target } from '../model/plan.ts'

/** Whether a key may use a model, by the name asked for or by the `provider/model` that it leads to. */
export function mayUse(caller: Caller, asked: string, targets: readonly Target[]): boolean {
  if (caller.models.some(glob => matches(glob, asked))) return true
  return (
    targets.length > 0 &&
    targets.every(target => caller.models.some(glob => matches(glob, `${target.provider}/${target.model}`)))
  )
}

/** `*` stands for any characters, slashes too; there is nothing else special. Linear in the name for each star. */
export function matches(glob: string, name: string): boolean {
  if (glob === '*' || glob === name) return true
  const [first = '', ...rest] = glob.split('*')
  if (rest.length === 0 || !name.startsWith(first)) return false
  const last = rest.pop() ?? ''
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return name.length - at >= last.length && name.endsWith(last)
}
