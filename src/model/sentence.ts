/**
 * A sentence in two readings: `message` for the caller, and `noted` for the ledger, the log and causes, in which what a
 * caller or a provider wrote is left out. A Fault is one, so that it may stand in another's sentence.
 */
export type Sentence = { readonly message: string; readonly noted: string }

/** What a caller or a provider wrote: for the caller alone. `noted` stands in its place where something may be told of it. */
export const quoted = (text: string, noted = '…'): Sentence => ({ message: text, noted })

/** A template for sentences with quotations. What is put into it as it is has to be a word of ours. */
export function say(words: TemplateStringsArray, ...values: readonly (string | number | Sentence)[]): Sentence {
  const both = values.map(value => (typeof value === 'object' ? value : quoted(`${value}`, `${value}`)))
  const read = (reading: keyof Sentence): string => String.raw({ raw: words }, ...both.map(each => each[reading]))
  return { message: read('message'), noted: read('noted') }
}
