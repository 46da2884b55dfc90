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
  { nouns }: Pick<RequestReader, 'nouns'>,
): Composed {
  const names: Readonly<Record<string, string>> = nouns
  const inCallersWords = (name: string): string => (Object.hasOwn(names, name) ? (names[name] ?? name) : name)
  try {
    const told = writer.compose(chat, aim)
    return { ...told, lost: told.lost.map(inCallersWords) }
  } catch (error) {
    if (!(error instanceof Fault) || error.param === undefined) throw error
    const { code, message, status, cause } = error
    throw new Fault(code, message, { status, cause, param: inCallersWords(error.param) })
  }
}
