/** What is wrong with a configuration, in sentences that an operator can act on. */

export type Path = readonly (string | number)[]

/** Something wrong at a path: at the name of the field or at its value. */
export type Complaint = { readonly path: Path; readonly on: 'key' | 'value'; readonly message: string }

/** A complaint and where it stands. `line` is 0 where there is no line: no such file, or a fault of the environment. */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

/** The only thing that loading a configuration throws for what its author can put right. Lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], options: { readonly cause?: unknown } = {}) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
    super(sorted.map(printed).join('\n'), options)
    this.problems = sorted
  }
}

const printed = ({ file, line, column, message }: Problem): string =>
  line > 0 ? `${file}:${line}:${column} ${message}` : `${file}: ${message}`

/** `keys[0].secret`, and `models["a b"].targets[0]` where a name is not a plain word. */
export function pathText(path: Path): string {
  const parts = path.map((part, index) => {
    if (typeof part === 'number') return `[${part}]`
    if (!/^[\w-]+$/.test(part)) return `[${JSON.stringify(part)}]`
    return index === 0 ? part : `.${part}`
  })
  return parts.join('')
}
