import type { Caller } from '../model/caller.ts'
import type { Target } from '../model/plan.ts'

/** Whether a key may use a model, by the name asked for or by the `provider/model` that it leads to. */
export function mayUse(caller: Caller, asked: string, targets: readonly Target[]): boolean {
  return isAllowed(caller, asked) || (targets.length > 0 && targets.every(target => isAllowed(caller, nameOf(target))))
}

function isAllowed({ models }: Caller, name: string): boolean {
  for (const glob of models) if (matches(glob, name)) return true
  return false
}

const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`

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
