import type { Answer } from '../../model/answer.ts'
import { isObject, type Json } from '../../model/json.ts'
import { dialectId } from './id.ts'

type Fields = { readonly [path: string]: Json }

/** What a reply of Google's own says beyond the model's nouns, by path; nothing where another provider made it. */
export class ReplyExtras {
  #fields: Fields = {}

  constructor(extras?: Answer['extras']) {
    if (extras) this.add(extras)
  }

  /** A later report replaces an earlier one. */
  add({ dialect, fields }: NonNullable<Answer['extras']>): void {
    if (dialect === dialectId) this.#fields = { ...this.#fields, ...fields }
  }

  under(prefix: string): Fields {
    const entries = Object.entries(this.#fields).filter(([path]) => path.startsWith(prefix))
    return Object.fromEntries(entries.map(([path, value]) => [path.slice(prefix.length), value]))
  }

  /** The fields of the reply itself. */
  top(): Fields {
    return Object.fromEntries(Object.entries(this.#fields).filter(([path]) => !/[.[]/.test(path)))
  }

  /** The prompt was refused: such a reply has no candidates. */
  blocked(): boolean {
    const { promptFeedback } = this.#fields
    return isObject(promptFeedback) && typeof promptFeedback.blockReason === 'string'
  }
}
