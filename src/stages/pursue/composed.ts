import type { Aim, Composed, RequestReader, RequestWriter } from '../../dialects/dialect.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'

/**
 * A chat for a provider's dialect, where the fields that were lost, or that the provider cannot be told, have the names
 * that the caller's dialect gives them. A place or a field of one dialect is called by its own name already.
 */
export function composed(
  chat: Chat,
  aim: Aim,
  writer: RequestWriter,
  { nouns, partNouns = {} }: Pick<RequestReader, 'nouns' | 'partNouns'>,
): Composed {
  const inCallersWords = (name: string): string => named(nouns, name) ?? ofPart(name, partNouns) ?? name
  try {
    const told = writer.compose(chat, aim)
    return { ...told, lost: told.lost.map(inCallersWords) }
  } catch (error) {
    if (!(error instanceof Fault) || error.param === undefined) throw error
    const { code, status, cause } = error
    throw new Fault(code, error, { status, cause, param: inCallersWords(error.param) })
  }
}

type Names = Readonly<Record<string, string>>

const named = (names: Names, name: string): string | undefined => (Object.hasOwn(names, name) ? names[name] : undefined)

/** The place is the caller's; what is said of the part or the tool that stands there may be called otherwise. */
function ofPart(name: string, names: Names): string | undefined {
  const [, place, what = ''] = /^(.+)\.(\w+)$/.exec(name) ?? []
  const word = named(names, what)
  return word === undefined ? undefined : `${place}.${word}`
}
